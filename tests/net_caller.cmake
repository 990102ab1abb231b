add_unit_test(net guard)

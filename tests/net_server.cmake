add_unit_test(net address)
add_unit_test(net loop)
add_unit_test(net head)
add_unit_test(net body)

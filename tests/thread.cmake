add_unit_test(thread mailbox)
add_unit_test(thread thread)

add_unit_test(thread limit)
add_unit_test(thread mailbox)
add_unit_test(thread thread)

# The rooms serve and cli.
add_unit_test(serve to_sender)
add_unit_test(serve files)
add_unit_test(cli option)
add_unit_test(serve peers)
add_unit_test(serve reach)
add_unit_test(serve letters)

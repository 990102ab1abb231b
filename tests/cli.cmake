# The room cli: its tables and what reads them. What the whole program does with a server is in
# tests/flow/cli*.test.mjs.
add_unit_test(cli cli_args)
add_unit_test(cli cli_commands)
add_unit_test(cli cli_escape)
add_unit_test(cli cli_members)
add_unit_test(cli cli_proof)

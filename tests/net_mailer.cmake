add_unit_test(net mailer)

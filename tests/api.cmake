foreach(module routes problem key_text cursor)
  add_unit_test(api ${module})
endforeach()

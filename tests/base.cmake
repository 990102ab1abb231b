foreach(module memory error buf text text_code text_time arena map heap list clock random limits
        log json_span json_suite histogram)
  add_unit_test(base ${module})
endforeach()

# The other parser that ours must agree with.
target_link_libraries(test_json_suite PkgConfig::JANSSON)

include(${CMAKE_CURRENT_SOURCE_DIR}/fuzz.cmake)
add_fuzz(json base)
add_fuzz(text base)

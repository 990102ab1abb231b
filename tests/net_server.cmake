foreach(module address loop head body reply ring request tls_server server)
  add_unit_test(net ${module})
endforeach()

include(${CMAKE_CURRENT_SOURCE_DIR}/fuzz.cmake)
add_fuzz(head net)
add_fuzz(body net)

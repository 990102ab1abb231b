foreach(module address loop head body reply ring request tls_server server server_limits)
  add_unit_test(net ${module})
endforeach()

# The world of the server's tests.
add_library(server_world STATIC ${CMAKE_SOURCE_DIR}/tests/support/server_world.c)
target_include_directories(server_world PUBLIC ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(server_world PUBLIC net)
target_link_libraries(test_server server_world)
target_link_libraries(test_server_limits server_world)

include(${CMAKE_CURRENT_SOURCE_DIR}/fuzz.cmake)
add_fuzz(head net)
add_fuzz(body net)

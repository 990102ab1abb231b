# Rigs: the real binary, killed and cut off from power. They run on the release build, asserts on.

# The control of the power-loss rig: the same server, but a commit does not wait for its fsync.
file(GLOB store_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/store/*.c)
add_executable(posthorn_unsafe ${CMAKE_SOURCE_DIR}/src/posthorn.c ${store_sources})
target_compile_definitions(posthorn_unsafe PRIVATE SYNCHRONOUS="1")
target_link_libraries(posthorn_unsafe cli)

add_test(NAME kill COMMAND ${CMAKE_COMMAND} -E env POSTHORN_BIN=$<TARGET_FILE:posthorn>
         ${CMAKE_SOURCE_DIR}/tests/rigs/kill.py 100)
add_test(NAME power COMMAND ${CMAKE_COMMAND} -E env POSTHORN_BIN=$<TARGET_FILE:posthorn>
         ${CMAKE_SOURCE_DIR}/tests/rigs/power.py 30 6)
set_tests_properties(kill power PROPERTIES LABELS release RUN_SERIAL ON TIMEOUT 600 SKIP_RETURN_CODE 77)

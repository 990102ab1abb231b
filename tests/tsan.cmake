# The main flows once more, against a server that watches its threads for races, with 1 and with 4
# workers. The server is that of the preset tsan; a race ends it, and the scene fails.
set(tsan_binary ${CMAKE_SOURCE_DIR}/build/tsan/posthorn)
foreach(workers 1 4)
  foreach(scene contracts faults idempotency keys limits mail manual operator restart)
    add_test(NAME tsan_${workers}_${scene}
             COMMAND ${CMAKE_COMMAND} -E env POSTHORN_BIN=${tsan_binary} POSTHORN_WORKERS=${workers}
                     TSAN_OPTIONS=halt_on_error=1
                     ${NODE} --test --test-reporter=spec
                     ${CMAKE_SOURCE_DIR}/tests/flow/${scene}.test.mjs
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(tsan_${workers}_${scene} PROPERTIES LABELS tsan FIXTURES_REQUIRED npm
                         TIMEOUT 300)
  endforeach()
endforeach()

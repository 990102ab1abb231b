# Scenes against the real binary (tests/flow), and the receivers they trust (tests/receivers).
# Needs Node >= 18 and the npm packages; the first test installs those where they are missing.

find_program(NODE node)
find_program(NPM npm)
if(NOT NODE)
  set(NODE node) # the tests then fail and say so, rather than vanish
endif()
if(NOT NPM)
  set(NPM npm)
endif()

add_test(NAME npm_packages
         COMMAND sh -c "test -d node_modules/stripe -a -d node_modules/@octokit || '${NPM}' ci --no-audit --no-fund"
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(npm_packages PROPERTIES FIXTURES_SETUP npm LABELS "flow;receivers"
                     TIMEOUT 300)

# A wall clock that is wrong and a disk that hangs, for the one process that they are preloaded
# into; never sanitized themselves.
foreach(name wrong_clock hung_disk)
  set(${name} ${CMAKE_CURRENT_BINARY_DIR}/${name}.so)
  add_custom_command(OUTPUT ${${name}}
                     COMMAND ${CMAKE_C_COMPILER} -shared -fPIC -O1 -o ${${name}}
                             ${CMAKE_SOURCE_DIR}/tests/flow/${name}.c
                     DEPENDS ${CMAKE_SOURCE_DIR}/tests/flow/${name}.c)
  add_custom_target(${name} ALL DEPENDS ${${name}})
endforeach()

# add_node_tests(folder timeout): one test per tests/<folder>/*.test.mjs.
function(add_node_tests folder timeout)
  file(GLOB scenes CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/*.test.mjs)
  if(TARGET posthorn)
    set(binary POSTHORN_BIN=$<TARGET_FILE:posthorn>)
  endif()
  foreach(scene ${scenes})
    get_filename_component(name ${scene} NAME)
    string(REPLACE .test.mjs "" name ${name})
    add_test(NAME ${folder}_${name}
             COMMAND ${CMAKE_COMMAND} -E env ${binary} POSTHORN_WRONG_CLOCK=${wrong_clock} POSTHORN_HUNG_DISK=${hung_disk}
                     ${NODE} --test --test-reporter=spec ${scene}
             WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${folder}_${name} PROPERTIES LABELS ${folder} FIXTURES_REQUIRED npm
                         TIMEOUT ${timeout})
  endforeach()
endfunction()

add_node_tests(api 120)
add_node_tests(receivers 60)
add_node_tests(flow 300)

# They measure waits: alone on the machine, or a busy neighbour would be what is measured.
set_tests_properties(flow_schedule flow_crowd flow_later PROPERTIES RUN_SERIAL ON)

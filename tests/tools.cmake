# The checks of tools/check that take a second or less are tests of every build; the others,
# which build the tree again, with -DPOSTHORN_CHECKS=ON.
option(POSTHORN_CHECKS "the slow checks are tests too" OFF)

set(checks format floors sizes compare)
if(POSTHORN_CHECKS)
  list(APPEND checks gcc clang headers analyzer)
endif()
foreach(check ${checks})
  add_test(NAME check_${check} COMMAND tools/check ${check} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(check_${check} PROPERTIES LABELS check TIMEOUT 3600)
endforeach()

# Of this very build, so that nothing is built for it.
if(TARGET hook AND TARGET engine)
  add_test(NAME check_purity COMMAND ${CMAKE_SOURCE_DIR}/tools/purity ${CMAKE_BINARY_DIR})
  set_tests_properties(check_purity PROPERTIES LABELS check)
endif()

# And whether the checks see what they are there to see.
add_test(NAME check_control COMMAND ${CMAKE_SOURCE_DIR}/tests/tools_control
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(check_control PROPERTIES LABELS check)

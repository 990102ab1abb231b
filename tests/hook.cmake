# The hook room. Those that read the embedded profiles are linked with them.
foreach(module id target scope delivery seal settings profile_load profile pointer intake wire proof
               card schedule evidence decimal filter audience audit)
  add_unit_test(hook ${module})
endforeach()
foreach(module settings profile intake wire card schedule evidence audience)
  if(TARGET test_${module})
    target_link_libraries(test_${module} profiles)
  endif()
endforeach()
add_test(NAME no_profile_in_code COMMAND ${CMAKE_SOURCE_DIR}/tests/unit/no_profile_in_code.sh
         ${CMAKE_SOURCE_DIR})
set_tests_properties(no_profile_in_code PROPERTIES LABELS unit)

include(${CMAKE_CURRENT_SOURCE_DIR}/fuzz.cmake)
foreach(name target profile intake evidence filter)
  add_fuzz(${name} hook)
endforeach()
foreach(program replay_intake fuzz_intake)
  if(TARGET ${program})
    target_link_libraries(${program} profiles)
  endif()
endforeach()

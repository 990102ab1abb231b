foreach(module json_tree routes problem key_text cookie csrf cursor fields auth style pair_render)
  add_unit_test(api ${module})
endforeach()

# These drive the door with a real server and a real store.
foreach(module door door_audit door_matrix door_limits door_objects door_keys door_attempts door_load
               door_styles door_platforms door_foreign door_sends door_numbers
               door_portal door_sessions)
  add_unit_test(api ${module})
  if(TARGET test_${module})
    target_sources(test_${module} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/door_world.c
                   ${CMAKE_SOURCE_DIR}/tests/support/door_client.c)
    target_include_directories(test_${module} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(test_${module} profiles)
  endif()
endforeach()

foreach(module door_platforms door_foreign)
  if(TARGET test_${module})
    target_sources(test_${module} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/places.c)
  endif()
endforeach()

foreach(module door_matrix door_limits door_portal door_sessions)
  if(TARGET test_${module})
    target_sources(test_${module} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support/portal_client.c)
  endif()
endforeach()

# Counts what is asked of the store.
target_link_options(test_door_limits PRIVATE -Wl,--wrap=store_submit)

include(${CMAKE_CURRENT_SOURCE_DIR}/fuzz.cmake)
if(TARGET api)
  add_fuzz(query api)
  add_fuzz(cookie api)
endif()

foreach(module runs trail bloom inflight sqlite_plans)
  add_unit_test(store ${module})
endforeach()

# One suite, every back end: conformance is a library, and each back end brings a main.
add_library(conformance STATIC
  store/conformance.c store/steps.c store/scratch.c store/cases_accept.c store/cases_settle.c store/cases_failing.c
  store/cases_claim.c store/cases_place.c store/cases_config.c store/cases_keys.c store/cases_read.c store/cases_job.c store/cases_order.c store/cases_record.c store/cases_stats.c
  store/cases_post.c store/cases_clock.c store/cases_portal.c store/cases_trail.c store/cases_audit.c)
target_include_directories(conformance PUBLIC ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(conformance PUBLIC store ${CMOCKA})

function(add_store_test name)
  add_executable(${name} store/${name}.c ${ARGN})
  target_link_libraries(${name} conformance)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS store TIMEOUT 300)
endfunction()
add_store_test(store_conformance)
add_store_test(store_sqlite)
add_store_test(store_faults store/fault.c)
add_store_test(store_front)
add_store_test(store_statistics)
add_store_test(store_migrate)

# Not a test: what the store alone can do on this machine.
add_executable(bench_store EXCLUDE_FROM_ALL bench/bench_store.c bench/pages.c)
target_include_directories(bench_store PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(bench_store store m)

# Its faults are made up, and so are its power cuts: a disk would only make it slow.
if(IS_DIRECTORY /dev/shm)
  set_tests_properties(store_faults PROPERTIES ENVIRONMENT TMPDIR=/dev/shm)
endif()

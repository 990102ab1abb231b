include(${CMAKE_CURRENT_SOURCE_DIR}/fuzz.cmake)

add_unit_test(net guard)
add_unit_test(net guard_lists)
add_unit_test(net answer)
add_fuzz(answer net)
add_fuzz(hostname net)

# Those that need receivers, or a resolver that answers by a script.
foreach(module resolver caller call dial pool tls_client outbound)
  add_unit_test(net ${module})
  target_sources(test_${module} PRIVATE unit/hostile.c)
endforeach()
foreach(module tls_client outbound)
  target_sources(test_${module} PRIVATE unit/certificates.c unit/tls_service.c)
endforeach()

include(${CMAKE_CURRENT_SOURCE_DIR}/fuzz.cmake)

add_unit_test(net guard)

# Those that need receivers, or a resolver that answers by a script.
foreach(module resolver caller dial pool)
  add_unit_test(net ${module})
  target_sources(test_${module} PRIVATE unit/hostile.c)
endforeach()

# The simulation: engines and intake as they are, over the model store. Seeds are played in
# the ordinary run; `posthorn-sim --seeds FROM COUNT` plays more, `--seed N --trace` shows one.
set(tests ${CMAKE_CURRENT_SOURCE_DIR})
file(GLOB sim_sources CONFIGURE_DEPENDS ${tests}/sim/sim_*.c ${tests}/model/model*.c)
list(REMOVE_ITEM sim_sources ${tests}/model/model_conformance.c)
file(GLOB engine_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/engine/*.c)

function(set_up_sim target)
  target_include_directories(${target} PRIVATE ${tests}/sim ${tests}/model ${tests}/unit)
  target_compile_definitions(${target} PRIVATE SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  target_link_libraries(${target} PRIVATE engine store hook base)
endfunction()

# What a mutant changes is compiled for each; the rest once.
foreach(source ${sim_sources} ${engine_sources})
  file(STRINGS ${source} changed REGEX "MUTANT_IS" LIMIT_COUNT 1)
  if(changed)
    list(APPEND mutant_sources ${source})
  elseif(source IN_LIST sim_sources)
    list(APPEND same_sources ${source})
  endif()
endforeach()
add_library(sim OBJECT ${same_sources})
set_up_sim(sim)

add_executable(posthorn-sim ${mutant_sources} $<TARGET_OBJECTS:sim>)
set_up_sim(posthorn-sim)
add_test(NAME sim_2000 COMMAND posthorn-sim --seeds 1 2000)
set_tests_properties(sim_2000 PROPERTIES LABELS sim TIMEOUT 600)

add_test(NAME sim_outage COMMAND posthorn-sim --outage 3000)
set_tests_properties(sim_outage PROPERTIES LABELS sim TIMEOUT 120)

# Known mistakes (engine/mutant.h): each must be found, or the simulation is not to be trusted.
foreach(mutant RANGE 1 26)
  add_executable(sim_mutant_${mutant} ${mutant_sources} $<TARGET_OBJECTS:sim>)
  set_up_sim(sim_mutant_${mutant})
  target_compile_definitions(sim_mutant_${mutant} PRIVATE MUTANT=${mutant})
  list(APPEND mutants $<TARGET_FILE:sim_mutant_${mutant}>)
endforeach()
add_test(NAME mutants COMMAND ${tests}/sim/mutants 2000 ${mutants})
set_tests_properties(mutants PROPERTIES LABELS sim TIMEOUT 1200)

# Every profile's schedule to its end, to the millisecond.
add_executable(test_contracts ${tests}/sim/test_contracts.c ${tests}/unit/engine_world.c)
set_up_sim(test_contracts)
target_link_libraries(test_contracts PRIVATE ${CMOCKA})
add_test(NAME contracts COMMAND test_contracts)
set_tests_properties(contracts PROPERTIES LABELS sim)

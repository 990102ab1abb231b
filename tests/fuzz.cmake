# add_fuzz(name room): tests/fuzz/fuzz_<name>.c, which defines LLVMFuzzerTestOneInput() and
# aborts (assert) where a parser breaks its promise. It becomes
#   - the ctest "fuzz_<name>" (labels unit, fuzz) in every build: each file of
#     tests/fuzz/corpus/<name>/ is fed to it once. Put every input there that once broke it.
#   - with the preset "fuzz", the libFuzzer program tests/fuzz_<name>; run it as
#     build/fuzz/tests/fuzz_<name> -max_total_time=60 NEW_DIR tests/fuzz/corpus/<name>
# Call it from tests/<room>.cmake, guarded for the order in which those are included:
#   include(${CMAKE_CURRENT_SOURCE_DIR}/fuzz.cmake)
include_guard()

option(POSTHORN_FUZZ "build the fuzzers themselves (needs clang)" OFF)

function(add_fuzz name room)
  set(source ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  add_executable(replay_${name} ${source} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
  target_link_libraries(replay_${name} ${room})
  add_test(NAME fuzz_${name} COMMAND replay_${name} ${corpus})
  set_tests_properties(fuzz_${name} PROPERTIES LABELS "unit;fuzz" TIMEOUT 120)
  if(POSTHORN_FUZZ)
    add_executable(fuzz_${name} ${source})
    target_link_libraries(fuzz_${name} ${room})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
  endif()
endfunction()

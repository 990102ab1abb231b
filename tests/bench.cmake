# The benches are built with everything else and run by `make bench`, never as tests.
foreach(tool generator receiver)
  add_executable(${tool} ${CMAKE_SOURCE_DIR}/tests/bench/${tool}.c)
endforeach()

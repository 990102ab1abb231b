# profiles/*.json, embedded: the library `profiles` defines what hook/profile_files.h declares.
# Included by the project, this file makes the target; run as a script at build time, it writes
# the C source. A profile that is added, changed or removed is seen at the next build.

if(CMAKE_SCRIPT_MODE_FILE)
  set(texts "")
  set(rows "")
  set(number 0)
  foreach(file ${PROFILES})
    get_filename_component(name ${file} NAME)
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n"
           bytes "${bytes}")
    string(APPEND texts "static const char text_${number}[] = {\n${bytes}0};\n")
    string(APPEND rows "    {\"${name}\", text_${number}, sizeof text_${number} - 1},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE ${OUTPUT} "#include \"hook/profile_files.h\"\n\n${texts}\n"
       "const struct profile_file profile_files[] = {\n${rows}};\n"
       "const size_t profile_files_count = ${number};\n")
  return()
endif()

file(GLOB profile_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/profiles/*.json)
list(SORT profile_sources)
set(profile_files_c ${CMAKE_BINARY_DIR}/generated/profile_files.c)
add_custom_command(
  OUTPUT ${profile_files_c}
  COMMAND ${CMAKE_COMMAND} "-DPROFILES=${profile_sources}" -DOUTPUT=${profile_files_c}
          -P ${CMAKE_CURRENT_LIST_FILE}
  DEPENDS ${profile_sources} ${CMAKE_CURRENT_LIST_FILE}
  COMMENT "Embedding the profiles"
  VERBATIM)
add_library(profiles STATIC ${profile_files_c})
target_include_directories(profiles PUBLIC ${CMAKE_SOURCE_DIR}/src)

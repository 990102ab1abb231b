# openapi.yaml, embedded as JSON: what GET /openapi.json answers. Its converter is built and run
# at build time.
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
add_executable(embed_openapi ${CMAKE_CURRENT_LIST_DIR}/embed_openapi.c)
target_link_libraries(embed_openapi PkgConfig::YAML)
set(openapi_json_c ${CMAKE_BINARY_DIR}/generated/openapi_json.c)
add_custom_command(
  OUTPUT ${openapi_json_c}
  COMMAND embed_openapi ${CMAKE_SOURCE_DIR}/openapi.yaml ${openapi_json_c}
  DEPENDS embed_openapi ${CMAKE_SOURCE_DIR}/openapi.yaml
  COMMENT "Embedding the API's description"
  VERBATIM)
target_sources(api PRIVATE ${openapi_json_c})

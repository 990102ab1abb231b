# The model is held to what the real stores are held to.
file(GLOB model_sources CONFIGURE_DEPENDS ${tests}/model/*.c)
add_executable(model_conformance ${model_sources})
set_up_sim(model_conformance)
target_link_libraries(model_conformance PRIVATE conformance)
add_test(NAME model_conformance COMMAND model_conformance)
set_tests_properties(model_conformance PROPERTIES LABELS store)

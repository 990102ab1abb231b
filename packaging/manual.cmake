# What a packaged posthorn brings along: the manual's pages and the shells' completions. The
# program makes them from its own tables, so they are made when it is built.

include(GNUInstallDirs)
set(manual_folder ${CMAKE_BINARY_DIR}/man)
set(completion_folder ${CMAKE_BINARY_DIR}/completion)

add_custom_command(
  OUTPUT ${manual_folder}/posthorn.1
  COMMAND ${CMAKE_COMMAND} -E make_directory ${manual_folder}
  COMMAND posthorn manual ${manual_folder}
  DEPENDS posthorn
  COMMENT "Writing the manual"
  VERBATIM)
set(scripts)
foreach(shell bash zsh fish)
  add_custom_command(
    OUTPUT ${completion_folder}/posthorn.${shell}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${completion_folder}
    COMMAND posthorn completion ${shell} > ${completion_folder}/posthorn.${shell}
    DEPENDS posthorn
    VERBATIM)
  list(APPEND scripts ${completion_folder}/posthorn.${shell})
endforeach()
add_custom_target(manual ALL DEPENDS ${manual_folder}/posthorn.1 ${scripts})

# Whoever builds the program alone still installs all of it.
install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${CMAKE_BINARY_DIR}\"
  --target manual OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)")
install(DIRECTORY ${manual_folder}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${completion_folder}/posthorn.bash RENAME posthorn
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completion_folder}/posthorn.zsh RENAME _posthorn
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${completion_folder}/posthorn.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)

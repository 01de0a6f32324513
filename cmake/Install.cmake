# What a prefix holds: programs, templates and static files, manual pages, service units; and the Debian package of the same.
#   cmake --install build/release
#   ./dev package

# The default is a prefix of its own, so that Debian's jupyterhub can stay beside it: its jupyterhub-singleuser is the server
# that people get. Another prefix is chosen when configuring (the units name it): -D CMAKE_INSTALL_PREFIX=DIR
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /opt/jupyterhub CACHE PATH "where to install" FORCE)
endif()

# jupyterhub finds the proxy and its helper beside itself.
foreach(program jupyterhub configurable-http-proxy jupyterhub-helper jupyterhub-singleuser)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()

# Templates and static files. The hub carries them inside itself; the files are for sites that build upon them.
install(DIRECTORY share/jupyterhub/ DESTINATION ${CMAKE_INSTALL_DATADIR}/jupyterhub)

install(FILES docs/man/jupyterhub.1 docs/man/configurable-http-proxy.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/man/jupyterhub-helper.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/jupyterhub_config.py packaging/helper-policy DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)

# Units and package scripts name the installed files by their full path.
foreach(file jupyterhub-native.service jupyterhub-native-proxy.service postinst prerm postrm)
  configure_file(packaging/${file}.in ${CMAKE_BINARY_DIR}/packaging/${file} @ONLY)
endforeach()
set(JHUB_UNITS ${CMAKE_BINARY_DIR}/packaging/jupyterhub-native.service
               ${CMAKE_BINARY_DIR}/packaging/jupyterhub-native-proxy.service)
install(FILES ${JHUB_UNITS} DESTINATION lib/systemd/system)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME jupyterhub-native)
set(CPACK_PACKAGE_VENDOR "JupyterHub in C++")
set(CPACK_PACKAGE_CONTACT "the maintainers <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "multi-user server for Jupyter notebooks, native programs")
set(CPACK_PACKAGE_DESCRIPTION
    "Hub, proxy and privileged helper of JupyterHub ${PROJECT_VERSION} as native programs: same configuration file, database, REST API "
    "and cookies as the Python hub. The notebook servers themselves come from the package jupyterhub or a site's own environment.")
string(REPLACE ";" "" CPACK_PACKAGE_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/PackageVersion.cmake) # read by cpack: adds the commit
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/PackageSystemFiles.cmake) # what lies outside the prefix
set(CPACK_JHUB_SOURCE ${PROJECT_SOURCE_DIR})
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "python3, adduser")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "jupyterhub, jupyter-notebook, python3-ipykernel")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/packaging/postinst
    ${CMAKE_BINARY_DIR}/packaging/prerm ${CMAKE_BINARY_DIR}/packaging/postrm)
include(CPack)

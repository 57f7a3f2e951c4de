# What `cmake --install` puts where: the program, its modules, its manual page, completion for bash, the public
# headers, and a package for find_package.
include(CMakePackageConfigHelpers)

add_library(fanfold_headers INTERFACE)
set_target_properties(fanfold_headers PROPERTIES EXPORT_NAME headers)
target_include_directories(fanfold_headers INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(fanfold_headers INTERFACE cxx_std_20)

install(TARGETS fanfold RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS fanfold_mpi fanfold_http fanfold_sql LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/fanfold)
install(FILES ${PROJECT_BINARY_DIR}/documents/fanfold.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_BINARY_DIR}/documents/fanfold.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME fanfold)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/fanfold DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/python/fanfold_worker.py DESTINATION ${CMAKE_INSTALL_DATADIR}/fanfold/python)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/jobs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/fanfold/jobs)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/fanfold)
install(TARGETS fanfold_headers EXPORT fanfoldTargets)
install(EXPORT fanfoldTargets NAMESPACE fanfold:: DESTINATION ${package_folder})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/fanfoldConfig.cmake.in
  ${PROJECT_BINARY_DIR}/fanfoldConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fanfoldConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fanfoldConfig.cmake ${PROJECT_BINARY_DIR}/fanfoldConfigVersion.cmake
  DESTINATION ${package_folder})
install(FILES ${PROJECT_SOURCE_DIR}/cmake/fanfoldKernel.cmake DESTINATION ${package_folder})

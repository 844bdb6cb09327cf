# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# What find_package(OpenMMGems) reads.

include(CMakePackageConfigHelpers)

set(package_dir "${GEMS_LIB_DIR}/cmake/OpenMMGems")
configure_package_config_file(cmake/OpenMMGemsConfig.cmake.in
    "${CMAKE_BINARY_DIR}/OpenMMGemsConfig.cmake" INSTALL_DESTINATION "${package_dir}"
    PATH_VARS GEMS_PLUGIN_DIR)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/OpenMMGemsConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/OpenMMGemsConfig.cmake"
              "${CMAKE_BINARY_DIR}/OpenMMGemsConfigVersion.cmake" DESTINATION "${package_dir}")
install(EXPORT OpenMMGemsTargets NAMESPACE OpenMMGems:: DESTINATION "${package_dir}")

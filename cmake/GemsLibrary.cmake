# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# How every library of this project is made, and where it goes: inside our package for a Python
# build, otherwise lib, lib/plugins and include of the installation prefix.

include(GenerateExportHeader)

if(SKBUILD)
    set(GEMS_LIB_DIR openmmgems/lib)
    set(GEMS_PLUGIN_DIR openmmgems/lib)
    set(GEMS_INCLUDE_DIR openmmgems/include)
    # From openmmgems/lib to the libraries of the packages beside openmmgems.
    set(GEMS_SITE "$ORIGIN/../..")
else()
    # As OpenMM does, whatever the distribution calls its folders.
    set(GEMS_LIB_DIR lib)
    set(GEMS_PLUGIN_DIR lib/plugins)
    set(GEMS_INCLUDE_DIR include)
endif()

function(gems_warn target)
    target_compile_options(${target} PRIVATE -Wall -Wextra)
    if(GEMS_WARNINGS_AS_ERRORS)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()

# Run paths for something installed in the folder that "here" leads up from to site-packages.
function(gems_set_run_path target site)
    if(SKBUILD)
        set(path "$ORIGIN" "${site}/openmmgems/lib" "${site}/OpenMM.libs/lib"
                 "${site}/OpenMM.libs/lib/plugins" "${site}/torch/lib" "${site}/vesin/lib"
                 "${site}/nvidia/cu13/lib")
    else()
        # Where the libraries are now. CMAKE_INSTALL_RPATH_USE_LINK_PATH would leave out what lies
        # below the sources, as an environment in .venv does.
        set(path "$ORIGIN" "$ORIGIN/.." "${openmm_dir}/lib" "${openmm_dir}/lib/plugins"
                 "${torch_dir}/lib" "${vesin_dir}/lib" "${site_packages}/nvidia/cu13/lib")
    endif()
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "${path}")
    # Debian's linker would drop libraries that are needed only when the plugin is loaded.
    target_link_options(${target} PRIVATE LINKER:--no-as-needed)
    gems_warn(${target})
endfunction()

# gems_add_library(NAME DESTINATION folder [EXPORT] SOURCES ... LINK public libraries ... PRIVATE ...)
# EXPORT: programs may link to it, as OpenMMGems::NAME by find_package(OpenMMGems).
function(gems_add_library name)
    cmake_parse_arguments(arg "EXPORT" "DESTINATION" "SOURCES;LINK;PRIVATE" ${ARGN})
    add_library(${name} SHARED ${arg_SOURCES})
    string(REPLACE "OpenMMGems" "OPENMMGEMS_" prefix "${name}")
    string(TOUPPER "${prefix}" prefix)
    string(REGEX REPLACE "_$" "" prefix "${prefix}")
    set(generated "${CMAKE_BINARY_DIR}/generated")
    generate_export_header(${name}
        EXPORT_MACRO_NAME ${prefix}_EXPORT
        EXPORT_FILE_NAME "${generated}/openmmgems/internal/${name}Export.h")
    target_include_directories(${name}
        PUBLIC "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>"
               "$<BUILD_INTERFACE:${generated}>"
               "$<INSTALL_INTERFACE:${GEMS_INCLUDE_DIR}>"
        PRIVATE src)
    target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE})
    gems_set_run_path(${name} "${GEMS_SITE}")
    if(NOT arg_EXPORT)
        install(TARGETS ${name} LIBRARY DESTINATION ${arg_DESTINATION})
        return()
    endif()
    if(NOT SKBUILD)
        set(export EXPORT OpenMMGemsTargets)
    endif()
    install(TARGETS ${name} ${export} LIBRARY DESTINATION ${arg_DESTINATION})
    install(FILES "${generated}/openmmgems/internal/${name}Export.h"
            DESTINATION ${GEMS_INCLUDE_DIR}/openmmgems/internal)
endfunction()

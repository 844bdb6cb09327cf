# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# Finds what the Python packages openmm, torch, vesin and nlohmann_json bring for C++ and defines
# imported targets: OpenMM::OpenMM, OpenMM::CPU, OpenMM::OpenCL, OpenMM::CUDA, GemsTorch::CPU,
# GemsTorch::CUDA, Vesin::vesin, nlohmann_json::nlohmann_json. Targets of what is absent are absent.
# find_package(Torch) is not used: with a CUDA build of torch it asks for a CUDA toolkit.

# Folder of a Python package, found without importing it; empty if it is not installed. The target
# environment comes first (-I leaves it visible in an isolated build), then that of the build.
function(gems_find_python_package name result)
    foreach(isolation -I -s)
        execute_process(
            COMMAND "${Python_EXECUTABLE}" ${isolation} -c
                "import importlib.util as u; s = u.find_spec('${name}'); print(list(s.submodule_search_locations)[0] if s else '')"
            OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
        if(folder)
            break()
        endif()
    endforeach()
    set(${result} "${folder}" PARENT_SCOPE)
endfunction()

# An imported shared library; nothing happens if the file does not exist.
function(gems_import_library target file)
    if(EXISTS "${file}")
        add_library(${target} SHARED IMPORTED GLOBAL)
        set_target_properties(${target} PROPERTIES IMPORTED_LOCATION "${file}")
        target_include_directories(${target} SYSTEM INTERFACE ${ARGN})
    endif()
endfunction()

function(gems_require target what)
    if(NOT TARGET ${target})
        message(FATAL_ERROR "${what} was not found by ${Python_EXECUTABLE}; install it there, "
                            "or choose another Python by -DPython_EXECUTABLE=...")
    endif()
endfunction()

gems_find_python_package(openmm openmm_package)
set(OPENMM_DIR "${openmm_package}/../OpenMM.libs" CACHE PATH "Folder with OpenMM's lib and include")
get_filename_component(openmm_dir "${OPENMM_DIR}" REALPATH)
set(openmm_include "${openmm_dir}/include")
gems_import_library(OpenMM::OpenMM "${openmm_dir}/lib/libOpenMM.so" "${openmm_include}")
gems_require(OpenMM::OpenMM "OpenMM (package openmm)")
foreach(platform CPU OpenCL CUDA)
    gems_import_library(OpenMM::${platform} "${openmm_dir}/lib/plugins/libOpenMM${platform}.so"
                        "${openmm_include}")
endforeach()
if(TARGET OpenMM::CPU) # CpuPlatform.h includes Reference headers by bare names
    target_include_directories(OpenMM::CPU SYSTEM INTERFACE "${openmm_include}/openmm/reference")
endif()

gems_require(OpenMM::CPU "OpenMM's CPU platform")

gems_find_python_package(torch torch_dir)
set(torch_include "${torch_dir}/include" "${torch_dir}/include/torch/csrc/api/include")
gems_import_library(GemsTorch::c10 "${torch_dir}/lib/libc10.so" ${torch_include})
gems_import_library(GemsTorch::CPU "${torch_dir}/lib/libtorch_cpu.so" ${torch_include})
gems_require(GemsTorch::CPU "LibTorch (package torch)")
target_link_libraries(GemsTorch::CPU INTERFACE GemsTorch::c10)
gems_import_library(GemsTorch::c10_cuda "${torch_dir}/lib/libc10_cuda.so" ${torch_include})
gems_import_library(GemsTorch::CUDA "${torch_dir}/lib/libtorch_cuda.so" ${torch_include})
if(TARGET GemsTorch::CUDA)
    target_link_libraries(GemsTorch::CUDA INTERFACE GemsTorch::CPU GemsTorch::c10_cuda)
endif()
file(STRINGS "${torch_dir}/version.py" torch_version_line REGEX "^__version__")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+[^'\"]*" GEMS_TORCH_VERSION "${torch_version_line}")

# Headers of the devices, and whether their platforms can be built.
find_path(GEMS_OPENCL_INCLUDE CL/cl.h)
get_filename_component(site_packages "${torch_dir}" DIRECTORY)
find_path(GEMS_CUDA_INCLUDE cuda.h HINTS "${site_packages}/nvidia/cu13/include")
set(GEMS_OPENCL_FOUND OFF)
if(TARGET OpenMM::OpenCL AND GEMS_OPENCL_INCLUDE)
    set(GEMS_OPENCL_FOUND ON)
endif()
set(GEMS_CUDA_FOUND OFF)
if(TARGET OpenMM::CUDA AND TARGET GemsTorch::CUDA AND GEMS_CUDA_INCLUDE)
    set(GEMS_CUDA_FOUND ON)
endif()

gems_find_python_package(vesin vesin_dir)
gems_import_library(Vesin::vesin "${vesin_dir}/lib/libvesin.so" "${vesin_dir}/include")
gems_require(Vesin::vesin "vesin (package vesin)")

gems_find_python_package(nlohmann_json json_dir)
if(json_dir)
    add_library(nlohmann_json::nlohmann_json INTERFACE IMPORTED)
    target_include_directories(nlohmann_json::nlohmann_json SYSTEM INTERFACE "${json_dir}/include")
else()
    find_package(nlohmann_json 3.10 REQUIRED)
endif()

# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
#
# Writes a header with the text of every kernel file: cmake -DOUT=header -DFILES=a.cc,b.cc -P ...

string(REPLACE "," ";" files "${FILES}")
set(text "#include <string>\n\nnamespace OpenMMGems::CommonGemsKernelSources {\n")
foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME_WE)
    file(READ "${file}" kernel)
    string(APPEND text "inline const std::string ${name} = R\"KERNEL(${kernel})KERNEL\";\n")
endforeach()
file(WRITE "${OUT}" "${text}}\n")

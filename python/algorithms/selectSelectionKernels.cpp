// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "SelectionKernels.h"
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace OpenMMGems {

namespace baseline {
extern const SelectionKernels SELECTION_KERNELS;
} // namespace baseline
#ifdef GEMS_HAS_X86_KERNELS
namespace avx2 {
extern const SelectionKernels SELECTION_KERNELS;
} // namespace avx2
namespace avx512 {
extern const SelectionKernels SELECTION_KERNELS;
} // namespace avx512
#endif

namespace {

struct InstructionSet {
    std::string name;
    bool isSupported;
    const SelectionKernels* kernels;
};

const SelectionKernels* select() {
    const std::vector<InstructionSet> sets = {
#ifdef GEMS_HAS_X86_KERNELS
        {"avx512", __builtin_cpu_supports("x86-64-v4") != 0, &avx512::SELECTION_KERNELS},
        {"avx2", __builtin_cpu_supports("x86-64-v3") != 0, &avx2::SELECTION_KERNELS},
#endif
        {"baseline", true, &baseline::SELECTION_KERNELS}};
    const char* wanted = std::getenv("OPENMMGEMS_INSTRUCTION_SET");
    std::string supported;
    for (const InstructionSet& set : sets) {
        if (set.isSupported && (!wanted || set.name == wanted)) {
            return set.kernels;
        }
        supported += set.isSupported ? " " + set.name : "";
    }
    throw std::invalid_argument("OPENMMGEMS_INSTRUCTION_SET is '" + std::string(wanted) +
                                "'; expected one of this machine:" + supported + ".");
}

} // namespace

const SelectionKernels& selectionKernels() {
    static const SelectionKernels* const kernels = select();
    return *kernels;
}

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Kernels.h"
#include <cstdlib>
#include <openmm/OpenMMException.h>
#include <string>
#include <vector>

namespace OpenMMGems {

#define GEMS_DECLARE(instructionSet)                                                               \
    namespace instructionSet {                                                                     \
    extern const Kernels<float> FLOAT_KERNELS;                                                     \
    extern const Kernels<double> DOUBLE_KERNELS;                                                   \
    }

GEMS_DECLARE(baseline)
#ifdef GEMS_HAS_X86_KERNELS
GEMS_DECLARE(avx2)
GEMS_DECLARE(avx512)
#endif

namespace {

struct InstructionSet {
    std::string name;
    bool isSupported;
    const Kernels<float>& ofFloat;
    const Kernels<double>& ofDouble;
};

/** The best first. */
std::vector<InstructionSet> instructionSets() {
    return {
#ifdef GEMS_HAS_X86_KERNELS
        {"avx512", __builtin_cpu_supports("x86-64-v4") != 0, avx512::FLOAT_KERNELS,
         avx512::DOUBLE_KERNELS},
        {"avx2", __builtin_cpu_supports("x86-64-v3") != 0, avx2::FLOAT_KERNELS,
         avx2::DOUBLE_KERNELS},
#endif
        {"baseline", true, baseline::FLOAT_KERNELS, baseline::DOUBLE_KERNELS}};
}

InstructionSet select() {
    const char* wanted = std::getenv("OPENMMGEMS_INSTRUCTION_SET");
    std::string supported;
    for (const InstructionSet& set : instructionSets()) {
        if (set.isSupported && (!wanted || set.name == wanted)) {
            return set;
        }
        supported += set.isSupported ? " " + set.name : "";
    }
    throw OpenMM::OpenMMException("GemsForce: OPENMMGEMS_INSTRUCTION_SET is '" +
                                  std::string(wanted) +
                                  "'; expected one of this machine:" + supported + ".");
}

const InstructionSet& selected() {
    static const InstructionSet set = select();
    return set;
}

} // namespace

template <>
const Kernels<float>& kernels<float>() {
    return selected().ofFloat;
}

template <>
const Kernels<double>& kernels<double>() {
    return selected().ofDouble;
}

} // namespace OpenMMGems

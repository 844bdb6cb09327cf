// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Kernels.h"

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
#define GEMS_SELECT(name)                                                                          \
    __builtin_cpu_supports("x86-64-v4")   ? avx512::name                                           \
    : __builtin_cpu_supports("x86-64-v3") ? avx2::name                                             \
                                          : baseline::name
#else
#define GEMS_SELECT(name) baseline::name
#endif

template <>
const Kernels<float>& kernels<float>() {
    return GEMS_SELECT(FLOAT_KERNELS);
}

template <>
const Kernels<double>& kernels<double>() {
    return GEMS_SELECT(DOUBLE_KERNELS);
}

} // namespace OpenMMGems

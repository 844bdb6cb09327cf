// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "CpuCalcGemsForceKernel.h"
#include <openmm/cpu/CpuPlatform.h>
#include <openmm/internal/ThreadPool.h>

using namespace OpenMMGems;

namespace {

EvaluatorOptions optionsOf(OpenMM::ContextImpl& context) {
    EvaluatorOptions options;
    options.precision = Precision::Single;
    options.numThreads = OpenMM::CpuPlatform::getPlatformData(context).threads.getNumThreads();
    return options;
}

} // namespace

CpuCalcGemsForceKernel::CpuCalcGemsForceKernel(const std::string& name,
                                               const OpenMM::Platform& platform,
                                               OpenMM::ContextImpl& context)
    : ReferenceCalcGemsForceKernel(name, platform, optionsOf(context)) {}

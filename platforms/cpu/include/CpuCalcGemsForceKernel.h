// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_CPUCALCGEMSFORCEKERNEL_H_
#define OPENMMGEMS_CPUCALCGEMSFORCEKERNEL_H_

#include "ReferenceCalcGemsForceKernel.h"

namespace OpenMMGems {

/**
 * Evaluates a GemsForce in single precision on the threads of OpenMM's CPU platform, which keeps
 * positions and forces as the Reference platform does. Positions are handed over in double.
 */
class CpuCalcGemsForceKernel : public ReferenceCalcGemsForceKernel {
public:
    CpuCalcGemsForceKernel(const std::string& name, const OpenMM::Platform& platform,
                           OpenMM::ContextImpl& context);
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_CPUCALCGEMSFORCEKERNEL_H_

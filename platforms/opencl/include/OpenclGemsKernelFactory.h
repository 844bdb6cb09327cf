// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_OPENCLGEMSKERNELFACTORY_H_
#define OPENMMGEMS_OPENCLGEMSKERNELFACTORY_H_

#include <openmm/KernelFactory.h>

namespace OpenMMGems {

/** Makes the kernels of OpenMM's OpenCL platform. */
class OpenclGemsKernelFactory : public OpenMM::KernelFactory {
public:
    OpenMM::KernelImpl* createKernelImpl(std::string name, const OpenMM::Platform& platform,
                                         OpenMM::ContextImpl& context) const override;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_OPENCLGEMSKERNELFACTORY_H_

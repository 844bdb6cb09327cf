// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_CUDAGEMSKERNELFACTORY_H_
#define OPENMMGEMS_CUDAGEMSKERNELFACTORY_H_

#include <openmm/KernelFactory.h>

namespace OpenMMGems {

/** Makes the kernels of OpenMM's CUDA platform. */
class CudaGemsKernelFactory : public OpenMM::KernelFactory {
public:
    OpenMM::KernelImpl* createKernelImpl(std::string name, const OpenMM::Platform& platform,
                                         OpenMM::ContextImpl& context) const override;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_CUDAGEMSKERNELFACTORY_H_

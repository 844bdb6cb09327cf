// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_PRIMARYCONTEXT_H_
#define OPENMMGEMS_PRIMARYCONTEXT_H_

#include "openmmgems/ForceEvaluator.h"
#include <cuda.h>

namespace OpenMMGems {

/**
 * Holds the primary CUDA context of a device, the one that torch works in.
 *
 * OpenMM makes a context of its own, and it may be the current one when a kernel is called. Torch
 * would then work in it with memory that belongs to the primary one. So whatever runs torch makes
 * the primary context current first. Data pass between the two through the host, by copies that
 * wait for the device, so that no stream has to wait for one of the other context.
 */
class PrimaryContext {
public:
    /** Makes the primary context current, and on destruction the one that was before. */
    class Current {
    public:
        explicit Current(const PrimaryContext& primary);
        ~Current();
        Current(const Current&) = delete;
        Current& operator=(const Current&) = delete;
    };

    explicit PrimaryContext(int deviceIndex);
    /**
     * What makes the primary context of a device current. The context is held from the first time
     * on: it takes memory of the device, and where nothing of torch runs there never is a first.
     */
    static EnterDevice whenNeeded(int deviceIndex);
    ~PrimaryContext();
    PrimaryContext(const PrimaryContext&) = delete;
    PrimaryContext& operator=(const PrimaryContext&) = delete;

private:
    CUdevice device;
    CUcontext context;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_PRIMARYCONTEXT_H_

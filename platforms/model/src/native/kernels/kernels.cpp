// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Compiled once for every instruction set, named by GEMS_INSTRUCTION_SET.

#include "functions.h"
#include "geometry.h"
#include "longRange.h"
#include "messages.h"
#include "products.h"
#include "repulsion.h"

namespace OpenMMGems {

namespace {

template <class Real>
constexpr Kernels<Real> makeKernels() {
    return {multiply<Real>,
            multiplyTransposed<Real>,
            swish<Real>,
            multiplySwishSlope<Real>,
            addSwishSlope<Real>,
            add<Real>,
            dotRows<Real>,
            dotVector<Real>,
            scaleRows<Real>,
            addScaledRows<Real>,
            addOuter<Real>,
            exponentials<Real>,
            multiplyShifted<Real>,
            addProducts<Real>,
            transposeProducts<Real>,
            collect<Real>,
            transposeCollect<Real>,
            describePairs<Real>,
            repulsion<Real>,
            longRange<Real>};
}

} // namespace

namespace GEMS_INSTRUCTION_SET {

extern constinit const Kernels<float> FLOAT_KERNELS = makeKernels<float>();
extern constinit const Kernels<double> DOUBLE_KERNELS = makeKernels<double>();

} // namespace GEMS_INSTRUCTION_SET

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_SOFTPLUS_H_
#define OPENMMGEMS_NATIVE_SOFTPLUS_H_

#include <algorithm>
#include <cmath>

namespace OpenMMGems {

/** ln(1 + e^x); the form in which models keep positive numbers. */
template <class Real>
Real softplus(Real x) {
    return std::max(x, Real(0)) + std::log1p(std::exp(-std::abs(x)));
}

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_SOFTPLUS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Electrostatics.h"
#include "openmmgems/Units.h"
#include <cmath>

namespace OpenMMGems {

ValueAndSlope switchFunction(double r, double on, double off) {
    const double x = (r - on) / (off - on);
    if (x <= 0 || x >= 1) {
        return {x <= 0 ? 1.0 : 0.0, 0.0};
    }
    const double value = 1 / (1 + std::exp(1 / (1 - x) - 1 / x));
    const double slope =
        -value * (1 - value) * (1 / ((1 - x) * (1 - x)) + 1 / (x * x)) / (off - on);
    return {value, std::isfinite(slope) ? slope : 0.0};
}

template <class Real>
void fillElectrostatics(double cutoffAngstrom, std::optional<double> longRangeCutoffAngstrom,
                        LongRange<Real>& parameters) {
    parameters.electrostatics = true;
    parameters.coulombConstant = static_cast<Real>(COULOMB_EV_ANGSTROM);
    parameters.switchOn = static_cast<Real>(0.25 * cutoffAngstrom);
    parameters.switchOff = static_cast<Real>(0.75 * cutoffAngstrom);
    if (longRangeCutoffAngstrom) {
        const double end = *longRangeCutoffAngstrom, cube = std::pow(end * end + 1, 1.5);
        parameters.coulombShift = static_cast<Real>(-2 / end);
        parameters.coulombTilt = static_cast<Real>(1 / (end * end));
        parameters.dampedShift = static_cast<Real>(-(2 * end * end + 1) / cube);
        parameters.dampedTilt = static_cast<Real>(end / cube);
    }
}

template void fillElectrostatics(double, std::optional<double>, LongRange<float>&);
template void fillElectrostatics(double, std::optional<double>, LongRange<double>&);

} // namespace OpenMMGems

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

Electrostatics::Electrostatics(double cutoffAngstrom, std::optional<double> longRangeCutoffAngstrom)
    : switchOn(0.25 * cutoffAngstrom), switchOff(0.75 * cutoffAngstrom),
      longRangeCutoff(longRangeCutoffAngstrom) {
    if (longRangeCutoff) {
        const double end = *longRangeCutoff;
        const double cube = std::pow(end * end + 1, 1.5);
        coulombShift = -2 / end;
        coulombTilt = 1 / (end * end);
        dampedShift = -(2 * end * end + 1) / cube;
        dampedTilt = end / cube;
    }
}

ValueAndSlope Electrostatics::potential(double r) const {
    if (longRangeCutoff && r >= *longRangeCutoff) {
        return {0.0, 0.0};
    }
    const double coulomb = 1 / r + coulombTilt * r + coulombShift;
    const double coulombSlope = -1 / (r * r) + coulombTilt;
    const ValueAndSlope s = switchFunction(r, switchOn, switchOff);
    if (s.value == 0.0) {
        return {coulomb, coulombSlope};
    }
    const double root = std::sqrt(r * r + 1);
    const double damped = 1 / root + dampedTilt * r + dampedShift;
    const double dampedSlope = -r / (root * root * root) + dampedTilt;
    return {s.value * damped + (1 - s.value) * coulomb,
            s.slope * (damped - coulomb) + s.value * dampedSlope + (1 - s.value) * coulombSlope};
}

template <class Real>
double Electrostatics::evaluate(const Neighbours<Real>& neighbours,
                                const std::vector<double>& charges, std::vector<Real>& gradient,
                                std::vector<double>& chargeGradient) const {
    double energy = 0.0;
    for (size_t i = 0; i < charges.size(); i++) {
        double field = 0.0;
        const double own = 0.5 * COULOMB_EV_ANGSTROM * charges[i];
        for (size_t pair = neighbours.start[i]; pair < neighbours.start[i + 1]; pair++) {
            const double other = charges[neighbours.j[pair]];
            const ValueAndSlope chi = potential(neighbours.r[pair]);
            field += other * chi.value;
            gradient[pair] += static_cast<Real>(own * other * chi.slope);
        }
        energy += own * field;
        chargeGradient[i] += COULOMB_EV_ANGSTROM * field;
    }
    return energy;
}

template double Electrostatics::evaluate(const Neighbours<float>&, const std::vector<double>&,
                                         std::vector<float>&, std::vector<double>&) const;
template double Electrostatics::evaluate(const Neighbours<double>&, const std::vector<double>&,
                                         std::vector<double>&, std::vector<double>&) const;

} // namespace OpenMMGems

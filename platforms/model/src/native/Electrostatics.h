// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_ELECTROSTATICS_H_
#define OPENMMGEMS_NATIVE_ELECTROSTATICS_H_

#include "Neighbours.h"
#include "RadialBasis.h"
#include <optional>
#include <vector>

namespace OpenMMGems {

/** Goes smoothly from one at "on" to zero at "off". */
ValueAndSlope switchFunction(double r, double on, double off);

/**
 * Coulomb interaction of the network's charges, damped at short range; with a long-range cutoff
 * shifted so that potential and force vanish there.
 * Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Eq. 22 and 23.
 */
class Electrostatics {
public:
    Electrostatics(double cutoffAngstrom, std::optional<double> longRangeCutoffAngstrom);
    /**
     * The energy in eV; adds its derivatives by the distance of each pair and by each charge.
     */
    template <class Real>
    double evaluate(const Neighbours<Real>& neighbours, const std::vector<double>& charges,
                    std::vector<Real>& gradient, std::vector<double>& chargeGradient) const;

private:
    ValueAndSlope potential(double r) const;
    double switchOn, switchOff;
    std::optional<double> longRangeCutoff;
    double coulombShift = 0.0, coulombTilt = 0.0, dampedShift = 0.0, dampedTilt = 0.0;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_ELECTROSTATICS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_ELECTROSTATICS_H_
#define OPENMMGEMS_NATIVE_ELECTROSTATICS_H_

#include "RadialBasis.h"
#include "kernels/Kernels.h"
#include "openmmgems/internal/OpenMMGemsModelExport.h"
#include <optional>

namespace OpenMMGems {

/** Goes smoothly from one at "on" to zero at "off". */
ValueAndSlope switchFunction(double r, double on, double off);

/**
 * Coulomb interaction of the network's charges, damped at short range; with a long-range cutoff
 * shifted so that potential and force vanish there.
 * Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Eq. 22 and 23.
 * The sum over pairs is LongRangeTerms'.
 *
 * @param cutoffAngstrom  of the network
 */
template <class Real>
OPENMMGEMS_MODEL_EXPORT void fillElectrostatics(double cutoffAngstrom,
                                                std::optional<double> longRangeCutoffAngstrom,
                                                LongRange<Real>& parameters);

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_ELECTROSTATICS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_SPOOKYNETOPTIONS_H_
#define OPENMMGEMS_NATIVE_SPOOKYNETOPTIONS_H_

#include "Layers.h"
#include <optional>
#include <string>

namespace OpenMMGems {

enum class BasisKind { ExpBernstein, ExpGaussian, Bernstein, Gaussian, Sinc };

/** The hyperparameters of a SpookyNet that its weights do not tell. Lengths in angstrom. */
struct SpookyNetOptions {
    ActivationKind activation = ActivationKind::Swish;
    BasisKind basis = BasisKind::ExpBernstein;
    bool expWeighting = true;
    bool useIrreps = true;
    bool useElectrostatics = true;
    double cutoff = 0.0;
    /** Empty: all listed pairs interact by electrostatics and dispersion. */
    std::optional<double> longRangeCutoff;
    bool smoothAttention = true;

    /** Read them from the text of gems.json; throws OpenMMException if they cannot be understood.
     */
    static SpookyNetOptions read(const std::string& description);
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_SPOOKYNETOPTIONS_H_

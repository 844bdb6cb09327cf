// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_TERMS_COULOMB_H_
#define OPENMMGEMS_TERMS_COULOMB_H_

#include "../native/Workers.h"
#include "openmmgems/Model.h"
#include "openmmgems/PairList.h"
#include <openmm/Vec3.h>
#include <optional>
#include <vector>

namespace OpenMMGems {

/** The Coulomb energy of charges, and its derivatives. */
struct CoulombResult {
    /** Fills in zeros. */
    explicit CoulombResult(size_t numAtoms) : potentials(numAtoms), forces(numAtoms) {}
    double energyEv = 0.0;
    /** Derivative of the energy with respect to each charge in eV/e. */
    std::vector<double> potentials;
    /** At fixed charges, in eV/angstrom. */
    std::vector<OpenMM::Vec3> forces;
    /** Derivative with respect to the strain at fixed charges, row by row, in eV. */
    Box strain{};
};

/**
 * The Coulomb energy of a model's charges, in one of three forms; see
 * GemsForce::ElectrostaticsForm. Charges spread as Gaussians, erf(r / width) / r, have no
 * singularity: all pairs of a system count, bonded ones too. Everything is in double precision.
 */
class OPENMMGEMS_MODEL_EXPORT Coulomb {
public:
    /** @param cutoffAngstrom  ignored unless the form is Cutoff */
    Coulomb(const CoulombKernel& kernel, GemsForce::ElectrostaticsForm form,
            std::optional<double> cutoffAngstrom);
    /**
     * @param charges  one per atom in elementary charges
     * @param box      needed for Lattice, which makes no use of the pairs
     * @param pairs    all pairs for Plain, at least those within the cutoff for Cutoff
     */
    CoulombResult evaluate(const std::vector<double>& charges,
                           const std::vector<OpenMM::Vec3>& positionsAngstrom, const Box* box,
                           const PairList& pairs, Workers& workers) const;

private:
    /** The interaction of two unit charges and its slope over the distance, without the constant.
     */
    struct Interaction {
        double value, slopeOverR;
    };
    Interaction bare(double r) const;
    Interaction interact(double r) const;
    CoulombResult sumPairs(const std::vector<double>& charges, const PairList& pairs) const;
    double width, switchOn, cutoff;
    GemsForce::ElectrostaticsForm form;
    double shift = 0.0, tilt = 0.0; ///< value and slope of the bare interaction at the cutoff
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_TERMS_COULOMB_H_

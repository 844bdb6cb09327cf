// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_REPULSION_H_
#define OPENMMGEMS_NATIVE_REPULSION_H_

#include "NearPairs.h"
#include "TensorReader.h"
#include "openmmgems/internal/OpenMMGemsModelExport.h"
#include <array>
#include <vector>

namespace OpenMMGems {

/**
 * Repulsion of nuclei at short range in the form of Ziegler, Biersack and Littmark with learned
 * parameters. Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Eq. 21.
 */
class OPENMMGEMS_MODEL_EXPORT Repulsion {
public:
    Repulsion(const TensorReader& reader, double cutoffAngstrom);
    void setAtomicNumbers(const std::vector<int>& atomicNumbers);
    /** Half the energy of an atom's pairs in eV; adds its derivative by their distances. */
    template <class Real>
    double evaluate(NearPairs<Real>& pairs, size_t atom) const;

    /** Of the four exponential functions. */
    const std::array<double, 4>& getExponents() const { return exponents; }
    const std::array<double, 4>& getWeights() const { return weights; }
    /** Charge of each nucleus, and its part of the inverse length, 1/angstrom. */
    const std::vector<double>& getCharges() const { return charges; }
    const std::vector<double>& getPowers() const { return powers; }

private:
    double cutoff, power, inverseLength;
    std::array<double, 4> exponents, weights;
    std::vector<double> charges, powers; ///< of each atom
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_REPULSION_H_

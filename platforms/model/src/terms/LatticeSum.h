// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_TERMS_LATTICESUM_H_
#define OPENMMGEMS_TERMS_LATTICESUM_H_

#include "Coulomb.h"
#include <array>
#include <openmm/Vec3.h>
#include <vector>

namespace OpenMMGems {

/**
 * Charges that interact by erf(r / width) / r with each other and all periodic images: the
 * reciprocal half of an Ewald sum (Ewald, Ann. Phys. 369, 253 (1921),
 * doi:10.1002/andp.19213690304) with conducting boundary, added up wave by wave. A net charge gets
 * a uniform background.
 */
class LatticeSum {
public:
    /** Throws OpenMMException if the box is so large that there are too many waves. */
    LatticeSum(double widthAngstrom, const Box& box);
    /** All but the energy, which is half the sum of charge times potential. */
    CoulombResult evaluate(const std::vector<double>& charges,
                           const std::vector<OpenMM::Vec3>& positionsAngstrom,
                           Workers& workers) const;

private:
    /** A wave exp(i k r) and its opposite. */
    struct Wave {
        std::array<int, 3> index; ///< multiples of the reciprocal box vectors
        OpenMM::Vec3 k;
        double weight;
    };
    struct Sum {
        double re = 0.0, im = 0.0;
    };
    class Block;
    void addSums(const Block& block, std::vector<Sum>& sums) const;
    void addDerivatives(const Block& block, const std::vector<Sum>& sums,
                        CoulombResult& result) const;
    void addStrain(const std::vector<Sum>& sums, double charge, CoulombResult& result) const;
    double width, volume;
    Box inverseBox;
    std::array<int, 3> most; ///< of |index|, for each direction
    std::vector<Wave> waves;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_TERMS_LATTICESUM_H_

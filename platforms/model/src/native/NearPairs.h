// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_NEARPAIRS_H_
#define OPENMMGEMS_NATIVE_NEARPAIRS_H_

#include "NeighbourLists.h"
#include "Panels.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include <vector>

namespace OpenMMGems {

/**
 * Directed pairs closer than the cutoff of the network, with their geometry, and the derivative of
 * the energy with respect to it. Those of one atom follow each other, those of a block of atoms,
 * too; atoms are numbered by their place in the lists.
 */
template <class Real>
class NearPairs {
public:
    /** Make room for all listed pairs. */
    void resize(const NeighbourLists& lists);
    /** Fill in the pairs of atoms first to end; where atoms coincide they are of no use. */
    void measure(const NeighbourLists& lists, double cutoff, size_t first, size_t end,
                 EvaluationFaults& faults);
    size_t start(size_t atom) const { return starts[atom]; }
    size_t end(size_t atom) const { return ends[atom]; }
    const size_t* startsFrom(size_t atom) const { return &starts[atom]; }
    const size_t* endsFrom(size_t atom) const { return &ends[atom]; }
    AlignedVector<int> j;
    AlignedVector<Real> geometry; ///< [pair, 4]: distance and unit vector from i to j
    AlignedVector<Real> gradient; ///< [pair, 4]: by distance and unit vector
    double distance(size_t pair) const { return geometry[4 * pair]; }
    /** From i to j. */
    OpenMM::Vec3 vector(size_t pair) const {
        const Real* g = &geometry[4 * pair];
        return OpenMM::Vec3(g[1], g[2], g[3]) * g[0];
    }
    /** Add to the gradient by a pair's distance. */
    void addSlope(size_t pair, double slope) { gradient[4 * pair] += static_cast<Real>(slope); }
    /** The derivative with respect to the vector from i to j. */
    OpenMM::Vec3 vectorGradient(size_t pair) const;

private:
    std::vector<size_t> starts, ends;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_NEARPAIRS_H_

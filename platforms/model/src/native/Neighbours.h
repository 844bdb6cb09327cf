// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_NEIGHBOURS_H_
#define OPENMMGEMS_NATIVE_NEIGHBOURS_H_

#include "openmmgems/PairList.h"
#include <vector>

namespace OpenMMGems {

/** Directed pairs ordered by their receiver i: those of i are start[i] to start[i + 1]. */
template <class Real>
struct Neighbours {
    std::vector<size_t> start;
    std::vector<int> j;
    /** Place of each pair in the PairList they were made from. */
    std::vector<size_t> source;
    /** Distance in angstrom, and unit vector from i to j. */
    std::vector<Real> r, ux, uy, uz;
    size_t numPairs() const { return j.size(); }
    size_t numAtoms() const { return start.size() - 1; }
};

/** The pairs of a list that are closer than a cutoff in angstrom. */
template <class Real>
Neighbours<Real> selectNeighbours(const PairList& pairs, size_t numAtoms, double cutoffAngstrom);

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_NEIGHBOURS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_PAIRLIST_H_
#define OPENMMGEMS_PAIRLIST_H_

#include "openmmgems/Evaluator.h"
#include <cstdint>
#include <openmm/Vec3.h>
#include <optional>
#include <vector>

namespace OpenMMGems {

/** The directed pairs of a system: both (i, j) and (j, i), every periodic image by itself. */
struct PairList {
    std::vector<int64_t> i, j;
    /** Position of j's image minus position of i in angstrom. */
    std::vector<OpenMM::Vec3> vectors;
};

/**
 * List all pairs closer than a cutoff.
 *
 * @param positionsAngstrom  one per atom
 * @param box                lattice vectors in angstrom if periodic, otherwise null
 * @param cutoffAngstrom     empty: all pairs, which must not be periodic
 * @return the list in no particular order. Throws OpenMMException if positions are not finite or
 *         two atoms coincide.
 */
OPENMMGEMS_MODEL_EXPORT PairList listPairs(const std::vector<OpenMM::Vec3>& positionsAngstrom,
                                           const Box* box, std::optional<double> cutoffAngstrom);

} // namespace OpenMMGems

#endif // OPENMMGEMS_PAIRLIST_H_

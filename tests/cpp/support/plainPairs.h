// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#ifndef OPENMMGEMS_TESTS_PLAINPAIRS_H_
#define OPENMMGEMS_TESTS_PLAINPAIRS_H_

#include "openmmgems/Evaluator.h"
#include <cstdint>
#include <openmm/Vec3.h>
#include <tuple>
#include <vector>

/** Both atoms, and the vector from the first to the second in millionths of an angstrom. */
using PlainPair = std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t>;

PlainPair makePlainPair(int64_t i, int64_t j, const OpenMM::Vec3& vectorAngstrom);

/** All directed pairs within a cutoff, sorted, by plain loops over atoms and images. */
std::vector<PlainPair> plainPairs(const std::vector<OpenMM::Vec3>& positionsAngstrom,
                                  const OpenMMGems::Box* box, double cutoffAngstrom);

#endif // OPENMMGEMS_TESTS_PLAINPAIRS_H_

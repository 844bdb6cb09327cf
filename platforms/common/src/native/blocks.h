// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_BLOCKS_H_
#define OPENMMGEMS_NATIVE_BLOCKS_H_

namespace OpenMMGems {

/** Threads of groups that add numbers up; a power of two. See sums.cc. */
constexpr int SUM_THREADS = 64;
/** Parts in which sums over all atoms are made. */
constexpr int NUM_PARTS = 64;

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_BLOCKS_H_

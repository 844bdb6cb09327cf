// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_THREADS_H_
#define OPENMMGEMS_THREADS_H_

#include <cstddef>

namespace OpenMMGems {

/** Sets torch's number of threads while it lives. */
class ThreadGuard {
public:
    explicit ThreadGuard(int numThreads);
    ~ThreadGuard();
    ThreadGuard(const ThreadGuard&) = delete;
    ThreadGuard& operator=(const ThreadGuard&) = delete;

private:
    int before;
};

/**
 * Threads that a system gains from, at most allowed (0: as many as torch uses). With fewer atoms
 * for each thread, threads wait for each other more than they gain.
 */
int usefulThreads(int allowed, size_t numAtoms, size_t atomsPerThread);

} // namespace OpenMMGems

#endif // OPENMMGEMS_THREADS_H_

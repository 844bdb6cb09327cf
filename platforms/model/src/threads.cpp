// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "threads.h"
#include <ATen/Parallel.h>
#include <algorithm>

using namespace OpenMMGems;

ThreadGuard::ThreadGuard(int numThreads) : before(at::get_num_threads()) {
    if (numThreads != before) {
        at::set_num_threads(numThreads);
    }
}

ThreadGuard::~ThreadGuard() {
    if (at::get_num_threads() != before) {
        at::set_num_threads(before);
    }
}

int OpenMMGems::usefulThreads(int allowed, size_t numAtoms, size_t atomsPerThread) {
    const int useful = 1 + static_cast<int>(numAtoms / atomsPerThread);
    return std::min(allowed > 0 ? allowed : at::get_num_threads(), useful);
}

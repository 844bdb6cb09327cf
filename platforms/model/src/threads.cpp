// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "threads.h"
#include <ATen/Parallel.h>
#include <algorithm>

using namespace OpenMMGems;

namespace {

/** With fewer atoms than this for each thread, threads wait for each other more than they gain. */
constexpr size_t ATOMS_PER_THREAD = 200;

} // namespace

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

int OpenMMGems::usefulThreads(int allowed, size_t numAtoms) {
    const int useful = 1 + static_cast<int>(numAtoms / ATOMS_PER_THREAD);
    return std::min(allowed > 0 ? allowed : at::get_num_threads(), useful);
}

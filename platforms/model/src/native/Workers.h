// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_WORKERS_H_
#define OPENMMGEMS_NATIVE_WORKERS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <openmm/internal/ThreadPool.h>

namespace OpenMMGems {

/** Threads that share work. The share of each is always the same, so that sums are, too. */
class Workers {
public:
    explicit Workers(int number);
    int number() const { return numThreads; }
    /** visit(item, thread) for all items; rethrows what one of them throws. */
    void forEach(size_t numItems, const std::function<void(size_t, int)>& visit);

private:
    int numThreads;
    std::unique_ptr<OpenMM::ThreadPool> pool;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_WORKERS_H_

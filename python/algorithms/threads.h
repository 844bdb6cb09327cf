// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_ALGORITHMS_THREADS_H_
#define OPENMMGEMS_ALGORITHMS_THREADS_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace OpenMMGems {

/** visit(item) for all items, each by whichever thread is free; rethrows what one of them throws.
 *  @param numThreads  0: as many as the machine has cores */
inline void forEachItem(size_t numItems, int numThreads, const std::function<void(size_t)>& visit) {
    const size_t wanted = numThreads > 0 ? static_cast<size_t>(numThreads)
                                         : std::max(1U, std::thread::hardware_concurrency());
    std::atomic<size_t> next{0};
    std::exception_ptr error;
    std::mutex errorMutex;
    const auto work = [&] {
        try {
            for (size_t item = next++; item < numItems; item = next++) {
                visit(item);
            }
        } catch (...) {
            next = numItems;
            const std::lock_guard<std::mutex> lock(errorMutex);
            error = std::current_exception();
        }
    };
    {
        std::vector<std::jthread> others;
        for (size_t thread = 1; thread < std::min(wanted, numItems); thread++) {
            others.emplace_back(work);
        }
        work();
    }
    if (error) {
        std::rethrow_exception(error);
    }
}

} // namespace OpenMMGems

#endif // OPENMMGEMS_ALGORITHMS_THREADS_H_

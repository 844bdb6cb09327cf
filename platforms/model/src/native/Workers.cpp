// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Workers.h"
#include <exception>
#include <vector>

using namespace OpenMMGems;

Workers::Workers(int number) : numThreads(number) {
    if (numThreads > 1) {
        pool = std::make_unique<OpenMM::ThreadPool>(numThreads);
    }
}

void Workers::forEach(size_t numItems, const std::function<void(size_t, int)>& visit) {
    if (!pool) {
        for (size_t item = 0; item < numItems; item++) {
            visit(item, 0);
        }
        return;
    }
    std::vector<std::exception_ptr> errors(numThreads);
    pool->execute([&](OpenMM::ThreadPool&, int thread) {
        try {
            const size_t end = numItems * (thread + 1) / numThreads;
            for (size_t item = numItems * thread / numThreads; item < end; item++) {
                visit(item, thread);
            }
        } catch (...) {
            errors[thread] = std::current_exception();
        }
    });
    pool->waitForThreads();
    for (const std::exception_ptr& error : errors) {
        if (error) {
            std::rethrow_exception(error);
        }
    }
}

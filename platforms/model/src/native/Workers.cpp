// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Workers.h"
#include <exception>
#include <vector>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif

using namespace OpenMMGems;

namespace {

/** While it lives, numbers too small for full precision are zero: they are a hundred times slower.
 */
class FlushSubnormals {
#ifdef __SSE2__
public:
    FlushSubnormals() : before(_mm_getcsr()) { _mm_setcsr(before | FLUSH_RESULTS | FLUSH_INPUTS); }
    ~FlushSubnormals() { _mm_setcsr(before); }
    FlushSubnormals(const FlushSubnormals&) = delete;
    FlushSubnormals& operator=(const FlushSubnormals&) = delete;

private:
    static constexpr unsigned FLUSH_RESULTS = 0x8000, FLUSH_INPUTS = 0x0040;
    unsigned before;
#endif
};

} // namespace

Workers::Workers(int number) : numThreads(number) {
    if (numThreads > 1) {
        pool = std::make_unique<OpenMM::ThreadPool>(numThreads);
    }
}

void Workers::forEach(size_t numItems, const std::function<void(size_t, int)>& visit) {
    if (!pool) {
        const FlushSubnormals flush;
        for (size_t item = 0; item < numItems; item++) {
            visit(item, 0);
        }
        return;
    }
    std::vector<std::exception_ptr> errors(numThreads);
    pool->execute([&](OpenMM::ThreadPool&, int thread) {
        const FlushSubnormals flush;
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

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "native/Workers.h"
#include "support/catch.h"
#include <atomic>
#include <limits>
#include <stdexcept>
#include <vector>

using OpenMMGems::Workers;
using std::vector;

TEST_CASE("every item is visited once, by the same thread every time", "[Workers]") {
    const int numThreads = GENERATE(1, 2, 3, 7);
    const size_t numItems = GENERATE(0, 1, 2, 6, 100);
    Workers workers(numThreads);
    CHECK(workers.number() == numThreads);
    vector<int> first(numItems, -1);
    for (int round = 0; round < 3; round++) {
        vector<int> visits(numItems, 0), threads(numItems, -1);
        workers.forEach(numItems, [&](size_t item, int thread) {
            visits[item]++;
            threads[item] = thread;
        });
        CHECK(visits == vector<int>(numItems, 1));
        CHECK(std::is_sorted(threads.begin(), threads.end()));
        CHECK((numItems == 0 || (threads.front() >= 0 && threads.back() < numThreads)));
        CHECK((round == 0 || threads == first));
        first = threads;
    }
}

TEST_CASE("what an item throws comes out, and the workers go on", "[Workers]") {
    Workers workers(GENERATE(1, 3));
    std::atomic<int> visited = 0;
    const auto failing = [&](size_t item, int) {
        visited++;
        if (item == 4) {
            throw std::runtime_error("the fifth");
        }
    };
    CHECK_THROWS_WITH(workers.forEach(9, failing), "the fifth");
    visited = 0;
    workers.forEach(4, failing);
    CHECK(visited == 4);
}

#ifdef __SSE2__
TEST_CASE("subnormal numbers are zero for workers, and for them alone", "[Workers]") {
    Workers workers(GENERATE(1, 2));
    volatile float smallest = std::numeric_limits<float>::min();
    vector<float> halves(2, 1.0F);
    workers.forEach(2, [&](size_t item, int) { halves[item] = smallest / 2; });
    CHECK(halves == vector<float>(2, 0.0F));
    CHECK(smallest / 2 > 0);
}
#endif

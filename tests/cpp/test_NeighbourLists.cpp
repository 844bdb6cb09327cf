// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "native/NeighbourLists.h"
#include "support/argon.h"
#include "support/catch.h"
#include "support/plainPairs.h"
#include <algorithm>
#include <limits>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;

namespace {

constexpr double NEAR = 5.0, FAR = 8.0;

/** The listed pairs that are within a cutoff at present. */
class Found {
public:
    Found(const NeighbourLists& lists, double cutoff) : lists(lists), cutoff(cutoff) {}
    void add(size_t i, size_t j, int image) {
        const Vec3 v = lists.position(j) + lists.shift(image) - lists.position(i);
        const bool isSelf = i == j && v.dot(v) == 0;
        if (!isSelf && v.dot(v) < cutoff * cutoff) {
            pairs.push_back(makePlainPair(lists.getOrder()[i], lists.getOrder()[j], v));
        }
    }
    vector<PlainPair> sorted() {
        std::sort(pairs.begin(), pairs.end());
        return pairs;
    }

private:
    const NeighbourLists& lists;
    double cutoff;
    vector<PlainPair> pairs;
};

vector<PlainPair> nearPairs(const NeighbourLists& lists) {
    Found found(lists, NEAR);
    for (size_t i = 0; i < lists.numAtoms(); i++) {
        for (size_t k = lists.near().start[i]; k < lists.near().start[i + 1]; k++) {
            const auto [j, image] = lists.near().entries[k];
            found.add(i, j, image);
        }
    }
    return found.sorted();
}

vector<PlainPair> farPairs(const NeighbourLists& lists) {
    Found found(lists, FAR);
    for (size_t i = 0; i < lists.numAtoms(); i++) {
        for (size_t k = lists.far().start[i]; k < lists.far().start[i + 1]; k++) {
            const auto [cluster, image] = lists.far().entries[k];
            const size_t first = cluster * NeighbourLists::CLUSTER_SIZE;
            for (size_t j = first;
                 j < std::min(first + NeighbourLists::CLUSTER_SIZE, lists.numAtoms()); j++) {
                found.add(i, j, image);
            }
        }
    }
    return found.sorted();
}

/** Some atoms are moved to other images, which must not matter. */
vector<Vec3> startPositions(const Box& box) {
    vector<Vec3> positions = argonPositionsAngstrom(3);
    positions[4] += box[2];
    positions[9] -= box[0] + box[1];
    return positions;
}

} // namespace

TEST_CASE("lists hold the pairs of plain loops, each once", "[NeighbourLists]") {
    const bool periodic = GENERATE(false, true);
    const Box box = triclinicBoxAngstrom();
    const Box* used = periodic ? &box : nullptr;
    const vector<Vec3> positions = startPositions(box);
    Workers workers(GENERATE(1, 3));
    NeighbourLists lists(NEAR, FAR, workers);
    CHECK(lists.update(positions, used));
    CHECK_FALSE(lists.allAreFar());
    vector<int> order = lists.getOrder();
    std::sort(order.begin(), order.end());
    for (size_t atom = 0; atom < positions.size(); atom++) {
        CHECK(order[atom] == static_cast<int>(atom));
    }
    CHECK(nearPairs(lists) == plainPairs(positions, used, NEAR));
    CHECK(farPairs(lists) == plainPairs(positions, used, FAR));
}

TEST_CASE("lists follow atoms and box, and are made anew in time", "[NeighbourLists]") {
    const bool periodic = GENERATE(false, true);
    Box box = triclinicBoxAngstrom();
    vector<Vec3> positions = startPositions(box);
    Workers workers(2);
    NeighbourLists lists(NEAR, FAR, workers);
    int numRenewals = 0, numSteps = 40;
    for (int step = 0; step < numSteps; step++) {
        for (size_t atom = 0; atom < positions.size(); atom++) { // some fast, some slow
            const double size = 0.01 * static_cast<double>(1 + atom % 5);
            positions[atom] += Vec3(size, atom % 2 ? size : -size, 0.5 * size);
        }
        if (step % 5 == 4) { // as a barostat does
            for (Vec3& position : positions) {
                position *= 1.002;
            }
            for (Vec3& vector : box) {
                vector *= 1.002;
            }
        }
        const Box* used = periodic ? &box : nullptr;
        numRenewals += lists.update(positions, used) ? 1 : 0;
        REQUIRE(nearPairs(lists) == plainPairs(positions, used, NEAR));
        REQUIRE(farPairs(lists) == plainPairs(positions, used, FAR));
    }
    CHECK(numRenewals > 2);
    CHECK(numRenewals < numSteps / 2);
}

TEST_CASE("without a far cutoff all atoms are far, and no list is made", "[NeighbourLists]") {
    Workers workers(1);
    NeighbourLists lists(NEAR, std::numeric_limits<double>::infinity(), workers);
    const vector<Vec3> positions = argonPositionsAngstrom(3);
    lists.update(positions, nullptr);
    CHECK(lists.allAreFar());
    CHECK(lists.far().entries.empty());
    CHECK(nearPairs(lists) == plainPairs(positions, nullptr, NEAR));
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/PairList.h"
#include "support/argon.h"
#include "support/catch.h"
#include "support/plainPairs.h"
#include <algorithm>
#include <limits>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;

namespace {

vector<PlainPair> sorted(const PairList& list) {
    vector<PlainPair> pairs;
    for (size_t p = 0; p < list.i.size(); p++) {
        pairs.push_back(makePlainPair(list.i[p], list.j[p], list.vectors[p]));
    }
    std::sort(pairs.begin(), pairs.end());
    return pairs;
}

} // namespace

TEST_CASE("pairs are those of brute force, images and atoms outside the box included",
          "[PairList]") {
    const double cutoff = GENERATE(3.0, 6.5, 16.0);
    const bool periodic = GENERATE(false, true);
    vector<Vec3> positions = argonPositionsAngstrom(3);
    const Box box = triclinicBoxAngstrom();
    positions[4] += box[2];
    positions[9] -= box[0] + box[1];
    const Box* used = periodic ? &box : nullptr;
    CHECK(sorted(listPairs(positions, used, cutoff)) == plainPairs(positions, used, cutoff));
}

TEST_CASE("without a cutoff all pairs are listed, without a partner none", "[PairList]") {
    CHECK(listPairs(argonPositionsAngstrom(2), nullptr, std::nullopt).i.size() == 8 * 7);
    CHECK(listPairs({Vec3(1, 2, 3)}, nullptr, std::nullopt).i.empty());
    CHECK(listPairs({Vec3(1, 2, 3)}, nullptr, 5.0).i.empty());
}

TEST_CASE("an atom alone in a small box meets its images", "[PairList]") {
    const Box box = {Vec3(4, 0, 0), Vec3(0, 4, 0), Vec3(0, 0, 4)};
    const PairList pairs = listPairs({Vec3(1, 2, 3)}, &box, 4.1);
    CHECK(pairs.i.size() == 6);
}

TEST_CASE("positions that make no sense are refused", "[PairList]") {
    const double bad =
        GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity());
    vector<Vec3> positions = argonPositionsAngstrom(2);
    positions[3][1] = bad;
    CHECK_THAT(messageOf([&] { listPairs(positions, nullptr, 5.0); }),
               ContainsSubstring("position of atom 3"));
    positions[3] = positions[2];
    CHECK_THAT(messageOf([&] { listPairs(positions, nullptr, 5.0); }),
               ContainsSubstring("at the same position"));
    const Box box = triclinicBoxAngstrom();
    CHECK_THAT(messageOf([&] { listPairs(positions, &box, std::nullopt); }),
               ContainsSubstring("no long-range cutoff"));
}

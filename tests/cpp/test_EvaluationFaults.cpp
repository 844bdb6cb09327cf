// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/internal/EvaluationFaults.h"
#include "support/argon.h"
#include "support/catch.h"
#include <limits>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;
using Faults = EvaluationFaults;

namespace {

std::string messageFor(const Faults& faults, const vector<Vec3>& positions,
                       const Box* box = nullptr) {
    return messageOf([&] { faults.check(positions, box, "file.pt"); });
}

} // namespace

TEST_CASE("nothing is thrown where nothing is wrong", "[EvaluationFaults]") {
    const vector<Vec3> positions = argonPositionsAngstrom(3);
    const Box box = triclinicBoxAngstrom();
    Faults faults;
    faults.addPositions(positions, &box);
    faults.addBox(&box, 9.0);
    faults.addBox(nullptr, std::nullopt);
    Evaluation evaluation;
    evaluation.energyEv = -1e20;
    evaluation.forcesEvPerAngstrom = positions;
    faults.addResults(evaluation);
    CHECK_FALSE(faults.any());
    CHECK(messageFor(faults, positions, &box).empty());
}

TEST_CASE("every kind of fault has a message that names the atom", "[EvaluationFaults]") {
    const vector<Vec3> positions = argonPositionsAngstrom(2);
    const auto [kind, message] = GENERATE(table<Faults::Kind, std::string>(
        {{Faults::POSITION_NOT_FINITE, "position of atom 5 is ("},
         {Faults::POSITION_TOO_FAR, "so far away that neighbours cannot be found"},
         {Faults::ATOMS_COINCIDE, "are at the same position"},
         {Faults::EXPONENT_TOO_LARGE, "attention of model 'file.pt' overflows at atom 5"},
         {Faults::FORCE_NOT_FINITE, "the force on atom 5 is not finite"},
         {Faults::FORCE_TOO_LARGE, "the force on atom 5 is too large; expected less than 1e+09"}}));
    Faults faults;
    faults.add(kind, 5);
    CHECK_THAT(messageFor(faults, positions), ContainsSubstring(message));
    std::array<int, Faults::NUM_KINDS> words{}; // as a device tells them
    words[kind] = 6;
    CHECK(messageFor(Faults(words), positions) == messageFor(faults, positions));
    faults.clear();
    CHECK_FALSE(faults.any());
    faults.add(kind); // on devices the atom may not be known
    CHECK_FALSE(messageFor(faults, positions).empty());
}

TEST_CASE("positions that are not finite or too far away are found", "[EvaluationFaults]") {
    vector<Vec3> positions = argonPositionsAngstrom(2);
    const Box box = triclinicBoxAngstrom();
    const bool periodic = GENERATE(false, true);
    const Box* used = periodic ? &box : nullptr;
    const auto [value, message] =
        GENERATE(table<double, std::string>({{std::numeric_limits<double>::quiet_NaN(), "nan"},
                                             {std::numeric_limits<double>::infinity(), "inf"},
                                             {-1.1e15, "so far away"}}));
    positions[3][1] = value;
    positions[6][0] = value;
    Faults faults;
    faults.addPositions(positions, used);
    CHECK_THAT(messageFor(faults, positions, used),
               ContainsSubstring("position of atom 3 is (") && ContainsSubstring(message));
    // Devices see of a position only what it leads to.
    Faults consequence;
    consequence.add(Faults::ENERGY_NOT_FINITE);
    CHECK(messageFor(consequence, positions, used) == messageFor(faults, positions, used));
    positions[6] = positions[3] = box[1] * 2e9;
    Faults far;
    far.addPositions(positions, used);
    CHECK(far.any() == periodic);
}

TEST_CASE("a box narrower than a 256th of the range on both sides is found", "[EvaluationFaults]") {
    const auto [height, isFound] =
        GENERATE(table<double, bool>({{0.08, false}, {0.07, true}, {0.0, true}}));
    const Box box = {Vec3(10, 0, 0), Vec3(3, height, 0), Vec3(1, 2, 10)};
    Faults faults;
    faults.addBox(&box, 10.0);
    CHECK(faults.any() == isFound);
    if (isFound) {
        CHECK_THAT(messageFor(faults, {}, &box), ContainsSubstring("expected a wider box"));
    }
}

TEST_CASE("the two atoms that coincide are named, by images too", "[EvaluationFaults]") {
    vector<Vec3> positions = argonPositionsAngstrom(2);
    const Box box = triclinicBoxAngstrom();
    const bool periodic = GENERATE(false, true);
    positions[2] = positions[7] + (periodic ? box[0] * 3 - box[2] : Vec3());
    Faults faults;
    faults.add(Faults::ATOMS_COINCIDE, GENERATE(2, 7));
    CHECK_THAT(messageFor(faults, positions, periodic ? &box : nullptr),
               ContainsSubstring("atoms 2 and 7 are at the same position"));
}

TEST_CASE("results that are not finite are found, the energy first", "[EvaluationFaults]") {
    const vector<Vec3> positions = argonPositionsAngstrom(2);
    Evaluation evaluation;
    evaluation.forcesEvPerAngstrom = positions;
    evaluation.forcesEvPerAngstrom[4][2] = std::numeric_limits<double>::quiet_NaN();
    Faults faults;
    faults.addResults(evaluation);
    CHECK_THAT(messageFor(faults, positions), ContainsSubstring("the force on atom 4"));
    evaluation.energyEv = std::numeric_limits<double>::infinity();
    faults.addResults(evaluation);
    CHECK_THAT(messageFor(faults, positions), ContainsSubstring("the energy of model 'file.pt'"));
}

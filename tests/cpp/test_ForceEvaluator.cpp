// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/ForceEvaluator.h"
#include "openmmgems/Units.h"
#include "support/argon.h"
#include "support/catch.h"
#include "support/lennardJonesModel.h"

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;

namespace {

/** Work against the forces along a direction, by central differences, in kJ/mol/nm. */
double slopeAlong(ForceEvaluator& evaluator, const vector<Vec3>& positions, const Vec3* box,
                  int atom, const Vec3& direction) {
    constexpr double STEP_NM = 1e-5;
    double energies[2];
    for (const int side : {0, 1}) {
        vector<Vec3> moved = positions;
        moved[atom] += direction * (side ? STEP_NM : -STEP_NM);
        energies[side] = evaluator.evaluate(moved, box, false);
    }
    return (energies[1] - energies[0]) / (2 * STEP_NM);
}

} // namespace

TEST_CASE("energy and forces are those of the formula in a triclinic box smaller than the cutoff",
          "[ForceEvaluator]") {
    const ModelFile model;
    const bool periodic = GENERATE(false, true);
    const ArgonSystem argon(model.path(), periodic);
    Vec3 box[3];
    argon.system.getDefaultPeriodicBoxVectors(box[0], box[1], box[2]);
    ForceEvaluator evaluator(*argon.force, 27, {});

    const double energy = evaluator.evaluate(argon.positions, box, true);
    const Box boxAngstrom = triclinicBoxAngstrom();
    const double expected =
        lennardJonesEnergyEv(argonPositionsAngstrom(3), periodic ? &boxAngstrom : nullptr);
    CHECK(energy == Approx(expected * KJ_PER_MOL_PER_EV).epsilon(1e-12));

    const vector<Vec3> forces = evaluator.getForces();
    for (const int atom : {0, 13, 26}) {
        for (const Vec3& direction : {Vec3(1, 0, 0), Vec3(0, 1, 0), Vec3(0, 0, 1)}) {
            const double slope = slopeAlong(evaluator, argon.positions, box, atom, direction);
            CHECK(-slope == Approx(forces[atom].dot(direction)).epsilon(1e-6).margin(1e-5));
        }
    }
}

TEST_CASE("what is entered is left after each use of a device", "[ForceEvaluator]") {
    const ModelFile model;
    const ArgonSystem argon(model.path(), false);
    int inside = 0, entered = 0;
    const EnterDevice enter = [&] {
        inside++;
        entered++;
        return std::shared_ptr<void>(nullptr, [&](void*) { inside--; });
    };
    {
        ForceEvaluator evaluator(*argon.force, 27, {}, enter);
        CHECK(entered == 1);
        evaluator.evaluate(argon.positions, nullptr, true);
        evaluator.updateParameters(*argon.force);
        CHECK(entered == 3);
        vector<Vec3> broken = argon.positions;
        broken[0][0] = std::numeric_limits<double>::quiet_NaN();
        CHECK_THROWS_AS(evaluator.evaluate(broken, nullptr, true), OpenMM::OpenMMException);
        CHECK(inside == 0);
    }
    CHECK(entered == 5);
    CHECK(inside == 0);
}

TEST_CASE("terms and charges that a model does not give are refused", "[ForceEvaluator]") {
    const ModelFile model;
    const ArgonSystem argon(model.path(), false);
    ForceEvaluator evaluator(*argon.force, 27, {});
    CHECK_THAT(messageOf([&] { evaluator.getEnergyTerms(argon.positions, nullptr); }),
               ContainsSubstring("this model gives none"));
    CHECK_THAT(messageOf([&] { evaluator.getAtomicCharges(argon.positions, nullptr); }),
               ContainsSubstring("this model gives none"));
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/ForceEvaluator.h"
#include "support/argon.h"
#include "support/catch.h"
#include "support/lennardJonesModel.h"
#include "support/platforms.h"
#include <cmath>
#include <openmm/Context.h>
#include <openmm/VerletIntegrator.h>

using namespace OpenMMGems;
using OpenMM::Context;
using OpenMM::State;
using OpenMM::Vec3;
using std::vector;

namespace {

constexpr int EVERYTHING = State::Forces | State::Energy | State::ParameterDerivatives;

/** A Context on one of the platforms at hand. */
struct Simulation {
    Simulation(const OpenMM::System& system, const vector<Vec3>& positions,
               const PlatformCase& platform)
        : integrator(0.001),
          context(system, integrator, OpenMM::Platform::getPlatform(platform.name),
                  platform.properties) {
        context.setPositions(positions);
    }
    OpenMM::VerletIntegrator integrator;
    Context context;
};

double largest(const vector<Vec3>& vectors) {
    double square = 0.0;
    for (const Vec3& v : vectors) {
        square = std::max(square, v.dot(v));
    }
    return std::sqrt(square);
}

double largestDifference(vector<Vec3> a, const vector<Vec3>& b) {
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); i++) {
        a[i] -= b[i];
    }
    return largest(a);
}

/** The index of a platform, so that a test runs on each. */
int anyPlatform() {
    return GENERATE(range(0, static_cast<int>(platformsAtHand().size())));
}

} // namespace

TEST_CASE("every platform gives the evaluator's energy and forces", "[platforms]") {
    const PlatformCase platform = platformsAtHand()[anyPlatform()];
    const bool periodic = GENERATE(false, true);
    CAPTURE(platform.name, platform.properties, periodic);
    const ModelFile model;
    const ArgonSystem argon(model.path(), periodic);
    Vec3 box[3];
    argon.system.getDefaultPeriodicBoxVectors(box[0], box[1], box[2]);
    ForceEvaluator evaluator(*argon.force, 27, {});
    const double expected = evaluator.evaluate(argon.positions, box, true);

    Simulation simulation(argon.system, argon.positions, platform);
    const State state = simulation.context.getState(EVERYTHING);
    CHECK(state.getPotentialEnergy() == Approx(expected).epsilon(platform.tolerance));
    CHECK(largestDifference(state.getForces(), evaluator.getForces()) <
          platform.tolerance * largest(evaluator.getForces()));
}

TEST_CASE("the scale parameter multiplies energy and forces and gives its derivative",
          "[platforms]") {
    const PlatformCase platform = platformsAtHand()[anyPlatform()];
    CAPTURE(platform.name, platform.properties);
    const ModelFile model;
    const ArgonSystem argon(model.path(), true);
    argon.force->setScaleParameter("lambda", 0.5);
    Simulation simulation(argon.system, argon.positions, platform);
    const State half = simulation.context.getState(EVERYTHING);
    simulation.context.setParameter("lambda", 1.0);
    const State whole = simulation.context.getState(EVERYTHING);
    CHECK(whole.getPotentialEnergy() == Approx(2 * half.getPotentialEnergy()));
    CHECK(half.getEnergyParameterDerivatives().at("lambda") ==
          Approx(whole.getPotentialEnergy()).epsilon(1e-6));
    vector<Vec3> doubled = half.getForces();
    for (Vec3& force : doubled) {
        force *= 2;
    }
    CHECK(largestDifference(doubled, whole.getForces()) < 1e-4 * largest(doubled));
}

TEST_CASE("a force on some of the particles leaves the others alone", "[platforms]") {
    const PlatformCase platform = platformsAtHand()[anyPlatform()];
    CAPTURE(platform.name, platform.properties);
    const ModelFile model;
    const vector<Vec3> positions = {Vec3(0, 0, 0), Vec3(0.1, 0.1, 0), Vec3(0.39, 0, 0)};
    OpenMM::System system;
    for (int i = 0; i < 3; i++) {
        system.addParticle(39.948);
    }
    auto* force = new GemsForce(model.path());
    force->addAtom(2, 18);
    force->addAtom(0, 18);
    system.addForce(force);
    Simulation simulation(system, positions, platform);
    const vector<Vec3> forces = simulation.context.getState(EVERYTHING).getForces();
    CHECK(largest({forces[1]}) == 0.0);
    CHECK(forces[0][0] == Approx(-forces[2][0]));
    CHECK(std::abs(forces[0][0]) > 1.0);
}

TEST_CASE("mistakes in the settings are found when the Context is made", "[platforms]") {
    const PlatformCase platform = platformsAtHand()[anyPlatform()];
    CAPTURE(platform.name, platform.properties);
    const ModelFile model;
    const ArgonSystem argon(model.path(), false);
    const auto creating = [&] {
        return messageOf([&] { Simulation(argon.system, argon.positions, platform); });
    };
    SECTION("charge") {
        argon.force->setTotalCharge(1);
        CHECK_THAT(creating(), ContainsSubstring("expected an even number"));
    }
    SECTION("particle added twice") {
        argon.force->addAtom(3, 18);
        CHECK_THAT(creating(), ContainsSubstring("particle 3 was added twice"));
    }
    SECTION("particle out of range") {
        argon.force->addAtom(27, 18);
        CHECK_THAT(creating(), ContainsSubstring("particle index is 27"));
    }
    SECTION("element") {
        argon.force->setAtomParameters(0, 0, 10);
        CHECK_THAT(creating(), ContainsSubstring("atomic number 10"));
    }
}

TEST_CASE("changed parameters reach the Context, others are refused", "[platforms]") {
    const PlatformCase platform = platformsAtHand()[anyPlatform()];
    CAPTURE(platform.name, platform.properties);
    // The energy is the sum of atomic numbers, charge and spin.
    const ModelFile model(R"(
def forward(self, atomic_numbers: Tensor, vectors: Tensor, pair_i: Tensor, pair_j: Tensor,
            charge: Tensor, spin: Tensor) -> Dict[str, Tensor]:
    return {"energy": atomic_numbers.to(vectors.dtype) + 100.0 * charge + 10000.0 * spin}
)",
                          R"({"format_version": 1, "architecture": "sum", "cutoff": 5.0,
                              "long_range_cutoff": 5.0})");
    OpenMM::System system;
    system.addParticle(1.0);
    system.addParticle(1.0); // OpenMM's kinetic energy of one particle crashes on PoCL 3.1
    auto* force = new GemsForce(model.path());
    force->addAtom(0, 2);
    system.addForce(force);
    Simulation simulation(system, {Vec3(), Vec3(1, 0, 0)}, platform);
    const auto energy = [&] {
        return simulation.context.getState(State::Energy).getPotentialEnergy();
    };
    const double unit = energy() / 2;
    force->setTotalCharge(-1);
    force->setNumUnpairedElectrons(1);
    force->setAtomParameters(0, 0, 6);
    CHECK(energy() == Approx(2 * unit));
    force->updateParametersInContext(simulation.context);
    CHECK(energy() == Approx((6 - 100 + 10000) * unit));
    force->setTotalCharge(0);
    CHECK_THAT(messageOf([&] { force->updateParametersInContext(simulation.context); }),
               ContainsSubstring("expected an odd number"));
    CHECK(energy() == Approx((6 - 100 + 10000) * unit));
    force->setTotalCharge(-1);
    force->addAtom(0, 1);
    CHECK_THAT(messageOf([&] { force->updateParametersInContext(simulation.context); }),
               ContainsSubstring("particles of the force have changed"));
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/Evaluator.h"
#include "openmmgems/Units.h"
#include "support/catch.h"
#include "support/lennardJonesModel.h"
#include <cmath>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;

namespace {

const std::string DESCRIPTION =
    R"({"format_version": 2, "architecture": "toy", "cutoff": 4.5, "long_range_cutoff": 12.0,
        "electrostatics": {"kernel": "erf", "width": 4.0, "switch_on": 0.45}})";

/** The functions of a model whose charges are its total charge, in every atom, times a factor. */
std::string chargedModel(const std::string& factor) {
    return R"(
def forward(self, atomic_numbers: Tensor, vectors: Tensor, pair_i: Tensor, pair_j: Tensor,
            charge: Tensor, spin: Tensor) -> Dict[str, Tensor]:
    return self.forward_batch(atomic_numbers, vectors, pair_i, pair_j, charge, spin,
                              torch.zeros_like(atomic_numbers))

def forward_batch(self, atomic_numbers: Tensor, vectors: Tensor, pair_i: Tensor, pair_j: Tensor,
                  charge: Tensor, spin: Tensor, molecule: Tensor) -> Dict[str, Tensor]:
    zero = torch.zeros([atomic_numbers.size(0)], dtype=vectors.dtype)
    sum_of_r = zero.index_add(0, pair_i, vectors.square().sum(dim=-1).sqrt())
    charges = charge[molecule] * )" +
           factor + R"(
    return {"energy": zero, "charges": charges}
)" + SET_LONG_RANGE_CUTOFF;
}

std::unique_ptr<Evaluator> evaluatorOf(const ModelFile& file, int charge) {
    ModelSettings settings;
    settings.atomicNumbers = {1, 1};
    settings.totalCharge = charge;
    return createEvaluator(std::make_shared<Model>(file.path()), settings, {});
}

vector<Vec3> pairAt(double r) {
    return {Vec3(), Vec3(0, 0, r)};
}

double interaction(double r) {
    return COULOMB_EV_ANGSTROM * std::erf(r / 4) / r;
}

constexpr Wanted EVERYTHING{true, true, true, true, true};

} // namespace

TEST_CASE("charges that do not depend on positions repel each other", "[TorchScriptEvaluator]") {
    const ModelFile file(chargedModel("(1 + zero)"), DESCRIPTION);
    const double r = 2.0, step = 1e-5;
    const Evaluation found = evaluatorOf(file, -2)->evaluate(pairAt(r), nullptr, EVERYTHING);
    CHECK(found.energyEv == Approx(4 * interaction(r)));
    CHECK(found.termsEv.at("electrostatics") == found.energyEv);
    const double slope = 4 * (interaction(r + step) - interaction(r - step)) / (2 * step);
    CHECK(found.forcesEvPerAngstrom[1][2] == Approx(-slope).epsilon(1e-8));
    CHECK(found.virialEv[2][2] == Approx(slope * r).epsilon(1e-8));
    CHECK(found.charges == vector<double>{-2.0, -2.0});
    CHECK(found.hirshfeldRatios.empty());
}

TEST_CASE("forces take in that charges change with positions", "[TorchScriptEvaluator]") {
    const ModelFile file(chargedModel("sum_of_r"), DESCRIPTION); // each charge is Q r
    const double r = 2.0, step = 1e-5;
    const auto energy = [](double r) { return 4 * r * r * interaction(r); };
    const Evaluation found = evaluatorOf(file, -2)->evaluate(pairAt(r), nullptr, EVERYTHING);
    CHECK(found.energyEv == Approx(energy(r)));
    const double slope = (energy(r + step) - energy(r - step)) / (2 * step);
    CHECK(found.forcesEvPerAngstrom[1][2] == Approx(-slope).epsilon(1e-8));
    CHECK(found.virialEv[2][2] == Approx(slope * r).epsilon(1e-8));
}

TEST_CASE("systems of a batch do not see each other", "[TorchScriptEvaluator]") {
    const ModelFile file(chargedModel("sum_of_r"), DESCRIPTION);
    vector<MolecularSystem> systems;
    for (const double r : {1.0, 2.0, 3.0}) {
        systems.push_back({"system", {1, 1}, pairAt(r), r < 2.5 ? -2 : 0, 0, {}});
    }
    const auto found = evaluatorOf(file, 0)->evaluateBatch(systems, EVERYTHING);
    REQUIRE(found.size() == 3);
    CHECK(found[0].energyEv == Approx(4 * interaction(1.0)));
    CHECK(found[1].energyEv == Approx(16 * interaction(2.0)));
    CHECK(found[2].energyEv == 0.0);
    const Evaluation alone = evaluatorOf(file, -2)->evaluate(pairAt(2.0), nullptr, EVERYTHING);
    CHECK(found[1].forcesEvPerAngstrom[0][2] == Approx(alone.forcesEvPerAngstrom[0][2]));
    CHECK(found[1].virialEv[2][2] == Approx(alone.virialEv[2][2]));
}

TEST_CASE("what is wrong with one system of a batch names it", "[TorchScriptEvaluator]") {
    const ModelFile file(chargedModel("sum_of_r"), DESCRIPTION);
    const auto evaluator = evaluatorOf(file, 0);
    vector<MolecularSystem> systems = {{"the first", {1, 1}, pairAt(1.0), 0, 0, {}},
                                       {"the second", {1, 1}, pairAt(1.0), 0, 0, {}}};
    const auto message = [&] {
        return messageOf([&] { evaluator->evaluateBatch(systems, EVERYTHING); });
    };
    systems[1].totalCharge = 1;
    CHECK_THAT(message(), ContainsSubstring("GemsForce: the second: total charge is 1"));
    systems[1].totalCharge = 0;
    systems[1].positionsAngstrom.pop_back();
    CHECK_THAT(message(), ContainsSubstring("GemsForce: the second: 1 positions are given"));
    systems[1].positionsAngstrom = pairAt(1.0);
    systems[1].box = Box{Vec3(9, 0, 0), Vec3(0, 9, 0), Vec3(0, 0, 9)};
    CHECK_THAT(message(), ContainsSubstring("GemsForce: the second: the system has a box"));
}

TEST_CASE("a model that declares electrostatics must give charges", "[TorchScriptEvaluator]") {
    const ModelFile file(LENNARD_JONES_FORWARD + SET_LONG_RANGE_CUTOFF, DESCRIPTION);
    CHECK_THAT(messageOf([&] { evaluatorOf(file, 0)->evaluate(pairAt(2.0), nullptr, EVERYTHING); }),
               ContainsSubstring("gives no 'charges'"));
}

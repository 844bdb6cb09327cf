// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/Evaluator.h"
#include "support/catch.h"
#include "support/lennardJonesModel.h"
#include <functional>
#include <thread>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;

namespace {

/** Formaldehyde and water, in angstrom. */
const vector<int> ELEMENTS = {6, 8, 1, 1, 8, 1, 1};
const vector<Vec3> POSITIONS = {Vec3(0, 0, 0),          Vec3(0.1, 0, 1.21),  Vec3(0.94, 0, -0.58),
                                Vec3(-0.92, 0.1, -0.6), Vec3(0.3, 0.2, 4.1), Vec3(0.9, 0.8, 4.5),
                                Vec3(0.4, -0.6, 4.6)};

Evaluation evaluate(GemsForce::EvaluatorKind kind, Precision precision,
                    GemsForce::AttentionMode attention) {
    const auto model = std::make_shared<const Model>(GEMS_BUNDLED_MODEL);
    ModelSettings settings;
    settings.atomicNumbers = ELEMENTS;
    settings.evaluator = kind;
    settings.attention = attention;
    EvaluatorOptions options;
    options.precision = precision;
    const auto evaluator = createEvaluator(model, settings, options);
    evaluator->setComposition({8, 1, 1}, 0, 0); // so that what is kept must grow and shrink
    evaluator->evaluate({Vec3(0, 0, 0), Vec3(0, 0, 1), Vec3(0, 1, 0)}, nullptr, {});
    evaluator->setComposition(ELEMENTS, 0, 0);
    return evaluator->evaluate(POSITIONS, nullptr, Wanted{true, true, true, true});
}

} // namespace

TEST_CASE("the native evaluator equals the TorchScript module", "[NativeEvaluator]") {
    const auto attention = GENERATE(GemsForce::Exact, GemsForce::Smooth);
    const auto precision = GENERATE(Precision::Double, Precision::Single);
    const double tolerance = precision == Precision::Double ? 1e-9 : 2e-5;
    const Evaluation expected = evaluate(GemsForce::TorchScript, Precision::Double, attention);
    const Evaluation found = evaluate(GemsForce::Native, precision, attention);
    CHECK(found.energyEv == Approx(expected.energyEv).margin(tolerance));
    for (const auto& [name, energy] : expected.termsEv) {
        CHECK(found.termsEv.at(name) == Approx(energy).margin(tolerance));
    }
    for (size_t atom = 0; atom < ELEMENTS.size(); atom++) {
        CHECK(found.charges[atom] == Approx(expected.charges[atom]).margin(tolerance));
        const Vec3 error = found.forcesEvPerAngstrom[atom] - expected.forcesEvPerAngstrom[atom];
        CHECK(error.dot(error) < tolerance * tolerance);
    }
    for (int a = 0; a < 3; a++) {
        const Vec3 error = found.virialEv[a] - expected.virialEv[a];
        CHECK(error.dot(error) < 100 * tolerance * tolerance);
    }
}

TEST_CASE("a model of another kind has no native evaluator", "[NativeEvaluator]") {
    const ModelFile file;
    const auto model = std::make_shared<const Model>(file.path());
    ModelSettings settings;
    settings.atomicNumbers = {18};
    CHECK_FALSE(model->hasNativeEvaluator());
    CHECK_NOTHROW(createEvaluator(model, settings, {}));
    settings.evaluator = GemsForce::Native;
    CHECK_THAT(messageOf([&] { createEvaluator(model, settings, {}); }),
               ContainsSubstring("'lennard-jones', or older than that evaluator"));
}

TEST_CASE("evaluators in several threads do not disturb each other", "[NativeEvaluator]") {
    const auto model = std::make_shared<const Model>(GEMS_BUNDLED_MODEL);
    ModelSettings settings;
    for (int copy = 0; copy < 12; copy++) { // enough for two threads of each evaluator
        settings.atomicNumbers.insert(settings.atomicNumbers.end(), ELEMENTS.begin(),
                                      ELEMENTS.end());
    }
    EvaluatorOptions options;
    options.numThreads = 2;
    const auto run = [&](double& energy) {
        const auto evaluator = createEvaluator(model, settings, options);
        for (int step = 0; step < 20; step++) {
            vector<Vec3> positions;
            for (int copy = 0; copy < 12; copy++) {
                for (const Vec3& position : POSITIONS) {
                    positions.push_back(position * (1 + 0.01 * step) + Vec3(6.0 * copy, 0, 0));
                }
            }
            energy = evaluator->evaluate(positions, nullptr, {}).energyEv;
        }
    };
    double alone = 0.0, first = 1.0, second = 2.0;
    run(alone);
    std::thread other(run, std::ref(first));
    run(second);
    other.join();
    CHECK(first == alone);
    CHECK(second == alone);
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "NativeEvaluator.h"
#include "TorchScriptEvaluator.h"
#include "openmmgems/internal/EvaluationFaults.h"

using namespace OpenMMGems;

namespace {

/** Auto takes the native evaluator wherever it can compute the model. */
bool usesNative(const Model& model, const ModelSettings& settings,
                const EvaluatorOptions& options) {
    if (settings.evaluator != GemsForce::Auto) {
        return settings.evaluator == GemsForce::Native;
    }
    return options.automatic == GemsForce::Native && options.cudaDevice < 0 &&
           model.hasNativeEvaluator();
}

} // namespace

std::vector<Evaluation> Evaluator::evaluateBatch(const std::vector<MolecularSystem>& systems,
                                                 const Wanted& wanted) {
    std::vector<Evaluation> evaluations;
    for (const MolecularSystem& system : systems) {
        evaluations.push_back(forSystem(system.name, [&] {
            setComposition(system.atomicNumbers, system.totalCharge, system.numUnpairedElectrons);
            return evaluate(system.positionsAngstrom, system.box ? &*system.box : nullptr, wanted);
        }));
    }
    return evaluations;
}

std::unique_ptr<Evaluator> OpenMMGems::createEvaluator(std::shared_ptr<const Model> model,
                                                       const ModelSettings& settings,
                                                       const EvaluatorOptions& options) {
    model->validate(settings);
    if (!usesNative(*model, settings, options)) {
        return std::make_unique<TorchScriptEvaluator>(std::move(model), settings, options);
    }
    if (options.precision == Precision::Double) {
        return std::make_unique<NativeEvaluator<double>>(std::move(model), settings, options);
    }
    return std::make_unique<NativeEvaluator<float>>(std::move(model), settings, options);
}

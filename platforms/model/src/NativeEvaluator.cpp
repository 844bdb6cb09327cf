// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "NativeEvaluator.h"
#include "checks.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include "threads.h"
#include <algorithm>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;

namespace {

constexpr size_t ATOMS_PER_THREAD = 40;

} // namespace

template <class Real>
NativeEvaluator<Real>::NativeEvaluator(std::shared_ptr<const Model> givenModel,
                                       const ModelSettings& settings,
                                       const EvaluatorOptions& options)
    : model(std::move(givenModel)), settings(settings), numThreads(options.numThreads),
      parameters(*model, settings), network(parameters.getTensors(), parameters.getOptions()) {
    setComposition(settings.atomicNumbers, settings.totalCharge, settings.numUnpairedElectrons);
}

template <class Real>
void NativeEvaluator<Real>::setComposition(const vector<int>& atomicNumbers, int totalCharge,
                                           int numUnpairedElectrons) {
    ModelSettings changed =
        settings.withComposition(atomicNumbers, totalCharge, numUnpairedElectrons);
    model->validate(changed);
    const int useful = usefulThreads(numThreads, atomicNumbers.size(), ATOMS_PER_THREAD);
    const ThreadGuard torchThreads(useful); // those of the initial features
    const Matrix<double> features = parameters.initialFeatures(changed);
    Matrix<Real> matrix(features.rows(), features.columns());
    std::copy_n(features.data(), features.size(), matrix.data());
    network.setComposition(std::move(matrix), atomicNumbers, totalCharge, useful);
    settings = std::move(changed);
}

template <class Real>
Evaluation NativeEvaluator<Real>::evaluate(const vector<Vec3>& positions, const Box* box,
                                           const Wanted& wanted) {
    checkNumPositions(positions.size(), settings.atomicNumbers.size());
    const std::optional<double> cutoff = model->getPairCutoffAngstrom(settings);
    checkBox(box, cutoff);
    EvaluationFaults faults;
    faults.addPositions(positions, box);
    faults.addBox(box, cutoff);
    faults.check(positions, box);
    Evaluation evaluation = network.evaluate(positions, box, wanted, faults);
    faults.addResults(evaluation);
    faults.check(positions, box, model->getFile());
    return evaluation;
}

template class OpenMMGems::NativeEvaluator<float>;
template class OpenMMGems::NativeEvaluator<double>;

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "NativeEvaluator.h"
#include "checks.h"
#include "threads.h"
#include <ATen/ATen.h>

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
      module(model->getModule().cast(c10::CppTypeToScalarType<Real>::value, at::kCPU)),
      network(TensorReader(module->getTensors()), readOptions(*model, settings, *module)) {
    setComposition(settings.atomicNumbers, settings.totalCharge, settings.numUnpairedElectrons);
}

template <class Real>
SpookyNetOptions NativeEvaluator<Real>::readOptions(const Model& model,
                                                    const ModelSettings& settings,
                                                    TorchModule& module) {
    SpookyNetOptions options = SpookyNetOptions::read(model.getDescription());
    if (settings.longRangeCutoffAngstrom) {
        options.longRangeCutoff = settings.longRangeCutoffAngstrom;
    }
    if (settings.attention != GemsForce::ModelDefault) {
        module.setAttention(settings.attention);
    }
    options.smoothAttention = module.getAttention() == GemsForce::Smooth;
    return options;
}

template <class Real>
void NativeEvaluator<Real>::setComposition(const vector<int>& atomicNumbers, int totalCharge,
                                           int numUnpairedElectrons) {
    const ModelSettings changed =
        settings.withComposition(atomicNumbers, totalCharge, numUnpairedElectrons);
    model->validate(changed);
    settings = changed;
    const at::TensorOptions type(c10::CppTypeToScalarType<Real>::value);
    const vector<int64_t> numbers(atomicNumbers.begin(), atomicNumbers.end());
    const at::Tensor features =
        module->initialFeatures(at::tensor(numbers, at::kLong), at::full({1}, totalCharge, type),
                                at::full({1}, numUnpairedElectrons, type));
    Matrix<Real> matrix(features.size(0), features.size(1));
    std::copy_n(features.contiguous().template data_ptr<Real>(), matrix.size(), matrix.data());
    network.setComposition(matrix, atomicNumbers, totalCharge,
                           usefulThreads(numThreads, atomicNumbers.size(), ATOMS_PER_THREAD));
}

template <class Real>
Evaluation NativeEvaluator<Real>::evaluate(const vector<Vec3>& positions, const Box* box,
                                           const Wanted& wanted) {
    checkNumPositions(positions.size(), settings.atomicNumbers.size());
    checkFinite(positions);
    checkBox(box, model->getPairCutoffAngstrom(settings));
    Evaluation evaluation = network.evaluate(positions, box, wanted);
    checkFinite(evaluation, model->getFile());
    return evaluation;
}

template class OpenMMGems::NativeEvaluator<float>;
template class OpenMMGems::NativeEvaluator<double>;

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "SpookyNetParameters.h"
#include "../TorchModule.h"
#include <ATen/ATen.h>

using namespace OpenMMGems;

SpookyNetParameters::SpookyNetParameters(const Model& model, const ModelSettings& settings)
    : module(model.getModule().cast(at::kDouble, at::kCPU)), tensors(module->getTensors()),
      options(SpookyNetOptions::read(model.getDescription())) {
    if (settings.longRangeCutoffAngstrom) {
        options.longRangeCutoff = settings.longRangeCutoffAngstrom;
    }
    if (settings.attention != GemsForce::ModelDefault) {
        module->setAttention(settings.attention);
    }
    options.smoothAttention = module->getAttention() == GemsForce::Smooth;
}

SpookyNetParameters::~SpookyNetParameters() = default;

Matrix<double> SpookyNetParameters::initialFeatures(const ModelSettings& settings) const {
    const std::vector<int64_t> numbers(settings.atomicNumbers.begin(),
                                       settings.atomicNumbers.end());
    const at::Tensor features =
        module
            ->initialFeatures(at::tensor(numbers, at::kLong),
                              at::full({1}, settings.totalCharge, at::kDouble),
                              at::full({1}, settings.numUnpairedElectrons, at::kDouble))
            .contiguous();
    Matrix<double> matrix(features.size(0), features.size(1));
    std::copy_n(features.data_ptr<double>(), matrix.size(), matrix.data());
    return matrix;
}

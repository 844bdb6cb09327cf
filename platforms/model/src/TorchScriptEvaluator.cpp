// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "TorchScriptEvaluator.h"
#include "checks.h"
#include "openmmgems/PairList.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include "threads.h"
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>
#include <openmm/OpenMMException.h>
#include <torch/csrc/autograd/autograd.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using OpenMM::Vec3;
using std::string;
using std::to_string;
using std::vector;

namespace {

const string TERM_PREFIX = "energy_", NETWORK_ENERGY = "energy_network";
constexpr size_t ATOMS_PER_THREAD = 200;

at::Tensor toIndexTensor(const vector<int64_t>& values, at::Device device) {
    return at::tensor(values, at::TensorOptions(at::kLong)).to(device);
}

double total(const at::Tensor& tensor) {
    return tensor.sum(at::kDouble).item<double>();
}

at::Tensor toHost(const at::Tensor& tensor) {
    return tensor.detach().to(at::kCPU, at::kDouble).contiguous();
}

} // namespace

TorchScriptEvaluator::TorchScriptEvaluator(std::shared_ptr<const Model> model,
                                           const ModelSettings& settings,
                                           const EvaluatorOptions& options)
    : model(std::move(model)), settings(settings), numThreads(options.numThreads) {
    const at::Device device =
        options.cudaDevice < 0
            ? at::Device(at::kCPU)
            : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(options.cudaDevice));
    floatOptions = at::TensorOptions(device).dtype(
        options.precision == Precision::Double ? at::kDouble : at::kFloat);
    module = this->model->getModule().cast(at::kDouble, at::kCPU);
    if (options.precision == Precision::Single && this->model->hasNativeEvaluator()) {
        // They are large: single precision has digits for what is left, positions' share.
        elementEnergies = module->takeElementEnergies();
    }
    module = module->cast(c10::typeMetaToScalarType(floatOptions.dtype()), device);
    if (settings.longRangeCutoffAngstrom) {
        module->setLongRangeCutoff(*settings.longRangeCutoffAngstrom);
    }
    if (settings.attention != GemsForce::ModelDefault) {
        module->setAttention(settings.attention);
    }
    setComposition(settings.atomicNumbers, settings.totalCharge, settings.numUnpairedElectrons);
}

void TorchScriptEvaluator::setComposition(const vector<int>& newAtomicNumbers, int totalCharge,
                                          int numUnpairedElectrons) {
    ModelSettings changed =
        settings.withComposition(newAtomicNumbers, totalCharge, numUnpairedElectrons);
    model->validate(changed);
    at::Tensor newNumbers = toIndexTensor(
        vector<int64_t>(newAtomicNumbers.begin(), newAtomicNumbers.end()), floatOptions.device());
    at::Tensor newCharge = at::full({1}, totalCharge, floatOptions);
    spin = at::full({1}, numUnpairedElectrons, floatOptions);
    atomicNumbers = std::move(newNumbers);
    charge = std::move(newCharge);
    settings = std::move(changed);
    freeAtomsEv = 0.0;
    for (const int number : newAtomicNumbers) {
        freeAtomsEv += elementEnergies.empty() ? 0.0 : elementEnergies[number];
    }
}

ModelInput TorchScriptEvaluator::makeInput(const PairList& pairs, bool wantGradient) const {
    const auto numPairs = static_cast<int64_t>(pairs.vectors.size());
    const at::Tensor vectors =
        at::from_blob(const_cast<Vec3*>(pairs.vectors.data()), {numPairs, 3}, at::kDouble);
    const at::Device device = floatOptions.device();
    ModelInput input{atomicNumbers,
                     vectors.to(floatOptions, false, /*copy=*/true),
                     toIndexTensor(pairs.i, device),
                     toIndexTensor(pairs.j, device),
                     charge,
                     spin};
    input.vectors.set_requires_grad(wantGradient);
    return input;
}

const at::Tensor& TorchScriptEvaluator::getResult(const Results& results,
                                                  const string& name) const {
    const auto found = results.find(name);
    if (found == results.end()) {
        throw OpenMMException("GemsForce: model '" + model->getFile() + "' gives no '" + name +
                              "'; expected one value per atom.");
    }
    const at::Tensor& tensor = found->second;
    if (tensor.dim() != 1 || tensor.size(0) != atomicNumbers.size(0)) {
        string shape;
        for (int64_t size : tensor.sizes()) {
            shape += (shape.empty() ? "" : ", ") + to_string(size);
        }
        throw OpenMMException("GemsForce: '" + name + "' of model '" + model->getFile() +
                              "' has shape [" + shape + "]; expected [" +
                              to_string(atomicNumbers.size(0)) + "], one value per atom.");
    }
    return tensor;
}

Evaluation TorchScriptEvaluator::evaluate(const vector<Vec3>& positions, const Box* box,
                                          const Wanted& wanted) {
    checkNumPositions(positions.size(), settings.atomicNumbers.size());
    const ThreadGuard threads(usefulThreads(numThreads, positions.size(), ATOMS_PER_THREAD));
    const bool wantGradient = wanted.forces || wanted.virial;
    const at::AutoGradMode gradMode(wantGradient);
    const PairList pairs = listPairs(positions, box, model->getPairCutoffAngstrom(settings));
    const ModelInput input = makeInput(pairs, wantGradient);
    const Results results = module->forward(input);
    const at::Tensor energy = getResult(results, "energy");

    Evaluation evaluation;
    evaluation.energyEv = freeAtomsEv + total(energy.detach());
    if (wanted.terms) {
        for (const auto& [name, value] : results) {
            if (name.starts_with(TERM_PREFIX)) {
                evaluation.termsEv[name.substr(TERM_PREFIX.size())] =
                    total(getResult(results, name).detach()) +
                    (name == NETWORK_ENERGY ? freeAtomsEv : 0.0);
            }
        }
    }
    if (wanted.charges && results.contains("charges")) {
        const at::Tensor charges = toHost(getResult(results, "charges"));
        evaluation.charges.assign(charges.data_ptr<double>(),
                                  charges.data_ptr<double>() + charges.numel());
    }
    if (wantGradient) {
        at::Tensor gradient;
        if (energy.requires_grad()) {
            gradient = torch::autograd::grad({energy.sum()}, {input.vectors}, {}, std::nullopt,
                                             false, /*allow_unused=*/true)[0];
        }
        addDerivatives(pairs, gradient, wanted, evaluation);
    }
    EvaluationFaults faults;
    faults.addResults(evaluation);
    faults.check(positions, box, model->getFile());
    return evaluation;
}

void TorchScriptEvaluator::addDerivatives(const PairList& pairs, const at::Tensor& gradient,
                                          const Wanted& wanted, Evaluation& evaluation) const {
    evaluation.forcesEvPerAngstrom.assign(settings.atomicNumbers.size(), Vec3());
    if (!gradient.defined()) {
        return; // the energy does not depend on positions
    }
    const at::Tensor host = toHost(gradient);
    const double* g = host.data_ptr<double>();
    for (size_t p = 0; p < pairs.vectors.size(); p++, g += 3) {
        const Vec3 gradientOfPair(g[0], g[1], g[2]);
        evaluation.forcesEvPerAngstrom[pairs.i[p]] += gradientOfPair;
        evaluation.forcesEvPerAngstrom[pairs.j[p]] -= gradientOfPair;
        if (wanted.virial) {
            for (int a = 0; a < 3; a++) {
                evaluation.virialEv[a] += pairs.vectors[p] * gradientOfPair[a];
            }
        }
    }
}

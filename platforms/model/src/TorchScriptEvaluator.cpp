// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "TorchScriptEvaluator.h"
#include "checks.h"
#include "openmmgems/PairList.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include "threads.h"
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <numeric>
#include <openmm/OpenMMException.h>
#include <torch/csrc/autograd/autograd.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using OpenMM::Vec3;
using std::string;
using std::to_string;
using std::vector;

namespace {

const string TERM_PREFIX = "energy_", NETWORK = "network", ELECTROSTATICS = "electrostatics";
constexpr size_t ATOMS_PER_THREAD = 200;

/** A tensor of numbers that are not copied. */
template <class Number>
at::Tensor view(const vector<Number>& values, at::ScalarType type) {
    return at::from_blob(const_cast<Number*>(values.data()), {static_cast<int64_t>(values.size())},
                         type);
}

at::Tensor view(const vector<Vec3>& vectors) {
    static_assert(sizeof(Vec3) == 3 * sizeof(double));
    return at::from_blob(const_cast<Vec3*>(vectors.data()),
                         {static_cast<int64_t>(vectors.size()), 3}, at::kDouble);
}

at::Tensor join(const vector<at::Tensor>& tensors) {
    return tensors.size() == 1 ? tensors[0] : at::cat(tensors);
}

at::Tensor toHost(const at::Tensor& tensor) {
    return tensor.detach().to(at::kCPU, at::kDouble).contiguous();
}

vector<double> toVector(const at::Tensor& tensor, size_t first, size_t number) {
    const auto start = static_cast<int64_t>(first), count = static_cast<int64_t>(number);
    const at::Tensor host = toHost(tensor.narrow(0, start, count));
    return {host.data_ptr<double>(), host.data_ptr<double>() + number};
}

/** Adds what pairs give, by the derivative of the energy with respect to their vectors. */
void addGradient(const PairList& pairs, const double* g, const Wanted& wanted,
                 Evaluation& evaluation) {
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

} // namespace

/** One of the systems that are evaluated together. */
struct TorchScriptEvaluator::Part {
    const vector<Vec3>& positions;
    const Box* box;
    size_t firstAtom, firstPair;
    double freeAtomsEv;
    PairList pairs;
};

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
    const auto form = this->model->getElectrostaticsForm(settings);
    const auto longRangeCutoff = this->model->getLongRangeCutoffAngstrom(settings);
    if (form) {
        coulomb.emplace(*this->model->getElectrostatics(), *form, longRangeCutoff);
    }
    if (form || settings.longRangeCutoffAngstrom) {
        module->setLongRangeCutoff(longRangeCutoff);
    }
    if (settings.attention != GemsForce::ModelDefault) {
        module->setAttention(settings.attention);
    }
    setComposition(settings.atomicNumbers, settings.totalCharge, settings.numUnpairedElectrons);
}

at::Tensor TorchScriptEvaluator::toFloats(const vector<int>& values) const {
    return view(values, at::kInt).to(floatOptions, false, /*copy=*/true);
}

double TorchScriptEvaluator::freeAtomsEv(const vector<int>& numbers) const {
    double sum = 0.0;
    for (const int number : numbers) {
        sum += elementEnergies.empty() ? 0.0 : elementEnergies[number];
    }
    return sum;
}

void TorchScriptEvaluator::setComposition(const vector<int>& newAtomicNumbers, int totalCharge,
                                          int numUnpairedElectrons) {
    ModelSettings changed =
        settings.withComposition(newAtomicNumbers, totalCharge, numUnpairedElectrons);
    model->validate(changed);
    at::Tensor newNumbers = view(newAtomicNumbers, at::kInt).to(floatOptions.device(), at::kLong);
    at::Tensor newCharge = toFloats({totalCharge});
    spin = toFloats({numUnpairedElectrons});
    atomicNumbers = std::move(newNumbers);
    charge = std::move(newCharge);
    settings = std::move(changed);
}

void TorchScriptEvaluator::addPairs(const vector<Part>& parts, bool wantGradient,
                                    ModelInput& input) const {
    vector<at::Tensor> vectors, i, j;
    for (const Part& part : parts) {
        const auto first = static_cast<int64_t>(part.firstAtom);
        const at::Tensor ownI = view(part.pairs.i, at::kLong), ownJ = view(part.pairs.j, at::kLong);
        vectors.push_back(view(part.pairs.vectors));
        i.push_back(first == 0 ? ownI : ownI + first);
        j.push_back(first == 0 ? ownJ : ownJ + first);
    }
    input.vectors = join(vectors).to(floatOptions);
    input.vectors.set_requires_grad(wantGradient);
    input.pairI = join(i).to(floatOptions.device());
    input.pairJ = join(j).to(floatOptions.device());
}

const at::Tensor& TorchScriptEvaluator::getResult(const Results& results, const string& name,
                                                  size_t numAtoms) const {
    const auto found = results.find(name);
    if (found == results.end()) {
        throw OpenMMException("GemsForce: model '" + model->getFile() + "' gives no '" + name +
                              "'; expected one value per atom.");
    }
    const at::Tensor& tensor = found->second;
    if (tensor.dim() != 1 || static_cast<size_t>(tensor.size(0)) != numAtoms) {
        string shape;
        for (int64_t size : tensor.sizes()) {
            shape += (shape.empty() ? "" : ", ") + to_string(size);
        }
        throw OpenMMException("GemsForce: '" + name + "' of model '" + model->getFile() +
                              "' has shape [" + shape + "]; expected [" + to_string(numAtoms) +
                              "], one value per atom.");
    }
    return tensor;
}

Evaluation TorchScriptEvaluator::evaluate(const vector<Vec3>& positions, const Box* box,
                                          const Wanted& wanted) {
    checkNumPositions(positions.size(), settings.atomicNumbers.size());
    const ThreadGuard threads(usefulThreads(numThreads, positions.size(), ATOMS_PER_THREAD));
    vector<Part> parts;
    parts.push_back({positions, box, 0, 0, freeAtomsEv(settings.atomicNumbers),
                     listPairs(positions, box, model->getPairCutoffAngstrom(settings))});
    ModelInput input;
    input.atomicNumbers = atomicNumbers;
    input.charge = charge;
    input.spin = spin;
    const Evaluation evaluation = run(parts, input, wanted).front();
    EvaluationFaults faults;
    faults.addResults(evaluation);
    faults.check(positions, box, model->getFile());
    return evaluation;
}

vector<Evaluation> TorchScriptEvaluator::evaluateBatch(const vector<MolecularSystem>& systems,
                                                       const Wanted& wanted) {
    if (systems.empty() || !module->hasMethod("forward_batch")) {
        return Evaluator::evaluateBatch(systems, wanted);
    }
    vector<Part> parts;
    vector<int> numbers, molecule, charges, spins;
    size_t numPairs = 0;
    for (const MolecularSystem& system : systems) {
        forSystem(system.name, [&] {
            const ModelSettings own = settings.withComposition(
                system.atomicNumbers, system.totalCharge, system.numUnpairedElectrons);
            checkPeriodicity(system.box.has_value(), settings.periodic);
            checkNumPositions(system.positionsAngstrom.size(), system.atomicNumbers.size());
            model->validate(own);
            const Box* box = system.box ? &*system.box : nullptr;
            parts.push_back(
                {system.positionsAngstrom, box, numbers.size(), numPairs,
                 freeAtomsEv(system.atomicNumbers),
                 listPairs(system.positionsAngstrom, box, model->getPairCutoffAngstrom(settings))});
        });
        numPairs += parts.back().pairs.vectors.size();
        numbers.insert(numbers.end(), system.atomicNumbers.begin(), system.atomicNumbers.end());
        molecule.insert(molecule.end(), system.atomicNumbers.size(),
                        static_cast<int>(charges.size()));
        charges.push_back(system.totalCharge);
        spins.push_back(system.numUnpairedElectrons);
    }
    const ThreadGuard threads(usefulThreads(numThreads, numbers.size(), ATOMS_PER_THREAD));
    ModelInput input;
    input.atomicNumbers = view(numbers, at::kInt).to(floatOptions.device(), at::kLong);
    input.molecule = view(molecule, at::kInt).to(floatOptions.device(), at::kLong);
    input.charge = toFloats(charges);
    input.spin = toFloats(spins);
    vector<Evaluation> evaluations = run(parts, input, wanted);
    for (size_t index = 0; index < systems.size(); index++) {
        forSystem(systems[index].name, [&] {
            EvaluationFaults faults;
            faults.addResults(evaluations[index]);
            faults.check(parts[index].positions, parts[index].box, model->getFile());
        });
    }
    return evaluations;
}

vector<Evaluation> TorchScriptEvaluator::run(const vector<Part>& parts, ModelInput& input,
                                             const Wanted& wanted) {
    const bool wantGradient = wanted.forces || wanted.virial;
    const at::AutoGradMode gradMode(wantGradient);
    addPairs(parts, wantGradient, input);
    const Results results = module->forward(input);
    const auto numAtoms = static_cast<size_t>(input.atomicNumbers.size(0));
    vector<Evaluation> evaluations;
    evaluations.reserve(parts.size());
    for (const Part& part : parts) {
        evaluations.push_back(collect(part, numAtoms, results, wanted));
    }
    vector<double> potentials;
    if (coulomb) {
        potentials = addElectrostatics(parts, results, wanted, evaluations);
    }
    if (wantGradient) {
        const at::Tensor ofPairs = gradient(input, results, potentials);
        for (size_t p = 0; ofPairs.defined() && p < parts.size(); p++) {
            addGradient(parts[p].pairs, ofPairs.data_ptr<double>() + 3 * parts[p].firstPair, wanted,
                        evaluations[p]);
        }
    }
    return evaluations;
}

Evaluation TorchScriptEvaluator::collect(const Part& part, size_t numAtoms, const Results& results,
                                         const Wanted& wanted) const {
    const auto values = [&](const string& name) {
        return toVector(getResult(results, name, numAtoms), part.firstAtom, part.positions.size());
    };
    const auto total = [&](const string& name) {
        const vector<double> all = values(name);
        return std::accumulate(all.begin(), all.end(), 0.0);
    };
    Evaluation evaluation;
    evaluation.energyEv = part.freeAtomsEv + total("energy");
    for (const auto& [name, value] : results) {
        if (wanted.terms && name.starts_with(TERM_PREFIX)) {
            const string term = name.substr(TERM_PREFIX.size());
            evaluation.termsEv[term] = total(name) + (term == NETWORK ? part.freeAtomsEv : 0.0);
        }
    }
    if (wanted.charges && results.contains("charges")) {
        evaluation.charges = values("charges");
    }
    if (wanted.hirshfeldRatios && results.contains("hirshfeld_ratios")) {
        evaluation.hirshfeldRatios = values("hirshfeld_ratios");
    }
    if (wanted.forces || wanted.virial) {
        evaluation.forcesEvPerAngstrom.assign(part.positions.size(), Vec3());
    }
    return evaluation;
}

vector<double> TorchScriptEvaluator::addElectrostatics(const vector<Part>& parts,
                                                       const Results& results, const Wanted& wanted,
                                                       vector<Evaluation>& evaluations) {
    const size_t numAtoms = parts.back().firstAtom + parts.back().positions.size();
    const int useful = usefulThreads(numThreads, numAtoms, ATOMS_PER_THREAD);
    if (!workers || workers->number() != useful) {
        workers = std::make_unique<Workers>(useful);
    }
    const at::Tensor& charges = getResult(results, "charges", numAtoms);
    vector<double> potentials;
    for (size_t p = 0; p < parts.size(); p++) {
        const Part& part = parts[p];
        Evaluation& evaluation = evaluations[p];
        const CoulombResult result =
            coulomb->evaluate(toVector(charges, part.firstAtom, part.positions.size()),
                              part.positions, part.box, part.pairs, *workers);
        evaluation.energyEv += result.energyEv;
        if (wanted.terms) {
            evaluation.termsEv[ELECTROSTATICS] += result.energyEv;
        }
        for (size_t atom = 0; atom < evaluation.forcesEvPerAngstrom.size(); atom++) {
            evaluation.forcesEvPerAngstrom[atom] += result.forces[atom];
        }
        for (int a = 0; wanted.virial && a < 3; a++) {
            evaluation.virialEv[a] += result.strain[a];
        }
        potentials.insert(potentials.end(), result.potentials.begin(), result.potentials.end());
    }
    return potentials;
}

/** Of the energy with respect to the pairs' vectors, on the host; undefined if there is none. */
at::Tensor TorchScriptEvaluator::gradient(const ModelInput& input, const Results& results,
                                          const vector<double>& potentials) const {
    vector<at::Tensor> outputs, weights;
    const at::Tensor& energy = results.at("energy");
    if (energy.requires_grad()) {
        outputs.push_back(energy);
        weights.push_back(at::ones_like(energy));
    }
    if (!potentials.empty() && results.at("charges").requires_grad()) {
        outputs.push_back(results.at("charges"));
        weights.push_back(view(potentials, at::kDouble).to(energy.device(), energy.scalar_type()));
    }
    if (outputs.empty()) {
        return {}; // nothing depends on positions
    }
    const at::Tensor found = torch::autograd::grad(outputs, {input.vectors}, weights, std::nullopt,
                                                   false, /*allow_unused=*/true)[0];
    return found.defined() ? toHost(found) : found;
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "SpookyNet.h"
#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <type_traits>

namespace OpenMMGems {

using OpenMM::Vec3;
using std::vector;

namespace {

/**
 * Atoms of a block, whole clusters: so few that their matrices fit the processor's second cache, so
 * many that weights are not read too often, and no fewer blocks than threads.
 */
size_t blockSize(size_t numAtoms, int numThreads) {
    constexpr size_t LARGEST = 6, CLUSTER = NeighbourLists::CLUSTER_SIZE;
    static_assert(CLUSTER % ROW_GROUP == 0);
    const size_t share = CLUSTER * static_cast<size_t>(numThreads);
    return CLUSTER * std::min(LARGEST, (numAtoms + share - 1) / share);
}

size_t wholeGroups(size_t rows) {
    return (rows + ROW_GROUP - 1) / ROW_GROUP * ROW_GROUP;
}

/** Slopes of radial functions are right to this, relative to the largest: rounding is more. */
template <class Real>
constexpr double SPLINE_TOLERANCE = std::is_same_v<Real, float> ? 1e-6 : 1e-11;

} // namespace

template <class Real>
SpookyNet<Real>::Module::Module(const TensorReader& reader, const SpookyNetOptions& options,
                                const std::shared_ptr<const BasisSplines>& splines)
    : pre(reader.part("residual_pre"), options.activation),
      post(reader.part("residual_post"), options.activation),
      local(reader.part("local_interaction"), options, splines),
      attention(reader.part("nonlocal_interaction"), options.activation, options.smoothAttention),
      output(reader.part("resblock"), options.activation) {}

template <class Real>
size_t SpookyNet<Real>::Block::numRows() const {
    return wholeGroups(numAtoms());
}

template <class Real>
SpookyNet<Real>::SpookyNet(const TensorReader& reader, const SpookyNetOptions& options)
    : options(options), outputWeight(reader.matrix<double>("output.weight")),
      elementBias(reader.matrix<double>("element_bias")), longRange(reader, options),
      nearCutoff(std::max(options.cutoff, longRange.nearRange())) {
    const RadialBasis basis(
        reader.part("radial_basis_functions"), options,
        reader.matrix<Real>("module.0.local_interaction.radial_s.weight").columns());
    const auto splines = std::make_shared<const BasisSplines>(basis, SPLINE_TOLERANCE<Real>);
    for (int t = 0; reader.has("module." + std::to_string(t) + ".resblock.linear.weight"); t++) {
        modules.emplace_back(reader.part("module." + std::to_string(t)), options, splines);
    }
    if (reader.has("zbl_repulsion_energy._apow")) {
        repulsion.emplace(reader.part("zbl_repulsion_energy"), options.cutoff);
    }
}

template <class Real>
void SpookyNet<Real>::setComposition(Matrix<Real> features, vector<int> newAtomicNumbers,
                                     double newTotalCharge, int numThreads) {
    const bool fits = workers && workers->number() == numThreads;
    auto newWorkers = fits ? nullptr : std::make_unique<Workers>(numThreads);
    const double farCutoff =
        longRange.exist()
            ? options.longRangeCutoff.value_or(std::numeric_limits<double>::infinity())
            : 0.0;
    lists = std::make_unique<NeighbourLists>(nearCutoff, farCutoff, fits ? *workers : *newWorkers);
    if (newWorkers) {
        workers = std::move(newWorkers);
    }
    initialFeatures = std::move(features);
    atomicNumbers = std::move(newAtomicNumbers);
    totalCharge = newTotalCharge;
    blocks.clear();
    isArranged = false;
}

template <class Real>
void SpookyNet<Real>::makeBlocks() {
    const size_t number = atomicNumbers.size(), size = blockSize(number, workers->number());
    vector<Block> made;
    for (size_t first = 0; first < number; first += size) {
        made.push_back({first, std::min(first + size, number), {}, {}});
    }
    for (Module& module : modules) {
        module.blocks = vector<ModuleBlock>(made.size());
        module.local.resize(wholeGroups(number));
        for (size_t b = 0; b < made.size(); b++) {
            module.blocks[b].local.firstAtom = made[b].first;
            module.blocks[b].local.numAtoms = made[b].numAtoms();
        }
    }
    gathered.resize(wholeGroups(number) * modules[0].local.gatheredPerAtom());
    blocks = std::move(made);
}

template <class Real>
void SpookyNet<Real>::forBlocks(const std::function<void(size_t, int)>& visit) {
    workers->forEach(blocks.size(), visit);
}

template <class Real>
void SpookyNet<Real>::resetSums(const Attention<Real>& attention) {
    sumsOfThreads.resize(workers->number());
    for (Sums& sums : sumsOfThreads) {
        sums.reset(attention.numColumns());
    }
}

template <class Real>
const typename Attention<Real>::Sums& SpookyNet<Real>::totalOfSums() {
    for (size_t thread = 1; thread < sumsOfThreads.size(); thread++) {
        sumsOfThreads[0].add(sumsOfThreads[thread]);
    }
    return sumsOfThreads[0];
}

template <class Real>
void SpookyNet<Real>::prepare(size_t t, size_t b, const Panels<Real>& x) {
    Module& module = modules[t];
    ModuleBlock& kept = module.blocks[b];
    module.pre.apply(x, kept.x, kept.pre);
    module.local.prepare(kept.x, kept.local, t > 0);
    module.attention.prepare(kept.x, blocks[b].numAtoms(), kept.attention, t > 0);
}

template <class Real>
void SpookyNet<Real>::sumKeys(Module& module, EvaluationFaults& faults) {
    vector<typename Attention<Real>::Block*> all;
    for (ModuleBlock& kept : module.blocks) {
        all.push_back(&kept.attention);
    }
    module.attention.findMaximum(all);
    resetSums(module.attention);
    forBlocks([&](size_t b, int thread) {
        module.attention.finishKeys(module.blocks[b].attention, sumsOfThreads[thread]);
    });
    const Sums& sums = totalOfSums();
    if (module.attention.areTooLarge(sums)) {
        faults.add(EvaluationFaults::EXPONENT_TOO_LARGE, atomOfLargestKey(module));
    }
    module.attention.setSums(sums);
}

template <class Real>
size_t SpookyNet<Real>::atomOfLargestKey(const Module& module) const {
    size_t atom = 0;
    Real largest = 0;
    for (size_t b = 0; b < blocks.size(); b++) {
        for (size_t row = 0; row < blocks[b].numAtoms(); row++) {
            const Real feature =
                module.attention.largestKeyFeature(module.blocks[b].attention, row);
            if (feature > largest) {
                largest = feature;
                atom = lists->getOrder()[blocks[b].first + row];
            }
        }
    }
    return atom;
}

/** What the first module does before its atoms see their neighbours depends on this only. */
template <class Real>
void SpookyNet<Real>::arrange(EvaluationFaults& faults) {
    const vector<int>& order = lists->getOrder();
    elements.resize(order.size());
    std::ranges::transform(order, elements.begin(), [&](int atom) { return atomicNumbers[atom]; });
    longRange.setAtomicNumbers(elements);
    longRange.resize(*lists);
    if (repulsion) {
        repulsion->setAtomicNumbers(elements);
    }
    pairs.resize(*lists);
    forBlocks([&](size_t b, int) {
        const Block& block = blocks[b];
        Panels<Real> x(block.numRows(), numPanelsFor(initialFeatures.columns()));
        x.fill(Real(0));
        for (size_t row = 0; row < block.numAtoms(); row++) {
            for (size_t f = 0; f < initialFeatures.columns(); f++) {
                x.at(row, f) = initialFeatures.row(order[block.first + row])[f];
            }
        }
        prepare(0, b, x);
    });
    sumKeys(modules[0], faults);
    forBlocks([&](size_t b, int) {
        ModuleBlock& kept = modules[0].blocks[b];
        modules[0].attention.apply(kept.attention);
        for (auto* matrix :
             {&kept.attention.v, &kept.attention.featuresQ, &kept.attention.featuresK}) {
            *matrix = {}; // there will be no derivative
        }
        kept.pre = {};
    });
}

template <class Real>
void SpookyNet<Real>::applyModule(size_t t, size_t b) {
    Module& module = modules[t];
    ModuleBlock& kept = module.blocks[b];
    module.local.apply(kept.local, kept.sum);
    if (t > 0) {
        module.attention.apply(kept.attention);
    }
    add(kept.x, kept.sum);
    add(kept.attention.result, kept.sum);
    module.post.apply(kept.sum, kept.y, kept.post);
    Panels<Real> part;
    module.output.apply(kept.y, part, kept.output);
    if (t == 0) {
        blocks[b].gradient.copy(part);
    } else {
        add(part, blocks[b].gradient);
    }
    if (t + 1 < modules.size()) {
        prepare(t + 1, b, kept.y);
    }
}

template <class Real>
void SpookyNet<Real>::forward(EvaluationFaults& faults) {
    for (size_t t = 0; t < modules.size(); t++) {
        if (t > 0) {
            phases.begin("attention sums");
            sumKeys(modules[t], faults);
        }
        phases.begin("messages");
        forBlocks(
            [&](size_t b, int) { modules[t].local.collect(pairs, modules[t].blocks[b].local); });
        phases.begin("features");
        forBlocks([&](size_t b, int) { applyModule(t, b); });
    }
}

template <class Real>
double SpookyNet<Real>::readOut() {
    vector<double> energies(blocks.size());
    charges.resize(elements.size());
    forBlocks([&](size_t b, int) {
        const Block& block = blocks[b];
        double energy = 0.0;
        for (size_t row = 0; row < block.numAtoms(); row++) {
            const double* bias = elementBias.row(elements[block.first + row]);
            double charge = bias[1];
            energy += bias[0];
            for (size_t f = 0; f < outputWeight.columns(); f++) {
                energy += outputWeight.row(0)[f] * block.gradient.at(row, f);
                charge += outputWeight.row(1)[f] * block.gradient.at(row, f);
            }
            charges[block.first + row] = charge;
        }
        energies[b] = energy;
    });
    const double missing = totalCharge - std::accumulate(charges.begin(), charges.end(), 0.0);
    for (double& charge : charges) {
        charge += missing / static_cast<double>(charges.size());
    }
    return std::accumulate(energies.begin(), energies.end(), 0.0);
}

template <class Real>
double SpookyNet<Real>::addRepulsion() {
    vector<double> energies(blocks.size());
    forBlocks([&](size_t b, int) {
        for (size_t atom = blocks[b].first; atom < blocks[b].end; atom++) {
            energies[b] += repulsion->evaluate(pairs, atom);
        }
    });
    return std::accumulate(energies.begin(), energies.end(), 0.0);
}

template <class Real>
void SpookyNet<Real>::addLongRange(Evaluation& evaluation) {
    forBlocks([&](size_t b, int) {
        longRange.prepare(*lists, pairs, charges, blocks[b].first, blocks[b].end);
    });
    vector<LongRangeSums> ofBlocks(blocks.size());
    forBlocks([&](size_t b, int) {
        LongRangeSums& total = ofBlocks[b];
        total = {};
        for (size_t atom = blocks[b].first; atom < blocks[b].end; atom++) {
            const LongRangeSums sums = longRange.evaluate(*lists, pairs, atom);
            total.electrostatics += sums.electrostatics;
            total.dispersion += sums.dispersion;
            std::ranges::transform(sums.virial, total.virial, total.virial, std::plus<>());
            chargeGradient[atom] = sums.chargeGradient;
            farForces[atom] = Vec3(sums.force[0], sums.force[1], sums.force[2]);
        }
    });
    LongRangeSums total{};
    for (const LongRangeSums& sums : ofBlocks) {
        total.electrostatics += sums.electrostatics;
        total.dispersion += sums.dispersion;
        std::ranges::transform(sums.virial, total.virial, total.virial, std::plus<>());
    }
    if (options.useElectrostatics) {
        evaluation.termsEv["electrostatics"] = total.electrostatics;
    }
    if (longRange.hasDispersion()) {
        evaluation.termsEv["dispersion"] = total.dispersion;
    }
    const auto& v = total.virial;
    evaluation.virialEv = {Vec3(v[0], v[3], v[4]), Vec3(v[3], v[1], v[5]), Vec3(v[4], v[5], v[2])};
}

template <class Real>
Evaluation SpookyNet<Real>::evaluate(const vector<Vec3>& positions, const Box* box,
                                     const Wanted& wanted, EvaluationFaults& faults) {
    phases = {}; // if the one before threw
    if (blocks.empty()) {
        makeBlocks();
    }
    phases.begin("neighbour lists");
    if (lists->update(positions, box)) {
        isArranged = false;
    }
    if (!isArranged) {
        phases.begin("first features");
        arrange(faults);
        isArranged = !faults.any();
    }
    phases.begin("geometry");
    forBlocks([&](size_t b, int) {
        pairs.measure(*lists, nearCutoff, blocks[b].first, blocks[b].end, faults);
    });
    if (faults.any()) {
        return {};
    }
    Evaluation evaluation;
    forward(faults);
    evaluation.termsEv["network"] = readOut();
    if (repulsion) {
        phases.begin("repulsion");
        evaluation.termsEv["repulsion"] = addRepulsion();
    }
    chargeGradient.assign(charges.size(), 0.0);
    farForces.assign(charges.size(), Vec3());
    if (longRange.exist()) {
        phases.begin("long range");
        addLongRange(evaluation);
    }
    for (const auto& [name, energy] : evaluation.termsEv) {
        evaluation.energyEv += energy;
    }
    evaluation.charges.resize(charges.size());
    for (size_t place = 0; place < charges.size(); place++) {
        evaluation.charges[lists->getOrder()[place]] = charges[place];
    }
    if (wanted.forces || wanted.virial) {
        reverse();
        phases.begin("forces");
        addForces(wanted, evaluation);
    }
    evaluation.phaseSeconds = phases.take();
    return evaluation;
}

template class SpookyNet<float>;
template class SpookyNet<double>;

} // namespace OpenMMGems

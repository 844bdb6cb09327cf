// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "SpookyNet.h"
#include <limits>
#include <numeric>

namespace OpenMMGems {

using OpenMM::Vec3;
using std::vector;

template <class Real>
SpookyNet<Real>::Module::Module(const TensorReader& reader, const SpookyNetOptions& options,
                                const std::shared_ptr<const RadialBasis>& basis)
    : pre(reader.part("residual_pre"), options.activation),
      post(reader.part("residual_post"), options.activation),
      local(reader.part("local_interaction"), options, basis),
      attention(reader.part("nonlocal_interaction"), options.activation, options.smoothAttention),
      output(reader.part("resblock"), options.activation) {}

template <class Real>
SpookyNet<Real>::SpookyNet(const TensorReader& reader, const SpookyNetOptions& options)
    : options(options), outputWeight(reader.matrix<double>("output.weight")),
      elementBias(reader.matrix<double>("element_bias")) {
    const auto basis = std::make_shared<const RadialBasis>(
        reader.part("radial_basis_functions"), options,
        reader.matrix<Real>("module.0.local_interaction.radial_s.weight").columns());
    for (int t = 0; reader.has("module." + std::to_string(t) + ".resblock.linear.weight"); t++) {
        modules.emplace_back(reader.part("module." + std::to_string(t)), options, basis);
    }
    saved.resize(modules.size());
    if (reader.has("zbl_repulsion_energy._apow")) {
        repulsion.emplace(reader.part("zbl_repulsion_energy"), options.cutoff);
    }
    if (options.useElectrostatics) {
        electrostatics.emplace(options.cutoff, options.longRangeCutoff);
    }
    if (reader.has("d4_dispersion_energy._s6")) {
        dispersion.emplace(reader.part("d4_dispersion_energy"), options.longRangeCutoff);
    }
}

template <class Real>
void SpookyNet<Real>::prepare(size_t module, const Matrix<Real>& x) {
    Saved& kept = saved[module];
    kept.x = x;
    modules[module].pre.apply(kept.x, kept.pre);
    modules[module].local.prepare(kept.x, kept.sources);
    modules[module].attention.apply(kept.x, kept.attention);
}

template <class Real>
void SpookyNet<Real>::setComposition(const Matrix<Real>& features,
                                     const vector<int>& newAtomicNumbers, double newTotalCharge) {
    atomicNumbers = newAtomicNumbers;
    totalCharge = newTotalCharge;
    if (dispersion) {
        dispersion->setAtomicNumbers(atomicNumbers);
    }
    prepare(0, features);
}

template <class Real>
Matrix<Real> SpookyNet<Real>::forward(const Neighbours<Real>& near) {
    Matrix<Real> features(near.numAtoms(), saved[0].x.columns()), part;
    features.fill(Real(0));
    for (size_t t = 0; t < modules.size(); t++) {
        Saved& kept = saved[t];
        modules[t].local.apply(kept.sources, near, angular, part, kept.local);
        Matrix<Real> x = kept.x;
        x += part;
        x += kept.attention.result;
        modules[t].post.apply(x, kept.post);
        modules[t].output.apply(x, part, kept.output);
        features += part;
        if (t + 1 < modules.size()) {
            prepare(t + 1, x);
        }
    }
    return features;
}

template <class Real>
double SpookyNet<Real>::readOut(const Matrix<Real>& features, vector<double>& charges) const {
    double energy = 0.0;
    charges.assign(features.rows(), 0.0);
    for (size_t i = 0; i < features.rows(); i++) {
        energy += elementBias.row(atomicNumbers[i])[0];
        charges[i] = elementBias.row(atomicNumbers[i])[1];
        for (size_t f = 0; f < features.columns(); f++) {
            energy += outputWeight.row(0)[f] * features.row(i)[f];
            charges[i] += outputWeight.row(1)[f] * features.row(i)[f];
        }
    }
    const double missing = totalCharge - std::accumulate(charges.begin(), charges.end(), 0.0);
    for (double& charge : charges) {
        charge += missing / static_cast<double>(charges.size());
    }
    return energy;
}

template <class Real>
void SpookyNet<Real>::backward(const Neighbours<Real>& near, const vector<double>& chargeGradient) {
    const size_t numAtoms = near.numAtoms(), numFeatures = outputWeight.columns();
    const double mean = std::accumulate(chargeGradient.begin(), chargeGradient.end(), 0.0) /
                        static_cast<double>(numAtoms);
    Matrix<Real> seed(numAtoms, numFeatures), gradient(numAtoms, numFeatures), ofOutput, part;
    for (size_t i = 0; i < numAtoms; i++) {
        for (size_t f = 0; f < numFeatures; f++) {
            seed.row(i)[f] = static_cast<Real>(outputWeight.row(0)[f] +
                                               (chargeGradient[i] - mean) * outputWeight.row(1)[f]);
        }
    }
    gradient.fill(Real(0));
    for (size_t t = modules.size(); t-- > 0;) {
        const Saved& kept = saved[t];
        modules[t].output.transposed(seed, part, kept.output);
        gradient += part;
        modules[t].post.transposed(gradient, kept.post);
        // Features before the first module's messages do not depend on positions.
        Matrix<Real> ofLocal;
        modules[t].local.transposed(gradient, kept.sources, near, angular, kept.local, pairGradient,
                                    t > 0 ? &ofLocal : nullptr);
        if (t > 0) {
            modules[t].attention.transposed(gradient, kept.attention, part);
            gradient += ofLocal;
            gradient += part;
            modules[t].pre.transposed(gradient, kept.pre);
        }
    }
}

template <class Real>
void SpookyNet<Real>::addForces(const PairList& pairs, const Neighbours<Real>& near,
                                const Neighbours<Real>& far, const vector<Real>& farGradient,
                                const Wanted& wanted, Evaluation& evaluation) const {
    evaluation.forcesEvPerAngstrom.assign(near.numAtoms(), Vec3());
    const auto add = [&](size_t source, const Vec3& gradient) {
        evaluation.forcesEvPerAngstrom[pairs.i[source]] += gradient;
        evaluation.forcesEvPerAngstrom[pairs.j[source]] -= gradient;
        if (wanted.virial) {
            for (int a = 0; a < 3; a++) {
                evaluation.virialEv[a] += pairs.vectors[source] * gradient[a];
            }
        }
    };
    for (size_t pair = 0; pair < near.numPairs(); pair++) {
        const Vec3 unit(near.ux[pair], near.uy[pair], near.uz[pair]);
        const Vec3 ofUnit(pairGradient.ux[pair], pairGradient.uy[pair], pairGradient.uz[pair]);
        add(near.source[pair], unit * (pairGradient.r[pair] - ofUnit.dot(unit) / near.r[pair]) +
                                   ofUnit / near.r[pair]);
    }
    for (size_t pair = 0; pair < far.numPairs(); pair++) {
        add(far.source[pair], Vec3(far.ux[pair], far.uy[pair], far.uz[pair]) * farGradient[pair]);
    }
}

template <class Real>
Evaluation SpookyNet<Real>::evaluate(const PairList& pairs, const Wanted& wanted) {
    const size_t numAtoms = atomicNumbers.size();
    const auto near = selectNeighbours<Real>(pairs, numAtoms, options.cutoff);
    angular = angularFunctions(near, options.useIrreps);
    pairGradient.reset(near.numPairs());
    Evaluation evaluation;
    evaluation.termsEv["network"] = readOut(forward(near), evaluation.charges);
    if (repulsion) {
        evaluation.termsEv["repulsion"] = repulsion->evaluate(near, atomicNumbers, pairGradient.r);
    }
    const bool hasLongRange = electrostatics || dispersion;
    const double range = options.longRangeCutoff.value_or(std::numeric_limits<double>::infinity());
    const auto far = selectNeighbours<Real>(pairs, numAtoms, hasLongRange ? range : 0.0);
    vector<Real> farGradient(far.numPairs(), Real(0));
    vector<double> chargeGradient(numAtoms, 0.0);
    if (electrostatics) {
        evaluation.termsEv["electrostatics"] =
            electrostatics->evaluate(far, evaluation.charges, farGradient, chargeGradient);
    }
    if (dispersion) {
        evaluation.termsEv["dispersion"] =
            dispersion->evaluate(far, evaluation.charges, farGradient, chargeGradient);
    }
    for (const auto& [name, energy] : evaluation.termsEv) {
        evaluation.energyEv += energy;
    }
    if (wanted.forces || wanted.virial) {
        backward(near, chargeGradient);
        addForces(pairs, near, far, farGradient, wanted, evaluation);
    }
    return evaluation;
}

template class SpookyNet<float>;
template class SpookyNet<double>;

} // namespace OpenMMGems

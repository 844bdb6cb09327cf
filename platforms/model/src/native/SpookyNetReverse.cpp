// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// The reverse sweep: from the energy to what acts on atoms.

#include "SpookyNet.h"
#include <algorithm>
#include <functional>
#include <numeric>

namespace OpenMMGems {

using OpenMM::Vec3;
using std::vector;

template <class Real>
void SpookyNet<Real>::outputGradient(const Block& block, Panels<Real>& gradient) const {
    gradient.resize(block.numRows(), numPanelsFor(outputWeight.columns()));
    gradient.fill(Real(0));
    for (size_t row = 0; row < block.numAtoms(); row++) {
        for (size_t f = 0; f < outputWeight.columns(); f++) {
            gradient.at(row, f) =
                static_cast<Real>(outputWeight.row(0)[f] +
                                  chargeGradient[block.first + row] * outputWeight.row(1)[f]);
        }
    }
}

/** From the output of a module to what its atoms collected. */
template <class Real>
void SpookyNet<Real>::reverseSums(size_t t, size_t b, Sums& sums) {
    Module& module = modules[t];
    ModuleBlock& kept = module.blocks[b];
    Block& block = blocks[b];
    Panels<Real> ofOutput;
    if (t + 1 < modules.size()) {
        modules[t + 1].pre.transposed(kept.y, modules[t + 1].blocks[b].pre, block.gradient);
    } else {
        block.gradient.fill(Real(0)); // held the features
    }
    outputGradient(block, ofOutput);
    module.output.addTransposed(ofOutput, kept.y, kept.output, block.gradient);
    module.post.transposed(kept.sum, kept.post, block.gradient);
    module.local.transposeSums(block.gradient, kept.local, gathered);
    if (t > 0) {
        module.attention.addGradientSums(block.gradient, kept.attention, sums);
    }
}

/** From what atoms sent to their features; returns the part through the largest key. */
template <class Real>
double SpookyNet<Real>::reverseSources(size_t t, size_t b) {
    Module& module = modules[t];
    const ModuleBlock& kept = module.blocks[b];
    Block& block = blocks[b];
    Panels<Real> ofX;
    ofX.copy(block.gradient);
    module.local.transposeSources(kept.x, kept.local, gathered, block.ofSources, ofX);
    const double total = module.attention.transposed(block.gradient, kept.x, kept.attention, ofX);
    std::swap(block.gradient, ofX);
    return total;
}

template <class Real>
void SpookyNet<Real>::addMaximumGradient(Module& module, double total) {
    for (const auto& place : module.attention.maximumPlaces()) {
        const ModuleBlock& kept = module.blocks[place.block];
        module.attention.addMaximumGradient(place, total, kept.x, kept.attention,
                                            blocks[place.block].gradient);
    }
}

template <class Real>
void SpookyNet<Real>::reverse() {
    const double mean = std::accumulate(chargeGradient.begin(), chargeGradient.end(), 0.0) /
                        static_cast<double>(chargeGradient.size());
    for (double& gradient : chargeGradient) {
        gradient -= mean; // charges are shifted alike to keep their sum
    }
    for (size_t t = modules.size(); t-- > 0;) {
        Module& module = modules[t];
        phases.begin("features, reverse");
        resetSums(module.attention);
        forBlocks([&](size_t b, int thread) { reverseSums(t, b, sumsOfThreads[thread]); });
        module.attention.setGradientSums(totalOfSums());
        phases.begin("messages, reverse");
        // Features before the first module's messages do not depend on positions.
        forBlocks([&](size_t b, int) {
            module.local.transposeMessages(module.blocks[b].local, gathered, pairs,
                                           t > 0 ? &blocks[b].ofSources : nullptr);
        });
        if (t > 0) {
            phases.begin("features, reverse");
            vector<double> totals(blocks.size());
            forBlocks([&](size_t b, int) { totals[b] = reverseSources(t, b); });
            addMaximumGradient(module, std::accumulate(totals.begin(), totals.end(), 0.0));
        }
    }
}

template <class Real>
void SpookyNet<Real>::addForces(const Wanted& wanted, Evaluation& evaluation) {
    forcesOfThreads.resize(workers->number());
    vector<Box> virials(workers->number());
    workers->forEach(forcesOfThreads.size(), [&](size_t share, int) {
        vector<Vec3>& force = forcesOfThreads[share];
        force.assign(elements.size(), Vec3());
        const size_t end = elements.size() * (share + 1) / forcesOfThreads.size();
        for (size_t i = elements.size() * share / forcesOfThreads.size(); i < end; i++) {
            force[i] += farForces[i];
            for (size_t pair = pairs.start(i); pair < pairs.end(i); pair++) {
                const Vec3 gradient = pairs.vectorGradient(pair);
                force[i] += gradient;
                force[pairs.j[pair]] -= gradient;
                if (wanted.virial) {
                    const Vec3 apart = pairs.vector(pair);
                    for (int a = 0; a < 3; a++) {
                        virials[share][a] += apart * gradient[a];
                    }
                }
            }
        }
    });
    evaluation.forcesEvPerAngstrom.resize(elements.size());
    forBlocks([&](size_t b, int) {
        for (size_t place = blocks[b].first; place < blocks[b].end; place++) {
            Vec3& sum = evaluation.forcesEvPerAngstrom[lists->getOrder()[place]];
            for (const vector<Vec3>& force : forcesOfThreads) {
                sum += force[place];
            }
        }
    });
    for (const Box& virial : virials) {
        std::ranges::transform(evaluation.virialEv, virial, evaluation.virialEv.begin(),
                               std::plus<>());
    }
}

template void SpookyNet<float>::reverse();
template void SpookyNet<double>::reverse();
template void SpookyNet<float>::addForces(const Wanted&, Evaluation&);
template void SpookyNet<double>::addForces(const Wanted&, Evaluation&);

} // namespace OpenMMGems

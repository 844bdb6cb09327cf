// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "LongRangeTerms.h"
#include "Electrostatics.h"
#include "Panels.h"
#include <algorithm>
#include <limits>
#include <numeric>

namespace OpenMMGems {

using OpenMM::Vec3;

namespace {

static_assert(NeighbourLists::CLUSTER_SIZE == PANEL_LANES);
/** The frequencies of dispersion and one that counts nothing: the kernels take an even number. */
constexpr size_t NUM_FREQUENCIES = Dispersion::FREQUENCIES + 1;

} // namespace

template <class Real>
LongRangeTerms<Real>::LongRangeTerms(const TensorReader& reader, const SpookyNetOptions& options) {
    parameters.hasCutoff = options.longRangeCutoff.has_value();
    parameters.cutoff = static_cast<Real>(
        options.longRangeCutoff.value_or(std::numeric_limits<double>::infinity()));
    if (options.useElectrostatics) {
        fillElectrostatics(options.cutoff, options.longRangeCutoff, parameters);
    }
    if (reader.has("d4_dispersion_energy._s6")) {
        dispersion.emplace(reader.part("d4_dispersion_energy"), options.longRangeCutoff);
        dispersion->fill(parameters);
        parameters.numFrequencies = NUM_FREQUENCIES;
    }
}

template <class Real>
void LongRangeTerms<Real>::setAtomicNumbers(const std::vector<int>& atomicNumbers) {
    if (dispersion) {
        dispersion->setAtomicNumbers(atomicNumbers);
    }
}

template <class Real>
void LongRangeTerms<Real>::resize(const NeighbourLists& lists) {
    clusters.assign(lists.numClusters(), Cluster<Real>{});
    centres.resize(clusters.size());
    weighed.resize(lists.numAtoms());
    alphaOfAtoms.assign(lists.numAtoms() * NUM_FREQUENCIES, Real(0));
    alphaOfClusters.assign(clusters.size() * NUM_FREQUENCIES * LANES, Real(0));
}

template <class Real>
void LongRangeTerms<Real>::fillCluster(const NeighbourLists& lists,
                                       const std::vector<double>& charges, size_t index) {
    Cluster<Real>& cluster = clusters[index];
    const size_t first = index * LANES;
    centres[index] = lists.position(first);
    for (size_t lane = 0; lane < std::min(LANES, lists.numAtoms() - first); lane++) {
        const size_t atom = first + lane;
        const Vec3 relative = lists.position(atom) - centres[index];
        cluster.x[lane] = static_cast<Real>(relative[0]);
        cluster.y[lane] = static_cast<Real>(relative[1]);
        cluster.z[lane] = static_cast<Real>(relative[2]);
        cluster.charge[lane] = static_cast<Real>(charges[atom]);
        cluster.present[lane] = Real(1);
        if (dispersion) {
            cluster.ratio[lane] = static_cast<Real>(dispersion->ratio(atom));
            for (size_t w = 0; w < NUM_FREQUENCIES; w++) {
                alphaOfClusters[(index * NUM_FREQUENCIES + w) * LANES + lane] =
                    alphaOfAtoms[atom * NUM_FREQUENCIES + w];
            }
        }
    }
}

template <class Real>
void LongRangeTerms<Real>::prepare(const NeighbourLists& lists, const NearPairs<Real>& pairs,
                                   const std::vector<double>& charges, size_t first, size_t end) {
    for (size_t atom = first; dispersion && atom < end; atom++) {
        weighed[atom] =
            dispersion->weigh(atom, dispersion->coordinationNumber(pairs, atom), charges[atom]);
        const auto alpha = dispersion->polarizability(atom, weighed[atom]);
        std::ranges::copy(alpha, &alphaOfAtoms[atom * NUM_FREQUENCIES]);
    }
    for (size_t cluster = first / LANES; cluster * LANES < end; cluster++) {
        fillCluster(lists, charges, cluster);
    }
}

template <class Real>
void LongRangeTerms<Real>::listClusters(const NeighbourLists& lists, size_t atom,
                                        std::vector<int>& cluster,
                                        std::vector<Real>& offset) const {
    const auto add = [&](int index, const Vec3& shift) {
        const Vec3 apart = centres[index] + shift - lists.position(atom);
        cluster.push_back(index);
        for (int a = 0; a < 3; a++) {
            offset.push_back(static_cast<Real>(apart[a]));
        }
    };
    if (lists.allAreFar()) {
        for (size_t index = 0; index < lists.numClusters(); index++) {
            add(static_cast<int>(index), Vec3());
        }
        return;
    }
    const auto& far = lists.far();
    for (size_t k = far.start[atom]; k < far.start[atom + 1]; k++) {
        add(far.entries[k].cluster, lists.shift(far.entries[k].image));
    }
}

template <class Real>
LongRangeSums LongRangeTerms<Real>::evaluate(const NeighbourLists& lists, NearPairs<Real>& pairs,
                                             size_t atom) const {
    const Cluster<Real>& own = clusters[atom / LANES];
    std::vector<int> cluster;
    std::vector<Real> offset;
    listClusters(lists, atom, cluster, offset);
    alignas(64) Real field[NUM_FREQUENCIES * LANES];
    LongRangeSums sums;
    kernels<Real>().longRange(parameters,
                              {cluster.size(), cluster.data(), offset.data(),
                               own.charge[atom % LANES], own.ratio[atom % LANES],
                               &alphaOfAtoms[atom * NUM_FREQUENCIES]},
                              clusters.data(), alphaOfClusters.data(), field, sums);
    if (!dispersion) {
        return sums;
    }
    Dispersion::Polarizability gradient;
    for (size_t w = 0; w < gradient.size(); w++) {
        const Real* lanes = field + w * LANES;
        gradient[w] = 2 * std::accumulate(lanes, lanes + LANES, 0.0); // the atom is in both halves
    }
    const auto ofWeights = dispersion->ofWeights(atom, gradient);
    double ofCoordination = 0.0;
    for (size_t a = 0; a < ofWeights.size(); a++) {
        sums.chargeGradient += ofWeights[a] * weighed[atom].ofCharge[a];
        ofCoordination += ofWeights[a] * weighed[atom].ofCoordination[a];
    }
    dispersion->addCoordinationGradient(pairs, atom, ofCoordination);
    return sums;
}

template class LongRangeTerms<float>;
template class LongRangeTerms<double>;

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "LocalInteraction.h"
#include <algorithm>

namespace OpenMMGems {

namespace {

/** Receivers whose pairs are described at a time, so that they stay in the cache. */
constexpr size_t ATOMS_AT_ONCE = 8;
constexpr size_t NUM_TYPES = 3;
/** Larger systems save memory, an eighth, rather than time, a twentieth. */
constexpr size_t MOST_ATOMS_WITH_PROJECTIONS = 10000;

std::vector<Matrix<double>> filterWeights(const TensorReader& reader) {
    std::vector<Matrix<double>> weights;
    for (const char* name : {"radial_s.weight", "radial_p.weight", "radial_d.weight"}) {
        weights.push_back(reader.matrix<double>(name));
    }
    return weights;
}

/**
 * The weight [2 numFeatures, numFeatures] of a projection whose halves each start with a panel.
 */
template <class Real>
Matrix<Real> withWholePanels(const Matrix<Real>& weight) {
    const size_t numFeatures = weight.columns();
    const size_t width = numPanelsFor(numFeatures) * LANES;
    Matrix<Real> result(2 * width, numFeatures);
    result.fill(Real(0));
    for (size_t half = 0; half < 2; half++) {
        for (size_t f = 0; f < numFeatures; f++) {
            std::copy_n(weight.row(half * numFeatures + f), numFeatures,
                        result.row(half * width + f));
        }
    }
    return result;
}

} // namespace

/** Pairs of some receivers as the kernels want them. */
template <class Real>
struct LocalInteraction<Real>::Description {
    AlignedVector<PairGeometry<Real>> geometry;
    std::vector<int> knot;
    PairBlock<Real> block;
};

template <class Real>
LocalInteraction<Real>::LocalInteraction(const TensorReader& reader,
                                         const SpookyNetOptions& options,
                                         std::shared_ptr<const BasisSplines> givenSplines)
    : useIrreps(options.useIrreps), numD(options.useIrreps ? 5 : 6),
      splines(std::move(givenSplines)), filters(*splines, filterWeights(reader)),
      mlpX(reader.part("resblock_x"), options.activation),
      mlpS(reader.part("resblock_s"), options.activation),
      mlpP(reader.part("resblock_p"), options.activation),
      mlpD(reader.part("resblock_d"), options.activation),
      last(reader.part("resblock"), options.activation) {
    const auto p = reader.matrix<Real>("projection_p.weight");
    const auto d = reader.matrix<Real>("projection_d.weight");
    numPanels = numPanelsFor(p.columns());
    projectBackP = Factor<Real>(withWholePanels(p));
    projectBackD = Factor<Real>(withWholePanels(d));
    projectP = Factor<Real>(transpose(withWholePanels(p)));
    projectD = Factor<Real>(transpose(withWholePanels(d)));
}

template <class Real>
void LocalInteraction<Real>::resize(size_t number) {
    numAtoms = number;
    sources.assign(numPanels * numAtoms * NUM_TYPES * LANES, Real(0));
}

template <class Real>
bool LocalInteraction<Real>::keepsProjections() const {
    return numAtoms <= MOST_ATOMS_WITH_PROJECTIONS;
}

template <class Real>
View<const Real> LocalInteraction<Real>::sourcesView() const {
    return {sources.data(), numAtoms * NUM_TYPES * LANES, NUM_TYPES * LANES};
}

template <class Real>
View<Real> LocalInteraction<Real>::sourceRows(const Block& block, size_t type) {
    return {sources.data() + (block.firstAtom * NUM_TYPES + type) * LANES,
            numAtoms * NUM_TYPES * LANES, NUM_TYPES * LANES};
}

template <class Real>
void LocalInteraction<Real>::prepare(const Panels<Real>& x, Block& block, bool isReversed) {
    mlpX.apply(x, isReversed ? block.s : block.own, block.savedX);
    mlpS.apply(x, sourceRows(block, 0), block.savedS);
    mlpP.apply(x, sourceRows(block, 1), block.savedP);
    mlpD.apply(x, sourceRows(block, 2), block.savedD);
    if (!isReversed) {
        for (auto* saved : {&block.savedX, &block.savedS, &block.savedP, &block.savedD}) {
            *saved = {};
        }
    }
}

template <class Real>
void LocalInteraction<Real>::describe(const NearPairs<Real>& pairs, size_t first, size_t end,
                                      Description& description) const {
    const size_t firstPair = pairs.start(first), number = pairs.end(end - 1) - firstPair;
    description.geometry.resize(number);
    description.knot.resize(number);
    kernels<Real>().describePairs(pairs.geometry.data() + 4 * firstPair, number,
                                  static_cast<Real>(splines->intervalsPerAngstrom()),
                                  splines->numIntervals(), useIrreps, description.geometry.data(),
                                  description.knot.data());
    description.block = {end - first,
                         first,
                         firstPair,
                         pairs.startsFrom(first),
                         pairs.endsFrom(first),
                         pairs.j.data() + firstPair,
                         description.knot.data(),
                         description.geometry.data(),
                         filters.values.data(),
                         filters.slopes.data(),
                         filters.values.size() / numPanels,
                         numPanels,
                         static_cast<int>(numD)};
}

template <class Real>
void LocalInteraction<Real>::collect(const NearPairs<Real>& pairs, Block& block) const {
    if (block.own.size() > 0) {
        block.s.copy(block.own);
    }
    const size_t rows = block.s.rows();
    block.p.resize(3 * rows, numPanels);
    block.d.resize(numD * rows, numPanels);
    block.p.fill(Real(0));
    block.d.fill(Real(0));
    Description description;
    for (size_t first = 0; first < block.numAtoms; first += ATOMS_AT_ONCE) {
        const size_t end = std::min(first + ATOMS_AT_ONCE, block.numAtoms);
        describe(pairs, block.firstAtom + first, block.firstAtom + end, description);
        kernels<Real>().collect(description.block, sourcesView(), block.s.data() + first * LANES,
                                block.p.data() + first * 3 * LANES,
                                block.d.data() + first * numD * LANES, rows);
    }
}

template <class Real>
void LocalInteraction<Real>::apply(Block& block, Panels<Real>& result) const {
    const size_t rows = block.s.rows();
    projectP.multiply(block.p, block.projectedP);
    kernels<Real>().addProducts(block.projectedP.data(), rows, 3, numPanels, block.s.data());
    projectD.multiply(block.d, block.projectedD);
    kernels<Real>().addProducts(block.projectedD.data(), rows, numD, numPanels, block.s.data());
    if (!keepsProjections()) {
        block.projectedP = {};
        block.projectedD = {};
    }
    last.apply(block.s, result, block.last);
}

template <class Real>
void LocalInteraction<Real>::transposeSums(const Panels<Real>& gradient, Block& block,
                                           AlignedVector<Real>& gathered) const {
    const size_t rows = gradient.rows(), numRows = 4 + numD;
    Panels<Real> h, ofSums;
    last.transposed(gradient, block.s, block.last, h);
    const auto put = [&](const Panels<Real>& sums, size_t numComponents, size_t firstRow) {
        for (size_t panel = 0; panel < numPanels; panel++) {
            for (size_t atom = 0; atom < block.numAtoms; atom++) {
                const Real* from = &sums.at(atom * numComponents, panel * LANES);
                std::copy_n(
                    from, numComponents * LANES,
                    &gathered[((panel * numAtoms + block.firstAtom + atom) * numRows + firstRow) *
                              LANES]);
            }
        }
    };
    put(h, 1, 0);
    if (!keepsProjections()) {
        projectP.multiply(block.p, block.projectedP);
        projectD.multiply(block.d, block.projectedD);
    }
    kernels<Real>().transposeProducts(h.data(), rows, 3, numPanels, block.projectedP.data());
    projectBackP.multiply(block.projectedP, ofSums);
    put(ofSums, 3, 1);
    kernels<Real>().transposeProducts(h.data(), rows, numD, numPanels, block.projectedD.data());
    projectBackD.multiply(block.projectedD, ofSums);
    put(ofSums, numD, 4);
    if (!keepsProjections()) {
        block.projectedP = {};
        block.projectedD = {};
    }
}

template <class Real>
void LocalInteraction<Real>::transposeMessages(const Block& block,
                                               const AlignedVector<Real>& gathered,
                                               NearPairs<Real>& pairs, OfSources* ofSources) const {
    const size_t rows = block.s.rows(), numRows = 4 + numD;
    if (ofSources) {
        for (auto* matrix : {&ofSources->s, &ofSources->p, &ofSources->d}) {
            matrix->resize(rows, numPanels);
            matrix->fill(Real(0));
        }
    }
    const View<const Real> sums = {gathered.data(), numAtoms * numRows * LANES, numRows * LANES};
    Description description;
    for (size_t first = 0; first < block.numAtoms; first += ATOMS_AT_ONCE) {
        const size_t end = std::min(first + ATOMS_AT_ONCE, block.numAtoms);
        describe(pairs, block.firstAtom + first, block.firstAtom + end, description);
        const auto rowsOf = [&](Panels<Real> OfSources::* matrix) {
            return ofSources ? (ofSources->*matrix).data() + first * LANES : nullptr;
        };
        kernels<Real>().transposeCollect(description.block, sourcesView(), sums,
                                         pairs.gradient.data() + 4 * description.block.firstPair,
                                         rowsOf(&OfSources::s), rowsOf(&OfSources::p),
                                         rowsOf(&OfSources::d), rows);
    }
}

template <class Real>
void LocalInteraction<Real>::transposeSources(const Panels<Real>& x, const Block& block,
                                              const AlignedVector<Real>& gathered,
                                              const OfSources& ofSources,
                                              Panels<Real>& result) const {
    const size_t numRows = 4 + numD;
    Panels<Real> ofOwn(block.s.rows(), numPanels);
    ofOwn.fill(Real(0));
    for (size_t panel = 0; panel < numPanels; panel++) {
        for (size_t atom = 0; atom < block.numAtoms; atom++) {
            std::copy_n(&gathered[(panel * numAtoms + block.firstAtom + atom) * numRows * LANES],
                        LANES, &ofOwn.at(atom, panel * LANES));
        }
    }
    mlpX.addTransposed(ofOwn, x, block.savedX, result);
    mlpS.addTransposed(ofSources.s, x, block.savedS, result);
    mlpP.addTransposed(ofSources.p, x, block.savedP, result);
    mlpD.addTransposed(ofSources.d, x, block.savedD, result);
}

template class LocalInteraction<float>;
template class LocalInteraction<double>;

} // namespace OpenMMGems

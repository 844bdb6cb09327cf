// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "LocalInteraction.h"
#include "multiply.h"
#include <ATen/Parallel.h>
#include <algorithm>
#include <cmath>

namespace OpenMMGems {

namespace {

/** Pairs whose filters are made at a time: they stay in the cache. */
constexpr size_t PAIRS_PER_BLOCK = 128;

/** Calls visit(firstAtom, endAtom) in parallel for runs of atoms with about so many pairs. */
template <class Real, class Visit>
void forBlocks(const Neighbours<Real>& neighbours, Visit visit) {
    std::vector<size_t> starts = {0};
    for (size_t i = 0; i < neighbours.numAtoms(); i++) {
        if (neighbours.start[i + 1] - neighbours.start[starts.back()] > PAIRS_PER_BLOCK &&
            i > starts.back()) {
            starts.push_back(i);
        }
    }
    starts.push_back(neighbours.numAtoms());
    const auto numBlocks = static_cast<int64_t>(starts.size()) - 1;
    at::parallel_for(0, numBlocks, 1, [&](int64_t first, int64_t end) {
        for (int64_t block = first; block < end; block++) {
            visit(starts[block], starts[block + 1]);
        }
    });
}

/** Filters' weights [3 numFeatures, numBasisFunctions] for s, p and d, one below the other. */
Matrix<double> filterWeights(const TensorReader& reader) {
    const auto first = reader.matrix<double>("radial_s.weight");
    Matrix<double> weights(3 * first.rows(), first.columns());
    double* place = weights.data();
    for (const char* name : {"radial_s.weight", "radial_p.weight", "radial_d.weight"}) {
        const auto part = reader.matrix<double>(name);
        place = std::copy(part.data(), part.data() + part.size(), place);
    }
    return weights;
}

template <class Real>
void irreducibleFunctions(Real x, Real y, Real z, Real* values) {
    const auto root3 = static_cast<Real>(std::sqrt(3.0));
    values[0] = root3 * x * y;
    values[1] = root3 * x * z;
    values[2] = root3 * y * z;
    values[3] = (3 * z * z - 1) / 2;
    values[4] = root3 / 2 * (x * x - y * y);
}

template <class Real>
void cartesianFunctions(Real x, Real y, Real z, Real* values) {
    const auto root2 = static_cast<Real>(std::sqrt(2.0));
    values[0] = x * x;
    values[1] = y * y;
    values[2] = z * z;
    values[3] = root2 * x * y;
    values[4] = root2 * x * z;
    values[5] = root2 * y * z;
}

/** Adds to the gradient by the unit vector what comes from that by the functions of d type. */
template <class Real>
void addIrreducibleSlopes(Real x, Real y, Real z, const Real* g, Real* slope) {
    const auto root3 = static_cast<Real>(std::sqrt(3.0));
    slope[0] += root3 * (y * g[0] + z * g[1] + x * g[4]);
    slope[1] += root3 * (x * g[0] + z * g[2] - y * g[4]);
    slope[2] += root3 * (x * g[1] + y * g[2]) + 3 * z * g[3];
}

template <class Real>
void addCartesianSlopes(Real x, Real y, Real z, const Real* g, Real* slope) {
    const auto root2 = static_cast<Real>(std::sqrt(2.0));
    slope[0] += 2 * x * g[0] + root2 * (y * g[3] + z * g[4]);
    slope[1] += 2 * y * g[1] + root2 * (x * g[3] + z * g[5]);
    slope[2] += 2 * z * g[2] + root2 * (x * g[4] + y * g[5]);
}

/** h += sum over components of left half times right half. */
template <class Real>
void addProducts(const Matrix<Real>& projected, size_t numComponents, Matrix<Real>& h) {
    const size_t numFeatures = h.columns();
    for (size_t i = 0; i < h.rows(); i++) {
        for (size_t c = 0; c < numComponents; c++) {
            const Real* row = projected.row(i * numComponents + c);
            for (size_t f = 0; f < numFeatures; f++) {
                h.row(i)[f] += row[f] * row[numFeatures + f];
            }
        }
    }
}

/** The gradient with respect to what was projected. */
template <class Real>
void transposeProducts(const Matrix<Real>& h, const Matrix<Real>& projected, size_t numComponents,
                       const Matrix<Real>& projection, Matrix<Real>& result) {
    const size_t numFeatures = h.columns();
    Matrix<Real> gradient(projected.rows(), projected.columns());
    for (size_t i = 0; i < h.rows(); i++) {
        for (size_t c = 0; c < numComponents; c++) {
            const Real* row = projected.row(i * numComponents + c);
            Real* g = gradient.row(i * numComponents + c);
            for (size_t f = 0; f < numFeatures; f++) {
                g[f] = h.row(i)[f] * row[numFeatures + f];
                g[numFeatures + f] = h.row(i)[f] * row[f];
            }
        }
    }
    multiply(gradient, projection, Transpose::Neither, result);
}

} // namespace

template <class Real>
Matrix<Real> angularFunctions(const Neighbours<Real>& neighbours, bool useIrreps) {
    Matrix<Real> angular(neighbours.numPairs(), useIrreps ? 8 : 9);
    for (size_t pair = 0; pair < neighbours.numPairs(); pair++) {
        Real* row = angular.row(pair);
        row[0] = neighbours.ux[pair];
        row[1] = neighbours.uy[pair];
        row[2] = neighbours.uz[pair];
        if (useIrreps) {
            irreducibleFunctions(row[0], row[1], row[2], row + 3);
        } else {
            cartesianFunctions(row[0], row[1], row[2], row + 3);
        }
    }
    return angular;
}

template <class Real>
LocalInteraction<Real>::LocalInteraction(const TensorReader& reader,
                                         const SpookyNetOptions& options,
                                         std::shared_ptr<const RadialBasis> basis)
    : useIrreps(options.useIrreps), numD(options.useIrreps ? 5 : 6),
      filters(filterWeights(reader), std::move(basis)),
      projectionP(reader.matrix<Real>("projection_p.weight")),
      projectionD(reader.matrix<Real>("projection_d.weight")),
      mlpX(reader.part("resblock_x"), options.activation),
      mlpS(reader.part("resblock_s"), options.activation),
      mlpP(reader.part("resblock_p"), options.activation),
      mlpD(reader.part("resblock_d"), options.activation),
      last(reader.part("resblock"), options.activation) {
    numFeatures = projectionP.columns();
}

template <class Real>
void LocalInteraction<Real>::prepare(const Matrix<Real>& x, Sources& sources) const {
    mlpX.apply(x, sources.x, sources.savedX);
    mlpS.apply(x, sources.s, sources.savedS);
    mlpP.apply(x, sources.p, sources.savedP);
    mlpD.apply(x, sources.d, sources.savedD);
}

template <class Real>
Messages<Real> LocalInteraction<Real>::messagesTo(size_t atom, const Neighbours<Real>& neighbours,
                                                  const Matrix<Real>& angular, size_t firstPair,
                                                  const Matrix<Real>& filter) const {
    const size_t start = neighbours.start[atom];
    return {numFeatures,
            numD,
            neighbours.start[atom + 1] - start,
            neighbours.j.data() + start,
            filter.row(start - firstPair),
            nullptr,
            angular.row(start)};
}

template <class Real>
void LocalInteraction<Real>::apply(const Sources& sources, const Neighbours<Real>& neighbours,
                                   const Matrix<Real>& angular, Matrix<Real>& result,
                                   Saved& saved) const {
    const size_t numAtoms = neighbours.numAtoms();
    Matrix<Real> h = sources.x;
    Matrix<Real> p(3 * numAtoms, numFeatures), d(numD * numAtoms, numFeatures);
    forBlocks(neighbours, [&](size_t first, size_t end) {
        Matrix<Real> filter;
        const size_t firstPair = neighbours.start[first];
        filters.evaluate(neighbours, firstPair, neighbours.start[end], filter, nullptr);
        for (size_t i = first; i < end; i++) {
            collectMessages(messagesTo(i, neighbours, angular, firstPair, filter), sources.s.data(),
                            sources.p.data(), sources.d.data(), h.row(i), p.row(3 * i),
                            d.row(numD * i));
        }
    });
    multiply(p, projectionP, Transpose::Second, saved.projectedP);
    multiply(d, projectionD, Transpose::Second, saved.projectedD);
    addProducts(saved.projectedP, 3, h);
    addProducts(saved.projectedD, numD, h);
    last.apply(h, result, saved.last);
}

template <class Real>
void LocalInteraction<Real>::addPairGradient(size_t firstPair, size_t endPair,
                                             const Matrix<Real>& angular,
                                             const Matrix<Real>& ofPairs,
                                             PairGradient<Real>& pairGradient) const {
    for (size_t pair = firstPair; pair < endPair; pair++) {
        const Real* row = ofPairs.row(pair - firstPair);
        const Real* u = angular.row(pair);
        Real ofUnit[3] = {row[1], row[2], row[3]};
        if (useIrreps) {
            addIrreducibleSlopes(u[0], u[1], u[2], row + 4, ofUnit);
        } else {
            addCartesianSlopes(u[0], u[1], u[2], row + 4, ofUnit);
        }
        pairGradient.r[pair] += row[0];
        pairGradient.ux[pair] += ofUnit[0];
        pairGradient.uy[pair] += ofUnit[1];
        pairGradient.uz[pair] += ofUnit[2];
    }
}

template <class Real>
void LocalInteraction<Real>::transposed(const Matrix<Real>& gradient, const Sources& sources,
                                        const Neighbours<Real>& neighbours,
                                        const Matrix<Real>& angular, const Saved& saved,
                                        PairGradient<Real>& pairGradient,
                                        Matrix<Real>* result) const {
    Matrix<Real> h, p, d;
    last.transposed(gradient, h, saved.last);
    transposeProducts(h, saved.projectedP, 3, projectionP, p);
    transposeProducts(h, saved.projectedD, numD, projectionD, d);
    const size_t numAtoms = result ? neighbours.numAtoms() : 0;
    Matrix<Real> ofS(numAtoms, numFeatures), ofP(numAtoms, numFeatures), ofD(numAtoms, numFeatures);
    forBlocks(neighbours, [&](size_t first, size_t end) {
        Matrix<Real> filter, slope, ofPairs;
        const size_t firstPair = neighbours.start[first], endPair = neighbours.start[end];
        filters.evaluate(neighbours, firstPair, endPair, filter, &slope);
        ofPairs.resize(endPair - firstPair, 4 + numD);
        for (size_t i = first; i < end; i++) {
            Messages<Real> messages = messagesTo(i, neighbours, angular, firstPair, filter);
            const size_t own = neighbours.start[i] - firstPair;
            messages.filterSlope = slope.row(own);
            gradientOfPairs(messages, sources.s.data(), sources.p.data(), sources.d.data(),
                            h.row(i), p.row(3 * i), d.row(numD * i), ofPairs.row(own));
            if (result) {
                gradientOfSource(messages, h.data(), p.data(), d.data(), ofS.row(i), ofP.row(i),
                                 ofD.row(i));
            }
        }
        addPairGradient(firstPair, endPair, angular, ofPairs, pairGradient);
    });
    if (result) {
        Matrix<Real> part;
        mlpX.transposed(h, *result, sources.savedX);
        mlpS.transposed(ofS, part, sources.savedS);
        *result += part;
        mlpP.transposed(ofP, part, sources.savedP);
        *result += part;
        mlpD.transposed(ofD, part, sources.savedD);
        *result += part;
    }
}

template Matrix<float> angularFunctions(const Neighbours<float>&, bool);
template Matrix<double> angularFunctions(const Neighbours<double>&, bool);
template class LocalInteraction<float>;
template class LocalInteraction<double>;

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "LocalInteraction.h"
#include "multiply.h"
#include <algorithm>
#include <cmath>

namespace OpenMMGems {

namespace {

/** Pairs whose filters are made at a time: they stay in the cache. */
constexpr size_t PAIRS_PER_BLOCK = 1024;

/** Calls visit(firstAtom, endAtom) for runs of atoms that have about so many pairs together. */
template <class Real, class Visit>
void forBlocks(const Neighbours<Real>& neighbours, Visit visit) {
    size_t first = 0;
    while (first < neighbours.numAtoms()) {
        size_t end = first + 1;
        while (end < neighbours.numAtoms() &&
               neighbours.start[end + 1] - neighbours.start[first] <= PAIRS_PER_BLOCK) {
            end++;
        }
        visit(first, end);
        first = end;
    }
}

/** Filters [numPairs, 3 numFeatures] of the pairs from first to end. */
template <class Real>
void makeFilters(const Matrix<Real>& basis, const Matrix<Real>& weights, size_t first, size_t end,
                 Matrix<Real>& rows, Matrix<Real>& filter) {
    rows.resize(end - first, basis.columns());
    std::copy(basis.row(first), basis.row(first) + rows.size(), rows.data());
    multiply(rows, weights, Transpose::Second, filter);
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
LocalInteraction<Real>::LocalInteraction(const TensorReader& reader,
                                         const SpookyNetOptions& options)
    : useIrreps(options.useIrreps), numD(options.useIrreps ? 5 : 6),
      projectionP(reader.matrix<Real>("projection_p.weight")),
      projectionD(reader.matrix<Real>("projection_d.weight")),
      mlpX(reader.part("resblock_x"), options.activation),
      mlpS(reader.part("resblock_s"), options.activation),
      mlpP(reader.part("resblock_p"), options.activation),
      mlpD(reader.part("resblock_d"), options.activation),
      last(reader.part("resblock"), options.activation) {
    numFeatures = projectionP.columns();
    const auto s = reader.matrix<Real>("radial_s.weight");
    filters.resize(3 * numFeatures, s.columns());
    std::copy(s.data(), s.data() + s.size(), filters.row(0));
    const auto p = reader.matrix<Real>("radial_p.weight");
    std::copy(p.data(), p.data() + p.size(), filters.row(numFeatures));
    const auto d = reader.matrix<Real>("radial_d.weight");
    std::copy(d.data(), d.data() + d.size(), filters.row(2 * numFeatures));
}

template <class Real>
int LocalInteraction<Real>::dFunctions(Real x, Real y, Real z, Real* values) const {
    if (useIrreps) {
        const auto root3 = static_cast<Real>(std::sqrt(3.0));
        values[0] = root3 * x * y;
        values[1] = root3 * x * z;
        values[2] = root3 * y * z;
        values[3] = (3 * z * z - 1) / 2;
        values[4] = root3 / 2 * (x * x - y * y);
        return 5;
    }
    const auto root2 = static_cast<Real>(std::sqrt(2.0));
    values[0] = x * x;
    values[1] = y * y;
    values[2] = z * z;
    values[3] = root2 * x * y;
    values[4] = root2 * x * z;
    values[5] = root2 * y * z;
    return 6;
}

template <class Real>
void LocalInteraction<Real>::dSlopes(Real x, Real y, Real z, const Real* g, Real* slope) const {
    if (useIrreps) {
        const auto root3 = static_cast<Real>(std::sqrt(3.0));
        slope[0] += root3 * (y * g[0] + z * g[1] + x * g[4]);
        slope[1] += root3 * (x * g[0] + z * g[2] - y * g[4]);
        slope[2] += root3 * (x * g[1] + y * g[2]) + 3 * z * g[3];
        return;
    }
    const auto root2 = static_cast<Real>(std::sqrt(2.0));
    slope[0] += 2 * x * g[0] + root2 * (y * g[3] + z * g[4]);
    slope[1] += 2 * y * g[1] + root2 * (x * g[3] + z * g[5]);
    slope[2] += 2 * z * g[2] + root2 * (x * g[4] + y * g[5]);
}

template <class Real>
void LocalInteraction<Real>::prepare(const Matrix<Real>& x, Sources& sources) const {
    mlpX.apply(x, sources.x, sources.savedX);
    mlpS.apply(x, sources.s, sources.savedS);
    mlpP.apply(x, sources.p, sources.savedP);
    mlpD.apply(x, sources.d, sources.savedD);
}

template <class Real>
void LocalInteraction<Real>::collect(size_t atom, const Sources& sources,
                                     const Neighbours<Real>& neighbours, const Matrix<Real>& filter,
                                     size_t firstPair, Real* s, Real* p, Real* d) const {
    const size_t n = numFeatures;
    std::fill(p, p + 3 * n, Real(0));
    std::fill(d, d + numD * n, Real(0));
    for (size_t pair = neighbours.start[atom]; pair < neighbours.start[atom + 1]; pair++) {
        const Real* g = filter.row(pair - firstPair);
        const int j = neighbours.j[pair];
        const Real *sj = sources.s.row(j), *pj = sources.p.row(j), *dj = sources.d.row(j);
        const Real u[3] = {neighbours.ux[pair], neighbours.uy[pair], neighbours.uz[pair]};
        Real y[MAX_D_FUNCTIONS];
        dFunctions(u[0], u[1], u[2], y);
        for (size_t f = 0; f < n; f++) {
            s[f] += g[f] * sj[f];
        }
        for (int a = 0; a < 3; a++) {
            for (size_t f = 0; f < n; f++) {
                p[a * n + f] += u[a] * g[n + f] * pj[f];
            }
        }
        for (size_t m = 0; m < numD; m++) {
            for (size_t f = 0; f < n; f++) {
                d[m * n + f] += y[m] * g[2 * n + f] * dj[f];
            }
        }
    }
}

template <class Real>
void LocalInteraction<Real>::apply(const Sources& sources, const Neighbours<Real>& neighbours,
                                   const PairBasis<Real>& basis, Matrix<Real>& result,
                                   Saved& saved) const {
    const size_t numAtoms = neighbours.numAtoms();
    Matrix<Real> h = sources.x;
    Matrix<Real> p(3 * numAtoms, numFeatures), d(numD * numAtoms, numFeatures);
    Matrix<Real> rows, filter;
    forBlocks(neighbours, [&](size_t first, size_t end) {
        const size_t firstPair = neighbours.start[first];
        makeFilters(basis.values, filters, firstPair, neighbours.start[end], rows, filter);
        for (size_t i = first; i < end; i++) {
            collect(i, sources, neighbours, filter, firstPair, h.row(i), p.row(3 * i),
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
void LocalInteraction<Real>::receive(size_t atom, const Sources& sources,
                                     const Neighbours<Real>& neighbours, const Matrix<Real>& filter,
                                     const Matrix<Real>& filterSlope, size_t firstPair,
                                     const Matrix<Real>& h, const Matrix<Real>& p,
                                     const Matrix<Real>& d,
                                     PairGradient<Real>& pairGradient) const {
    const size_t n = numFeatures;
    const Real *hi = h.row(atom), *pi = p.row(3 * atom), *di = d.row(numD * atom);
    for (size_t pair = neighbours.start[atom]; pair < neighbours.start[atom + 1]; pair++) {
        const Real *g = filter.row(pair - firstPair), *slope = filterSlope.row(pair - firstPair);
        const int j = neighbours.j[pair];
        const Real *sj = sources.s.row(j), *pj = sources.p.row(j), *dj = sources.d.row(j);
        const Real u[3] = {neighbours.ux[pair], neighbours.uy[pair], neighbours.uz[pair]};
        Real y[MAX_D_FUNCTIONS];
        dFunctions(u[0], u[1], u[2], y);
        Real alongR = 0, alongU[3] = {0, 0, 0}, alongY[MAX_D_FUNCTIONS] = {};
        for (size_t f = 0; f < n; f++) {
            alongR += hi[f] * sj[f] * slope[f];
        }
        for (int a = 0; a < 3; a++) {
            Real sum = 0, sumSlope = 0;
            for (size_t f = 0; f < n; f++) {
                sum += pi[a * n + f] * pj[f] * g[n + f];
                sumSlope += pi[a * n + f] * pj[f] * slope[n + f];
            }
            alongU[a] += sum;
            alongR += u[a] * sumSlope;
        }
        for (size_t m = 0; m < numD; m++) {
            Real sum = 0, sumSlope = 0;
            for (size_t f = 0; f < n; f++) {
                sum += di[m * n + f] * dj[f] * g[2 * n + f];
                sumSlope += di[m * n + f] * dj[f] * slope[2 * n + f];
            }
            alongY[m] = sum;
            alongR += y[m] * sumSlope;
        }
        dSlopes(u[0], u[1], u[2], alongY, alongU);
        pairGradient.r[pair] += alongR;
        pairGradient.ux[pair] += alongU[0];
        pairGradient.uy[pair] += alongU[1];
        pairGradient.uz[pair] += alongU[2];
    }
}

template <class Real>
void LocalInteraction<Real>::send(size_t atom, const Neighbours<Real>& neighbours,
                                  const Matrix<Real>& filter, size_t firstPair,
                                  const Matrix<Real>& h, const Matrix<Real>& p,
                                  const Matrix<Real>& d, SourceGradients& gradients) const {
    const size_t n = numFeatures;
    Real *s = gradients.s.row(atom), *gp = gradients.p.row(atom), *gd = gradients.d.row(atom);
    std::fill(s, s + n, Real(0));
    std::fill(gp, gp + n, Real(0));
    std::fill(gd, gd + n, Real(0));
    for (size_t pair = neighbours.start[atom]; pair < neighbours.start[atom + 1]; pair++) {
        const Real* g = filter.row(pair - firstPair);
        const int j = neighbours.j[pair];
        const Real *hj = h.row(j), *pj = p.row(3 * j), *dj = d.row(numD * j);
        // From the neighbour's side the unit vector points the other way.
        const Real u[3] = {-neighbours.ux[pair], -neighbours.uy[pair], -neighbours.uz[pair]};
        Real y[MAX_D_FUNCTIONS];
        dFunctions(u[0], u[1], u[2], y);
        for (size_t f = 0; f < n; f++) {
            s[f] += g[f] * hj[f];
        }
        for (int a = 0; a < 3; a++) {
            for (size_t f = 0; f < n; f++) {
                gp[f] += u[a] * g[n + f] * pj[a * n + f];
            }
        }
        for (size_t m = 0; m < numD; m++) {
            for (size_t f = 0; f < n; f++) {
                gd[f] += y[m] * g[2 * n + f] * dj[m * n + f];
            }
        }
    }
}

template <class Real>
void LocalInteraction<Real>::transposed(const Matrix<Real>& gradient, const Sources& sources,
                                        const Neighbours<Real>& neighbours,
                                        const PairBasis<Real>& basis, const Saved& saved,
                                        PairGradient<Real>& pairGradient,
                                        Matrix<Real>* result) const {
    const size_t numAtoms = neighbours.numAtoms();
    Matrix<Real> h, p, d;
    last.transposed(gradient, h, saved.last);
    transposeProducts(h, saved.projectedP, 3, projectionP, p);
    transposeProducts(h, saved.projectedD, numD, projectionD, d);
    SourceGradients out;
    if (result) {
        for (auto* matrix : {&out.s, &out.p, &out.d}) {
            matrix->resize(numAtoms, numFeatures);
        }
    }
    Matrix<Real> rows, filter, filterSlope;
    forBlocks(neighbours, [&](size_t first, size_t end) {
        const size_t firstPair = neighbours.start[first], endPair = neighbours.start[end];
        makeFilters(basis.values, filters, firstPair, endPair, rows, filter);
        makeFilters(basis.slopes, filters, firstPair, endPair, rows, filterSlope);
        for (size_t i = first; i < end; i++) {
            receive(i, sources, neighbours, filter, filterSlope, firstPair, h, p, d, pairGradient);
            if (result) {
                send(i, neighbours, filter, firstPair, h, p, d, out);
            }
        }
    });
    if (result) {
        Matrix<Real> part;
        mlpX.transposed(h, *result, sources.savedX);
        mlpS.transposed(out.s, part, sources.savedS);
        *result += part;
        mlpP.transposed(out.p, part, sources.savedP);
        *result += part;
        mlpD.transposed(out.d, part, sources.savedD);
        *result += part;
    }
}

template class LocalInteraction<float>;
template class LocalInteraction<double>;

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_KERNELS_MESSAGES_H_
#define OPENMMGEMS_NATIVE_KERNELS_MESSAGES_H_

#include "simd.h"

/** Messages of neighbours, and their derivatives. Included by kernels.cpp alone. */

namespace OpenMMGems {

namespace {

/** The values of a pair's filters for s, p and d, and also their slopes. */
template <class Real>
struct FilterValues {
    Vector<Real> value[3], slope[3];
};

/** sums[s, p, d] += splines times coefficients. */
template <class Real>
GEMS_INLINE void interpolate(const Real* splines, int number, const Real* coefficients,
                             Vector<Real>* sums) {
    for (int k = 0; k < number; k++) {
        for (int c = 0; c < 3; c++) {
            sums[c] += splines[k] * load(coefficients + (3 * k + c) * PANEL_LANES);
        }
    }
}

template <int NUM_D, class Real>
GEMS_INLINE void collectPart(const PairBlock<Real>& b, const Real* coefficients,
                             const Real* sources, size_t rowStride, Real* h, Real* p, Real* d) {
    using V = Vector<Real>;
    for (size_t atom = 0; atom < b.numAtoms; atom++) {
        V s = load(h + atom * PANEL_LANES), ofP[3] = {}, ofD[NUM_D] = {};
        for (size_t pair = b.start[atom] - b.firstPair; pair < b.end[atom] - b.firstPair; pair++) {
            const PairGeometry<Real>& g = b.geometry[pair];
            V filter[3] = {};
            interpolate(g.spline, SPLINE_ORDER, coefficients + b.knot[pair] * 3 * PANEL_LANES,
                        filter);
            const Real* source = sources + b.j[pair] * rowStride;
            s += filter[0] * load(source);
            const V messageP = filter[1] * load(source + PANEL_LANES);
            for (int a = 0; a < 3; a++) {
                ofP[a] += g.unit[a] * messageP;
            }
            const V messageD = filter[2] * load(source + 2 * PANEL_LANES);
            for (int a = 0; a < NUM_D; a++) {
                ofD[a] += g.d[a] * messageD;
            }
        }
        store<Real>(s, h + atom * PANEL_LANES);
        for (int a = 0; a < 3; a++) {
            store<Real>(ofP[a], p + (3 * atom + a) * PANEL_LANES);
        }
        for (int a = 0; a < NUM_D; a++) {
            store<Real>(ofD[a], d + (NUM_D * atom + a) * PANEL_LANES);
        }
    }
}

template <class Real>
void collect(const PairBlock<Real>& b, View<const Real> sources, Real* h, Real* p, Real* d,
             size_t rows) {
    for (size_t part = 0; part < b.numPanels * PARTS<Real>; part++) {
        const size_t panel = part / PARTS<Real>, lane = part % PARTS<Real> * WIDTH<Real>;
        const size_t place = panel * rows * PANEL_LANES;
        const Real* coefficients = b.filters + panel * b.filterStride + lane;
        const Real* from = sources.data + panel * sources.stride + lane;
        if (b.numD == 5) {
            collectPart<5>(b, coefficients, from, sources.rowStride, h + place + lane,
                           p + 3 * place + lane, d + 5 * place + lane);
        } else {
            collectPart<6>(b, coefficients, from, sources.rowStride, h + place + lane,
                           p + 3 * place + lane, d + 6 * place + lane);
        }
    }
}

/** Adds to the gradient by the unit vector what comes from that by the functions of d type. */
template <int NUM_D, class Real>
GEMS_INLINE void addSlopesOfD(const Real* unit, const Vector<Real>* ofD, Vector<Real>* ofUnit) {
    const Real x = unit[0], y = unit[1], z = unit[2];
    if (NUM_D == 5) {
        constexpr auto ROOT3 = static_cast<Real>(1.7320508075688772935);
        ofUnit[0] += (ROOT3 * y) * ofD[0] + (ROOT3 * z) * ofD[1] + (ROOT3 * x) * ofD[4];
        ofUnit[1] += (ROOT3 * x) * ofD[0] + (ROOT3 * z) * ofD[2] - (ROOT3 * y) * ofD[4];
        ofUnit[2] += (ROOT3 * x) * ofD[1] + (ROOT3 * y) * ofD[2] + (3 * z) * ofD[3];
    } else {
        constexpr auto ROOT2 = static_cast<Real>(1.4142135623730950488);
        ofUnit[0] += (2 * x) * ofD[0] + (ROOT2 * y) * ofD[3] + (ROOT2 * z) * ofD[4];
        ofUnit[1] += (2 * y) * ofD[1] + (ROOT2 * x) * ofD[3] + (ROOT2 * z) * ofD[NUM_D - 1];
        ofUnit[2] += (2 * z) * ofD[2] + (ROOT2 * x) * ofD[4] + (ROOT2 * y) * ofD[NUM_D - 1];
    }
}

/** Gradient by a pair's distance and unit vector from the messages its receiver collected. */
template <int NUM_D, class Real>
GEMS_INLINE void addPairGradient(const PairGeometry<Real>& g, const FilterValues<Real>& filter,
                                 const Real* source, const Real* own, Real* pairGradient) {
    using V = Vector<Real>;
    V ofR = filter.slope[0] * load(source) * load(own);
    V ofUnit[3], ofD[NUM_D], along = {};
    const V sourceP = load(source + PANEL_LANES), messageP = filter.value[1] * sourceP;
    for (int a = 0; a < 3; a++) {
        const V ofSum = load(own + (1 + a) * PANEL_LANES);
        ofUnit[a] = messageP * ofSum;
        along += g.unit[a] * ofSum;
    }
    ofR += filter.slope[1] * sourceP * along;
    const V sourceD = load(source + 2 * PANEL_LANES), messageD = filter.value[2] * sourceD;
    along = V{};
    for (int a = 0; a < NUM_D; a++) {
        const V ofSum = load(own + (4 + a) * PANEL_LANES);
        ofD[a] = messageD * ofSum;
        along += g.d[a] * ofSum;
    }
    ofR += filter.slope[2] * sourceD * along;
    addSlopesOfD<NUM_D, Real>(g.unit, ofD, ofUnit);
    addTotals(ofR, ofUnit[0], ofUnit[1], ofUnit[2], pairGradient);
}

/** Gradient by what a receiver sends to its neighbour, which sees the opposite unit vector. */
template <int NUM_D, class Real>
GEMS_INLINE void addSourceGradient(const PairGeometry<Real>& g, const FilterValues<Real>& filter,
                                   const Real* other, Vector<Real>* ofSource) {
    using V = Vector<Real>;
    ofSource[0] += filter.value[0] * load(other);
    V along = {};
    for (int a = 0; a < 3; a++) {
        along -= g.unit[a] * load(other + (1 + a) * PANEL_LANES);
    }
    ofSource[1] += filter.value[1] * along;
    along = V{};
    for (int a = 0; a < NUM_D; a++) {
        along += g.d[a] * load(other + (4 + a) * PANEL_LANES);
    }
    ofSource[2] += filter.value[2] * along;
}

/** The neighbours of all receivers for one part of a panel. */
template <int NUM_D, bool WITH_SOURCES, class Real>
GEMS_INLINE void transposePart(const PairBlock<Real>& b, size_t place, const Real* sources,
                               size_t sourceStride, const Real* gathered, size_t gatheredStride,
                               Real* pairGradient, Real* ofS, Real* ofP, Real* ofD) {
    for (size_t atom = 0; atom < b.numAtoms; atom++) {
        const Real* own = gathered + (b.firstAtom + atom) * gatheredStride;
        Vector<Real> ofSource[3] = {};
        for (size_t pair = b.start[atom] - b.firstPair; pair < b.end[atom] - b.firstPair; pair++) {
            const PairGeometry<Real>& g = b.geometry[pair];
            const size_t knot = b.knot[pair] * 3 * PANEL_LANES;
            FilterValues<Real> filter = {};
            interpolate(g.spline, SPLINE_ORDER, b.filters + place + knot, filter.value);
            interpolate(g.splineOfSlope, SPLINE_DEGREE, b.slopes + place + knot, filter.slope);
            addPairGradient<NUM_D>(g, filter, sources + b.j[pair] * sourceStride, own,
                                   pairGradient + 4 * pair);
            if (WITH_SOURCES) {
                addSourceGradient<NUM_D>(g, filter, gathered + b.j[pair] * gatheredStride,
                                         ofSource);
            }
        }
        if (WITH_SOURCES) {
            store<Real>(ofSource[0], ofS + atom * PANEL_LANES);
            store<Real>(ofSource[1], ofP + atom * PANEL_LANES);
            store<Real>(ofSource[2], ofD + atom * PANEL_LANES);
        }
    }
}

template <int NUM_D, class Real>
void transposeCollectOf(const PairBlock<Real>& b, View<const Real> sources,
                        View<const Real> gathered, Real* pairGradient, Real* ofS, Real* ofP,
                        Real* ofD, size_t rows) {
    for (size_t part = 0; part < b.numPanels * PARTS<Real>; part++) {
        const size_t panel = part / PARTS<Real>, lane = part % PARTS<Real> * WIDTH<Real>;
        const size_t coefficients = panel * b.filterStride + lane;
        const Real* from = sources.data + panel * sources.stride + lane;
        const Real* of = gathered.data + panel * gathered.stride + lane;
        if (ofS) {
            const size_t place = panel * rows * PANEL_LANES + lane;
            transposePart<NUM_D, true>(b, coefficients, from, sources.rowStride, of,
                                       gathered.rowStride, pairGradient, ofS + place, ofP + place,
                                       ofD + place);
        } else {
            transposePart<NUM_D, false, Real>(b, coefficients, from, sources.rowStride, of,
                                              gathered.rowStride, pairGradient, nullptr, nullptr,
                                              nullptr);
        }
    }
}

template <class Real>
void transposeCollect(const PairBlock<Real>& b, View<const Real> sources, View<const Real> gathered,
                      Real* pairGradient, Real* ofS, Real* ofP, Real* ofD, size_t rows) {
    if (b.numD == 5) {
        transposeCollectOf<5>(b, sources, gathered, pairGradient, ofS, ofP, ofD, rows);
    } else {
        transposeCollectOf<6>(b, sources, gathered, pairGradient, ofS, ofP, ofD, rows);
    }
}

} // namespace

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_KERNELS_MESSAGES_H_

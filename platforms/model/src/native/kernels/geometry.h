// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_KERNELS_GEOMETRY_H_
#define OPENMMGEMS_NATIVE_KERNELS_GEOMETRY_H_

#include "simd.h"

/** Geometry of pairs as the messages want it. Included by kernels.cpp alone. */

namespace OpenMMGems {

namespace {

/** Up to PANEL_LANES pairs; loops over lanes are vectorised by the compiler. */
template <class Real>
GEMS_INLINE void describeGroup(const Real* pairs, size_t number, Real inverseSpacing,
                               int numIntervals, bool irreducible, PairGeometry<Real>* geometry,
                               int* knot) {
    Real t[PANEL_LANES], values[SPLINE_ORDER][PANEL_LANES], ofSlope[SPLINE_DEGREE][PANEL_LANES];
    for (size_t k = 0; k < PANEL_LANES; k++) {
        const Real place = (k < number ? pairs[4 * k] : Real(0)) * inverseSpacing;
        int first = static_cast<int>(place);
        first = first < numIntervals ? first : numIntervals - 1;
        t[k] = place - static_cast<Real>(first);
        if (k < number) {
            knot[k] = first;
        }
        values[0][k] = t[k] < Real(1) ? Real(1) : Real(0); // nothing beyond the cutoff
    }
    for (int degree = 1; degree <= SPLINE_DEGREE; degree++) {
        const Real scale = Real(1) / static_cast<Real>(degree);
        if (degree == SPLINE_DEGREE) {
            std::memcpy(ofSlope, values, sizeof(ofSlope));
        }
        for (size_t k = 0; k < PANEL_LANES; k++) {
            values[degree][k] = t[k] * values[degree - 1][k] * scale;
        }
        for (int m = degree - 1; m > 0; m--) {
            for (size_t k = 0; k < PANEL_LANES; k++) {
                values[m][k] = ((t[k] + static_cast<Real>(degree - m)) * values[m - 1][k] +
                                (static_cast<Real>(m + 1) - t[k]) * values[m][k]) *
                               scale;
            }
        }
        for (size_t k = 0; k < PANEL_LANES; k++) {
            values[0][k] = (Real(1) - t[k]) * values[0][k] * scale;
        }
    }
    for (size_t k = 0; k < number; k++) {
        PairGeometry<Real>& g = geometry[k];
        for (int m = 0; m < SPLINE_ORDER; m++) {
            g.spline[m] = values[m][k];
        }
        for (int m = 0; m < SPLINE_DEGREE; m++) {
            g.splineOfSlope[m] = ofSlope[m][k];
        }
        const Real x = pairs[4 * k + 1], y = pairs[4 * k + 2], z = pairs[4 * k + 3];
        g.unit[0] = x;
        g.unit[1] = y;
        g.unit[2] = z;
        if (irreducible) {
            constexpr auto ROOT3 = static_cast<Real>(1.7320508075688772935);
            g.d[0] = ROOT3 * x * y;
            g.d[1] = ROOT3 * x * z;
            g.d[2] = ROOT3 * y * z;
            g.d[3] = (3 * z * z - 1) / 2;
            g.d[4] = ROOT3 / 2 * (x * x - y * y);
        } else {
            constexpr auto ROOT2 = static_cast<Real>(1.4142135623730950488);
            g.d[0] = x * x;
            g.d[1] = y * y;
            g.d[2] = z * z;
            g.d[3] = ROOT2 * x * y;
            g.d[4] = ROOT2 * x * z;
            g.d[5] = ROOT2 * y * z;
        }
    }
}

template <class Real>
void describePairs(const Real* pairs, size_t number, Real inverseSpacing, int numIntervals,
                   bool irreducible, PairGeometry<Real>* geometry, int* knot) {
    for (size_t first = 0; first < number; first += PANEL_LANES) {
        const size_t rest = number - first;
        describeGroup(pairs + 4 * first, rest < PANEL_LANES ? rest : PANEL_LANES, inverseSpacing,
                      numIntervals, irreducible, geometry + first, knot + first);
    }
}

} // namespace

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_KERNELS_GEOMETRY_H_

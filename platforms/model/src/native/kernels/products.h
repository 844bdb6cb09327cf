// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_KERNELS_PRODUCTS_H_
#define OPENMMGEMS_NATIVE_KERNELS_PRODUCTS_H_

#include "simd.h"

/** Products of matrices. Included by kernels.cpp alone. */

namespace OpenMMGems {

namespace {

/** NUM_VECTORS neighbouring vectors of y, NUM_ROWS rows. */
template <int NUM_VECTORS, size_t NUM_ROWS, class Real>
GEMS_INLINE void multiplyGroup(View<const Real> x, size_t panelsOfX, const Real* const* weight,
                               const Real* const* bias, Real* const* y, size_t rowStride,
                               bool add) {
    using V = Vector<Real>;
    V sums[NUM_ROWS][NUM_VECTORS];
    for (int c = 0; c < NUM_VECTORS; c++) {
        const V start = bias[c] ? load(bias[c]) : V{};
        for (size_t r = 0; r < NUM_ROWS; r++) {
            sums[r][c] = add ? start + load(y[c] + r * rowStride) : start;
        }
    }
    for (size_t panel = 0; panel < panelsOfX; panel++) {
        const Real* column = x.data + panel * x.stride;
        for (size_t k = 0; k < PANEL_LANES; k++) {
            V w[NUM_VECTORS];
            for (int c = 0; c < NUM_VECTORS; c++) {
                w[c] = load(weight[c] + (panel * PANEL_LANES + k) * PANEL_LANES);
            }
            for (size_t r = 0; r < NUM_ROWS; r++) {
                const V value = broadcast(column[r * x.rowStride + k]);
                for (int c = 0; c < NUM_VECTORS; c++) {
                    sums[r][c] += value * w[c];
                }
            }
        }
    }
    for (int c = 0; c < NUM_VECTORS; c++) {
        for (size_t r = 0; r < NUM_ROWS; r++) {
            store<Real>(sums[r][c], y[c] + r * rowStride);
        }
    }
}

/** Vectors of y at a time, and rows: their sums stay in registers. */
#if defined(__AVX512F__)
constexpr int VECTORS_AT_ONCE = 4;
#else
constexpr int VECTORS_AT_ONCE = 2;
#endif
constexpr size_t ROWS_AT_ONCE = 6;

template <int NUM_VECTORS, class Real>
GEMS_INLINE void multiplyVectors(View<const Real> x, size_t rows, size_t panelsOfX,
                                 const Real* weight, const Real* bias, bool add, View<Real> y,
                                 size_t firstVector) {
    const Real *weights[NUM_VECTORS], *biases[NUM_VECTORS];
    Real* target[NUM_VECTORS];
    for (int c = 0; c < NUM_VECTORS; c++) {
        const size_t panel = (firstVector + c) / PARTS<Real>;
        const size_t lane = (firstVector + c) % PARTS<Real> * WIDTH<Real>;
        weights[c] = weight + panel * panelsOfX * PANEL_LANES * PANEL_LANES + lane;
        biases[c] = bias ? bias + panel * PANEL_LANES + lane : nullptr;
        target[c] = y.data + panel * y.stride + lane;
    }
    const auto group = [&]<size_t NUM_ROWS>() {
        multiplyGroup<NUM_VECTORS, NUM_ROWS>(x, panelsOfX, weights, biases, target, y.rowStride,
                                             add);
        x.data += NUM_ROWS * x.rowStride;
        for (int c = 0; c < NUM_VECTORS; c++) {
            target[c] += NUM_ROWS * y.rowStride;
        }
    };
    size_t row = 0;
    for (; row + ROWS_AT_ONCE <= rows; row += ROWS_AT_ONCE) {
        group.template operator()<ROWS_AT_ONCE>();
    }
    for (; row < rows; row += ROW_GROUP) {
        group.template operator()<ROW_GROUP>();
    }
}

template <class Real>
void multiply(View<const Real> x, size_t rows, size_t panelsOfX, const Real* weight,
              const Real* bias, bool add, View<Real> y, size_t panelsOfY) {
    const size_t numVectors = panelsOfY * PARTS<Real>;
    size_t first = 0;
    for (; first + VECTORS_AT_ONCE <= numVectors; first += VECTORS_AT_ONCE) {
        multiplyVectors<VECTORS_AT_ONCE>(x, rows, panelsOfX, weight, bias, add, y, first);
    }
    const auto rest = [&]<int NUM_VECTORS>() {
        multiplyVectors<NUM_VECTORS>(x, rows, panelsOfX, weight, bias, add, y, first);
    };
    switch (numVectors - first) {
    case 3:
        return rest.template operator()<3>();
    case 2:
        return rest.template operator()<2>();
    case 1:
        return rest.template operator()<1>();
    }
}

template <class Real>
void multiplyTransposed(View<const Real> x, View<const Real> y, size_t rows, size_t panelsOfX,
                        size_t panelsOfY, Real* result) {
    using V = Vector<Real>;
    constexpr size_t COLUMNS = 8;
    for (size_t part = 0; part < panelsOfY * PARTS<Real>; part++) {
        const size_t panel = part / PARTS<Real>, lane = part % PARTS<Real> * WIDTH<Real>;
        for (size_t column = 0; column < panelsOfX * PANEL_LANES; column += COLUMNS) {
            const Real* left = x.data + column / PANEL_LANES * x.stride + column % PANEL_LANES;
            const Real* right = y.data + panel * y.stride + lane;
            V sums[COLUMNS] = {};
            for (size_t row = 0; row < rows; row++) {
                const V value = load(right + row * y.rowStride);
                for (size_t a = 0; a < COLUMNS; a++) {
                    sums[a] += left[row * x.rowStride + a] * value;
                }
            }
            for (size_t a = 0; a < COLUMNS; a++) {
                store<Real>(
                    sums[a],
                    result + ((panel * panelsOfX * PANEL_LANES) + column + a) * PANEL_LANES + lane);
            }
        }
    }
}

} // namespace

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_KERNELS_PRODUCTS_H_

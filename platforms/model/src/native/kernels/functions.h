// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_KERNELS_FUNCTIONS_H_
#define OPENMMGEMS_NATIVE_KERNELS_FUNCTIONS_H_

#include "simd.h"

/** Functions of each number of a matrix, and sums over its columns. Included by kernels.cpp alone.
 */

namespace OpenMMGems {

namespace {

/** visit(panel, place of a row's vector, lane) for all vectors of a matrix. */
template <class Real, class Visit>
GEMS_INLINE void forVectors(size_t rows, size_t panels, Visit visit) {
    for (size_t panel = 0; panel < panels; panel++) {
        for (size_t lane = 0; lane < PANEL_LANES; lane += WIDTH<Real>) {
            for (size_t row = 0; row < rows; row++) {
                visit(row, (panel * rows + row) * PANEL_LANES + lane, panel * PANEL_LANES + lane);
            }
        }
    }
}

template <class Real>
void swish(const Real* x, const Real* alpha, const Real* beta, size_t rows, size_t panels,
           Real* y) {
    forVectors<Real>(rows, panels, [&](size_t, size_t place, size_t column) {
        const Vector<Real> value = load(x + place);
        const Vector<Real> sigmoid =
            reciprocal(Real(1) + exponential(-load(beta + column) * value));
        store<Real>(load(alpha + column) * value * sigmoid, y + place);
    });
}

template <class Real>
void multiplySwishSlope(const Real* x, const Real* alpha, const Real* beta, size_t rows,
                        size_t panels, Real* gradient) {
    forVectors<Real>(rows, panels, [&](size_t, size_t place, size_t column) {
        const Vector<Real> z = load(beta + column) * load(x + place);
        const Vector<Real> sigmoid = reciprocal(Real(1) + exponential(-z));
        store<Real>(load(gradient + place) * load(alpha + column) * sigmoid *
                        (Real(1) + z * (Real(1) - sigmoid)),
                    gradient + place);
    });
}

template <class Real>
void addSwishSlope(const Real* x, const Real* alpha, const Real* beta, const Real* factor,
                   size_t rows, size_t panels, Real* gradient) {
    forVectors<Real>(rows, panels, [&](size_t, size_t place, size_t column) {
        const Vector<Real> z = load(beta + column) * load(x + place);
        const Vector<Real> sigmoid = reciprocal(Real(1) + exponential(-z));
        const Vector<Real> slope =
            load(alpha + column) * sigmoid * (Real(1) + z * (Real(1) - sigmoid));
        store<Real>(load(gradient + place) + load(factor + place) * slope, gradient + place);
    });
}

template <class Real>
void add(const Real* x, size_t number, Real* y) {
    for (size_t k = 0; k < number; k += WIDTH<Real>) {
        store<Real>(load(y + k) + load(x + k), y + k);
    }
}

template <class Real>
void dotRows(const Real* x, const Real* y, size_t rows, size_t panels, Real* sums) {
    for (size_t row = 0; row < rows; row++) {
        Vector<Real> sum = {};
        for (size_t panel = 0; panel < panels; panel++) {
            for (size_t lane = 0; lane < PANEL_LANES; lane += WIDTH<Real>) {
                const size_t place = (panel * rows + row) * PANEL_LANES + lane;
                sum += load(x + place) * load(y + place);
            }
        }
        sums[row] = total(sum);
    }
}

template <class Real>
void dotVector(const Real* x, const Real* vector, size_t rows, size_t panels, Real* sums) {
    for (size_t row = 0; row < rows; row++) {
        Vector<Real> sum = {};
        for (size_t panel = 0; panel < panels; panel++) {
            for (size_t lane = 0; lane < PANEL_LANES; lane += WIDTH<Real>) {
                sum += load(x + (panel * rows + row) * PANEL_LANES + lane) *
                       load(vector + panel * PANEL_LANES + lane);
            }
        }
        sums[row] = total(sum);
    }
}

template <class Real>
void scaleRows(const Real* a, size_t rows, size_t panels, Real* y) {
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t) {
        store<Real>(a[row] * load(y + place), y + place);
    });
}

template <class Real>
void addScaledRows(const Real* a, const Real* x, size_t rows, size_t panels, Real* y) {
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t) {
        store<Real>(load(y + place) + a[row] * load(x + place), y + place);
    });
}

template <class Real>
void addOuter(const Real* a, const Real* vector, size_t rows, size_t panels, Real* y) {
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t column) {
        store<Real>(load(y + place) + a[row] * load(vector + column), y + place);
    });
}

template <class Real>
void exponentials(const Real* shift, Real scale, Real epsilon, size_t rows, size_t panels,
                  Real* y) {
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t) {
        store<Real>(scale * (exponential(load(y + place) - shift[row]) + epsilon), y + place);
    });
}

template <class Real>
void multiplyShifted(const Real* y, Real rest, size_t rows, size_t panels, Real* gradient) {
    forVectors<Real>(rows, panels, [&](size_t, size_t place, size_t) {
        store<Real>(load(gradient + place) * (load(y + place) - rest), gradient + place);
    });
}

template <class Real>
void addProducts(const Real* projected, size_t rows, size_t numComponents, size_t panels, Real* h) {
    const size_t half = panels * rows * numComponents * PANEL_LANES;
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t column) {
        const size_t first = ((column / PANEL_LANES) * rows + row) * numComponents * PANEL_LANES +
                             column % PANEL_LANES;
        Vector<Real> sum = load(h + place);
        for (size_t c = 0; c < numComponents; c++) {
            const Real* left = projected + first + c * PANEL_LANES;
            sum += load(left) * load(left + half);
        }
        store<Real>(sum, h + place);
    });
}

template <class Real>
void transposeProducts(const Real* h, size_t rows, size_t numComponents, size_t panels,
                       Real* projected) {
    const size_t half = panels * rows * numComponents * PANEL_LANES;
    forVectors<Real>(rows, panels, [&](size_t row, size_t place, size_t column) {
        const size_t first = ((column / PANEL_LANES) * rows + row) * numComponents * PANEL_LANES +
                             column % PANEL_LANES;
        const Vector<Real> factor = load(h + place);
        for (size_t c = 0; c < numComponents; c++) {
            Real* left = projected + first + c * PANEL_LANES;
            const Vector<Real> ofLeft = factor * load(left + half);
            store<Real>(factor * load(left), left + half);
            store<Real>(ofLeft, left);
        }
    });
}

} // namespace

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_KERNELS_FUNCTIONS_H_

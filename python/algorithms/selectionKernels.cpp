// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Compiled once for every instruction set, named by GEMS_INSTRUCTION_SET.

#include "SelectionKernels.h"
#include "simd.h"

namespace OpenMMGems {

namespace {

using Doubles = Vector<double>;
using Floats = Vector<float>;
static_assert(FRAME_LANES % WIDTH<double> == 0 && COLUMN_BLOCK % WIDTH<float> == 0);

/** Enough for singular values to 2e-15 of the largest; one less leaves errors of 1e-8. */
constexpr int NUM_SWEEPS = 4;

GEMS_INLINE Doubles squareRoot(const Doubles& x) {
    Doubles result;
    for (size_t k = 0; k < WIDTH<double>; k++) {
        result[k] = __builtin_sqrt(x[k]);
    }
    return result;
}

GEMS_INLINE Doubles dot(const Doubles* p, const Doubles* q) {
    return p[0] * q[0] + p[1] * q[1] + p[2] * q[2];
}

/** Turns two columns until they are perpendicular; 1e-300 guards columns that already are. */
GEMS_INLINE void rotate(Doubles* p, Doubles* q) {
    const Doubles difference = dot(q, q) - dot(p, p);
    const Doubles twice = 2.0 * dot(p, q);
    const Doubles size = difference < 0.0 ? -difference : difference;
    const Doubles root = squareRoot(difference * difference + twice * twice);
    const Doubles tangent = (difference < 0.0 ? -twice : twice) / (size + root + 1e-300);
    const Doubles cosine = 1.0 / squareRoot(1.0 + tangent * tangent);
    const Doubles sine = cosine * tangent;
    for (int row = 0; row < 3; row++) {
        const Doubles before = p[row];
        p[row] = cosine * before - sine * q[row];
        q[row] = sine * before + cosine * q[row];
    }
}

/**
 * Sum of the singular values of matrices [column][row], the smallest negative if the determinant
 * is: what the best proper rotation makes of their trace (Kabsch 1976, doi:10.1107/
 * S0567739476001873). One-sided Jacobi rotations find small singular values to all digits, where
 * roots of the characteristic polynomial would lose half of them for atoms in a line or a plane.
 */
GEMS_INLINE Doubles largestTrace(Doubles (&columns)[3][3]) {
    for (int sweep = 0; sweep < NUM_SWEEPS; sweep++) {
        rotate(columns[0], columns[1]);
        rotate(columns[0], columns[2]);
        rotate(columns[1], columns[2]);
    }
    const auto& [a, b, c] = columns;
    const Doubles determinant = a[0] * (b[1] * c[2] - b[2] * c[1]) +
                                a[1] * (b[2] * c[0] - b[0] * c[2]) +
                                a[2] * (b[0] * c[1] - b[1] * c[0]);
    const Doubles x = squareRoot(dot(a, a)), y = squareRoot(dot(b, b)), z = squareRoot(dot(c, c));
    Doubles smallest = x < y ? x : y;
    smallest = smallest < z ? smallest : z;
    return x + y + z - (determinant < 0.0 ? 2.0 * smallest : Doubles{});
}

void superpose(const double* frame, double norm, const FramePanel& panel, double* squares) {
    for (size_t lane = 0; lane < FRAME_LANES; lane += WIDTH<double>) {
        Doubles covariance[3][3] = {};
        const double* other = panel.positions + lane;
        for (size_t i = 0; i < 3 * panel.numAtoms; i += 3) {
            for (int column = 0; column < 3; column++) {
                const Doubles theirs = load<double>(other + (i + column) * FRAME_LANES);
                for (int row = 0; row < 3; row++) {
                    covariance[column][row] += frame[i + row] * theirs;
                }
            }
        }
        const Doubles sum =
            norm + load<double>(panel.norms + lane) - 2.0 * largestTrace(covariance);
        store<double>(sum > 0.0 ? sum : Doubles{}, squares + lane);
    }
}

/** One vector, or one number, of updateAvailabilities; returns availability + similarity. */
template <class Number>
GEMS_INLINE Number updateOne(const MessageRow& row, Number similarity, Number support,
                             float damping, Number& availability) {
    const Number zero{};
    const Number responsibility = row.scale * similarity - row.shift;
    const Number excess = (responsibility > zero ? responsibility : zero) - support;
    availability = damping * availability - (1.0F - damping) * (excess > zero ? excess : zero);
    return availability + similarity;
}

void updateAvailabilities(const MessageRow& row, const float* support, float damping,
                          float* availability, float* largest) {
    constexpr size_t STEP = WIDTH<float>;
    for (size_t start = 0; start < row.numColumns; start += COLUMN_BLOCK) {
        const size_t left = row.numColumns - start;
        const size_t end = start + (left < COLUMN_BLOCK ? left : COLUMN_BLOCK);
        Floats best = broadcast(-__builtin_inff());
        size_t k = start;
        for (; k + STEP <= end; k += STEP) {
            Floats value = load<float>(availability + k);
            const Floats sum = updateOne(row, load<float>(row.similarity + k),
                                         load<float>(support + k), damping, value);
            store<float>(value, availability + k);
            best = sum > best ? sum : best;
        }
        float result = best[0];
        for (size_t lane = 1; lane < STEP; lane++) {
            result = best[lane] > result ? best[lane] : result;
        }
        for (; k < end; k++) {
            const float sum =
                updateOne(row, row.similarity[k], support[k], damping, availability[k]);
            result = sum > result ? sum : result;
        }
        largest[start / COLUMN_BLOCK] = result;
    }
}

void addSupport(const MessageRow& row, double* sums) {
    constexpr size_t STEP = WIDTH<float>;
    size_t k = 0;
    const auto addOne = [&](size_t column) {
        const float responsibility = row.scale * row.similarity[column] - row.shift;
        sums[column] += responsibility > 0.0F ? responsibility : 0.0F;
    };
    for (; k + STEP <= row.numColumns; k += STEP) {
        const Floats responsibility = row.scale * load<float>(row.similarity + k) - row.shift;
        if (any(responsibility > 0.0F)) {
            for (size_t lane = 0; lane < STEP; lane++) {
                addOne(k + lane);
            }
        }
    }
    for (; k < row.numColumns; k++) {
        addOne(k);
    }
}

} // namespace

namespace GEMS_INSTRUCTION_SET {

extern constinit const SelectionKernels SELECTION_KERNELS = {superpose, updateAvailabilities,
                                                             addSupport};

} // namespace GEMS_INSTRUCTION_SET

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "kernels.h"
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#define GEMS_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define GEMS_INLINE inline __attribute__((always_inline))

namespace OpenMMGems {

namespace {

/** As many numbers as fit the widest registers; narrower machines take several for one. */
typedef float FloatVector __attribute__((vector_size(64)));
typedef double DoubleVector __attribute__((vector_size(64)));
template <class Real>
struct VectorOf;
template <>
struct VectorOf<float> {
    using Type = FloatVector;
};
template <>
struct VectorOf<double> {
    using Type = DoubleVector;
};

template <class V, class Real>
GEMS_INLINE void load(const Real* source, V& value) {
    std::memcpy(&value, source, sizeof(V));
}

template <class V, class Real>
GEMS_INLINE void store(const V& value, Real* target) {
    std::memcpy(target, &value, sizeof(V));
}

template <class Real>
GEMS_INLINE Real total(Real value) {
    return value;
}
GEMS_INLINE float total(const FloatVector& value) {
    float sum = 0;
    for (int k = 0; k < 16; k++) {
        sum += value[k];
    }
    return sum;
}
GEMS_INLINE double total(const DoubleVector& value) {
    double sum = 0;
    for (int k = 0; k < 8; k++) {
        sum += value[k];
    }
    return sum;
}

/** Calls visit(vector or number, place) for all columns, as many at a time as possible. */
template <class Real, class Visit>
GEMS_INLINE void forColumns(size_t numColumns, Visit visit) {
    using V = typename VectorOf<Real>::Type;
    constexpr size_t WIDTH = sizeof(V) / sizeof(Real);
    size_t column = 0;
    for (; column + WIDTH <= numColumns; column += WIDTH) {
        visit(V{}, column);
    }
    for (; column < numColumns; column++) {
        visit(Real{}, column);
    }
}

template <int NUM_D, class Real>
GEMS_INLINE void collect(const Messages<Real>& m, const Real* sourceS, const Real* sourceP,
                         const Real* sourceD, Real* s, Real* p, Real* d) {
    const size_t n = m.numFeatures;
    forColumns<Real>(n, [&](auto zero, size_t f) __attribute__((always_inline)) {
        using V = decltype(zero);
        V ofS, ofP[3] = {}, ofD[NUM_D] = {};
        load(s + f, ofS);
        for (size_t k = 0; k < m.numPairs; k++) {
            const Real* g = m.filter + 3 * n * k + f;
            const Real* angular = m.angular + (3 + NUM_D) * k;
            const size_t source = n * m.j[k] + f;
            V filter, message;
            load(g, filter);
            load(sourceS + source, message);
            ofS += filter * message;
            load(g + n, filter);
            load(sourceP + source, message);
            message *= filter;
            for (int a = 0; a < 3; a++) {
                ofP[a] += angular[a] * message;
            }
            load(g + 2 * n, filter);
            load(sourceD + source, message);
            message *= filter;
            for (int a = 0; a < NUM_D; a++) {
                ofD[a] += angular[3 + a] * message;
            }
        }
        store(ofS, s + f);
        for (int a = 0; a < 3; a++) {
            store(ofP[a], p + n * a + f);
        }
        for (int a = 0; a < NUM_D; a++) {
            store(ofD[a], d + n * a + f);
        }
    });
}

template <int NUM_D, class Real>
GEMS_INLINE void ofPairs(const Messages<Real>& m, const Real* sourceS, const Real* sourceP,
                         const Real* sourceD, const Real* s, const Real* p, const Real* d,
                         Real* gradient) {
    const size_t n = m.numFeatures;
    for (size_t k = 0; k < m.numPairs; k++) {
        const Real* angular = m.angular + (3 + NUM_D) * k;
        const size_t source = n * m.j[k];
        Real sums[4 + NUM_D] = {};
        const auto add = [&](auto zero, size_t first, size_t end, size_t step)
                             __attribute__((always_inline)) {
                                 using V = decltype(zero);
                                 V ofR = {}, ofU[3] = {}, ofY[NUM_D] = {};
                                 for (size_t f = first; f + step <= end; f += step) {
                                     const Real* g = m.filter + 3 * n * k + f;
                                     const Real* h = m.filterSlope + 3 * n * k + f;
                                     V message, filter, slope, own, along = {};
                                     load(sourceS + source + f, message);
                                     load(h, slope);
                                     load(s + f, own);
                                     ofR += own * message * slope;
                                     load(sourceP + source + f, message);
                                     load(g + n, filter);
                                     load(h + n, slope);
                                     filter *= message;
                                     for (int a = 0; a < 3; a++) {
                                         load(p + n * a + f, own);
                                         ofU[a] += filter * own;
                                         along += angular[a] * own;
                                     }
                                     ofR += along * message * slope;
                                     load(sourceD + source + f, message);
                                     load(g + 2 * n, filter);
                                     load(h + 2 * n, slope);
                                     filter *= message;
                                     along = V{};
                                     for (int a = 0; a < NUM_D; a++) {
                                         load(d + n * a + f, own);
                                         ofY[a] += filter * own;
                                         along += angular[3 + a] * own;
                                     }
                                     ofR += along * message * slope;
                                 }
                                 sums[0] += total(ofR);
                                 for (int a = 0; a < 3; a++) {
                                     sums[1 + a] += total(ofU[a]);
                                 }
                                 for (int a = 0; a < NUM_D; a++) {
                                     sums[4 + a] += total(ofY[a]);
                                 }
                             };
        using Wide = typename VectorOf<Real>::Type;
        constexpr size_t WIDTH = sizeof(Wide) / sizeof(Real);
        const size_t whole = n / WIDTH * WIDTH;
        add(Wide{}, 0, whole, WIDTH);
        if (whole < n) {
            add(Real{}, whole, n, 1);
        }
        std::memcpy(gradient + (4 + NUM_D) * k, sums, sizeof(sums));
    }
}

template <int NUM_D, class Real>
GEMS_INLINE void ofSource(const Messages<Real>& m, const Real* s, const Real* p, const Real* d,
                          Real* sourceS, Real* sourceP, Real* sourceD) {
    const size_t n = m.numFeatures;
    forColumns<Real>(n, [&](auto zero, size_t f) __attribute__((always_inline)) {
        using V = decltype(zero);
        V ofS = {}, ofP = {}, ofD = {};
        for (size_t k = 0; k < m.numPairs; k++) {
            const Real* g = m.filter + 3 * n * k + f;
            const Real* angular = m.angular + (3 + NUM_D) * k;
            const size_t j = m.j[k];
            V filter, other, along = {};
            load(g, filter);
            load(s + n * j + f, other);
            ofS += filter * other;
            for (int a = 0; a < 3; a++) {
                load(p + n * (3 * j + a) + f, other);
                along -= angular[a] * other; // the neighbour sees the opposite unit vector
            }
            load(g + n, filter);
            ofP += filter * along;
            along = V{};
            for (int a = 0; a < NUM_D; a++) {
                load(d + n * (NUM_D * j + a) + f, other);
                along += angular[3 + a] * other;
            }
            load(g + 2 * n, filter);
            ofD += filter * along;
        }
        store(ofS, sourceS + f);
        store(ofP, sourceP + f);
        store(ofD, sourceD + f);
    });
}

/** e^x to two units in the last place: 2^n times a polynomial of the rest. */
GEMS_INLINE float exponential(float x) {
    // Not further: products with e^-88 would be subnormal numbers, which are slow.
    constexpr float LARGEST = 80.0F, LOG2E = 1.44269504F, ROUND = 12582912.0F;
    constexpr float LN2_HIGH = 0.693359375F, LN2_LOW = -2.12194440e-4F;
    x = x < -LARGEST ? -LARGEST : x;
    x = x > LARGEST ? LARGEST : x;
    const float n = (x * LOG2E + ROUND) - ROUND;
    const float r = x - n * LN2_HIGH - n * LN2_LOW;
    float sum = 1.0F / 5040;
    sum = sum * r + 1.0F / 720;
    sum = sum * r + 1.0F / 120;
    sum = sum * r + 1.0F / 24;
    sum = sum * r + 1.0F / 6;
    sum = sum * r + 0.5F;
    sum = sum * r + 1.0F;
    sum = sum * r + 1.0F;
    return sum * std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
}
GEMS_INLINE double exponential(double x) {
    return std::exp(x);
}

template <class Real>
GEMS_INLINE void applySwish(const Real* __restrict x, const Real* __restrict alpha,
                            const Real* __restrict beta, size_t rows, size_t columns,
                            Real* __restrict y) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t f = 0; f < columns; f++) {
            const Real value = x[columns * i + f];
            y[columns * i + f] = alpha[f] * value / (1 + exponential(-beta[f] * value));
        }
    }
}

template <class Real>
GEMS_INLINE void applySwishDerivative(const Real* __restrict x, const Real* __restrict alpha,
                                      const Real* __restrict beta, size_t rows, size_t columns,
                                      Real* __restrict gradient) {
    for (size_t i = 0; i < rows; i++) {
        for (size_t f = 0; f < columns; f++) {
            const Real z = beta[f] * x[columns * i + f];
            const Real sigmoid = 1 / (1 + exponential(-z));
            gradient[columns * i + f] *= alpha[f] * sigmoid * (1 + z * (1 - sigmoid));
        }
    }
}

} // namespace

#define GEMS_INSTANTIATE(Real)                                                                     \
    GEMS_CLONES void collectMessages(const Messages<Real>& m, const Real* sourceS,                 \
                                     const Real* sourceP, const Real* sourceD, Real* s, Real* p,   \
                                     Real* d) {                                                    \
        if (m.numD == 5) {                                                                         \
            collect<5>(m, sourceS, sourceP, sourceD, s, p, d);                                     \
        } else {                                                                                   \
            collect<6>(m, sourceS, sourceP, sourceD, s, p, d);                                     \
        }                                                                                          \
    }                                                                                              \
    GEMS_CLONES void gradientOfPairs(const Messages<Real>& m, const Real* sourceS,                 \
                                     const Real* sourceP, const Real* sourceD, const Real* s,      \
                                     const Real* p, const Real* d, Real* gradient) {               \
        if (m.numD == 5) {                                                                         \
            ofPairs<5>(m, sourceS, sourceP, sourceD, s, p, d, gradient);                           \
        } else {                                                                                   \
            ofPairs<6>(m, sourceS, sourceP, sourceD, s, p, d, gradient);                           \
        }                                                                                          \
    }                                                                                              \
    GEMS_CLONES void gradientOfSource(const Messages<Real>& m, const Real* s, const Real* p,       \
                                      const Real* d, Real* sourceS, Real* sourceP,                 \
                                      Real* sourceD) {                                             \
        if (m.numD == 5) {                                                                         \
            ofSource<5>(m, s, p, d, sourceS, sourceP, sourceD);                                    \
        } else {                                                                                   \
            ofSource<6>(m, s, p, d, sourceS, sourceP, sourceD);                                    \
        }                                                                                          \
    }                                                                                              \
    GEMS_CLONES void swish(const Real* x, const Real* alpha, const Real* beta, size_t rows,        \
                           size_t columns, Real* y) {                                              \
        applySwish(x, alpha, beta, rows, columns, y);                                              \
    }                                                                                              \
    GEMS_CLONES void multiplySwishDerivative(const Real* x, const Real* alpha, const Real* beta,   \
                                             size_t rows, size_t columns, Real* gradient) {        \
        applySwishDerivative(x, alpha, beta, rows, columns, gradient);                             \
    }

GEMS_INSTANTIATE(float)
GEMS_INSTANTIATE(double)

GEMS_CLONES void interpolate(const float* coefficients, float t, float slopeOfT, size_t numColumns,
                             float* values, float* slopes) {
    forColumns<float>(numColumns, [&](auto zero, size_t c) __attribute__((always_inline)) {
        using V = decltype(zero);
        V value, slope = {}, term;
        load(coefficients + 5 * numColumns + c, value);
        for (int k = 4; k >= 0; k--) {
            slope = slope * t + value;
            load(coefficients + k * numColumns + c, term);
            value = value * t + term;
        }
        store(value, values + c);
        if (slopes) {
            slope *= slopeOfT;
            store(slope, slopes + c);
        }
    });
}

} // namespace OpenMMGems

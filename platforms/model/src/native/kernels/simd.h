// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_SIMD_H_
#define OPENMMGEMS_NATIVE_SIMD_H_

#include "Kernels.h"
#include <cmath>
#include <cstdint>
#include <cstring>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

/** Vectors of numbers as wide as the registers of the instruction set that is compiled for. */

#define GEMS_INLINE inline __attribute__((always_inline))

namespace OpenMMGems {

namespace {

#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64;
#elif defined(__AVX__)
constexpr int VECTOR_BYTES = 32;
#else
constexpr int VECTOR_BYTES = 16;
#endif

typedef float FloatVector __attribute__((vector_size(VECTOR_BYTES)));
typedef double DoubleVector __attribute__((vector_size(VECTOR_BYTES)));
typedef int32_t IntVector __attribute__((vector_size(VECTOR_BYTES)));
typedef int64_t LongVector __attribute__((vector_size(VECTOR_BYTES)));

template <class Real>
struct Simd;
template <>
struct Simd<float> {
    using Vector = FloatVector;
    using Mask = IntVector;
};
template <>
struct Simd<double> {
    using Vector = DoubleVector;
    using Mask = LongVector;
};
template <class Real>
using Vector = typename Simd<Real>::Vector;
template <class Real>
using Mask = typename Simd<Real>::Mask;
template <class Real>
constexpr size_t WIDTH = VECTOR_BYTES / sizeof(Real);

template <class Real>
GEMS_INLINE Vector<Real> load(const Real* source) {
    Vector<Real> value;
    std::memcpy(&value, source, sizeof(value));
    return value;
}

template <class Real>
GEMS_INLINE void store(const Vector<Real>& value, Real* target) {
    std::memcpy(target, &value, sizeof(value));
}

template <class Real>
GEMS_INLINE Vector<Real> broadcast(Real value) {
    return Vector<Real>{} + value;
}

GEMS_INLINE float total(const FloatVector& value) {
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps(reinterpret_cast<__m512>(value));
#else
    float sum = 0;
    for (size_t k = 0; k < WIDTH<float>; k++) {
        sum += value[k];
    }
    return sum;
#endif
}
GEMS_INLINE double total(const DoubleVector& value) {
    double sum = 0;
    for (size_t k = 0; k < WIDTH<double>; k++) {
        sum += value[k];
    }
    return sum;
}

GEMS_INLINE bool any(const IntVector& mask) {
#if defined(__AVX512F__)
    return _mm512_test_epi32_mask(reinterpret_cast<__m512i>(mask),
                                  reinterpret_cast<__m512i>(mask)) != 0;
#else
    int32_t sum = 0;
    for (size_t k = 0; k < WIDTH<float>; k++) {
        sum |= mask[k];
    }
    return sum != 0;
#endif
}
GEMS_INLINE bool any(const LongVector& mask) {
    int64_t sum = 0;
    for (size_t k = 0; k < WIDTH<double>; k++) {
        sum |= mask[k];
    }
    return sum != 0;
}

GEMS_INLINE FloatVector reciprocal(const FloatVector& x) {
#if defined(__AVX512F__)
    const auto estimate =
        reinterpret_cast<FloatVector>(_mm512_rcp14_ps(reinterpret_cast<__m512>(x)));
    return estimate * (2.0F - x * estimate);
#else
    return 1.0F / x;
#endif
}
GEMS_INLINE DoubleVector reciprocal(const DoubleVector& x) {
    return 1.0 / x;
}

GEMS_INLINE FloatVector reciprocalRoot(const FloatVector& x) {
#if defined(__AVX512F__)
    const auto estimate =
        reinterpret_cast<FloatVector>(_mm512_rsqrt14_ps(reinterpret_cast<__m512>(x)));
    return estimate * (1.5F - 0.5F * x * estimate * estimate);
#else
    FloatVector result;
    for (size_t k = 0; k < WIDTH<float>; k++) {
        result[k] = 1.0F / sqrtf(x[k]);
    }
    return result;
#endif
}
GEMS_INLINE DoubleVector reciprocalRoot(const DoubleVector& x) {
    DoubleVector result;
    for (size_t k = 0; k < WIDTH<double>; k++) {
        result[k] = 1.0 / sqrt(x[k]);
    }
    return result;
}

/**
 * e^x to two units in the last place: 2^n times a polynomial of the rest. NaN stays NaN; see
 * LARGEST_EXPONENT for its range.
 */
GEMS_INLINE FloatVector exponential(FloatVector x) {
    constexpr float LARGEST = LARGEST_EXPONENT<float>, LOG2E = 1.44269504F;
    constexpr float LN2_HIGH = 0.693359375F, LN2_LOW = -2.12194440e-4F;
#if defined(__AVX512F__)
    // The second operand is what comes out for NaN.
    const __m512 raised = _mm512_max_ps(_mm512_set1_ps(-LARGEST), reinterpret_cast<__m512>(x));
    x = reinterpret_cast<FloatVector>(_mm512_min_ps(_mm512_set1_ps(LARGEST), raised));
    const FloatVector n = reinterpret_cast<FloatVector>(
        _mm512_roundscale_ps(reinterpret_cast<__m512>(x * LOG2E), _MM_FROUND_TO_NEAREST_INT));
#else
    constexpr float ROUND = 12582912.0F;
    x = x < -LARGEST ? broadcast(-LARGEST) : x;
    x = x > LARGEST ? broadcast(LARGEST) : x;
    const FloatVector n = (x * LOG2E + ROUND) - ROUND;
#endif
    const FloatVector r = x - n * LN2_HIGH - n * LN2_LOW;
    FloatVector sum = broadcast(1.0F / 5040);
    sum = sum * r + 1.0F / 720;
    sum = sum * r + 1.0F / 120;
    sum = sum * r + 1.0F / 24;
    sum = sum * r + 1.0F / 6;
    sum = sum * r + 0.5F;
    sum = sum * r + 1.0F;
    sum = sum * r + 1.0F;
#if defined(__AVX512F__)
    return reinterpret_cast<FloatVector>(
        _mm512_scalef_ps(reinterpret_cast<__m512>(sum), reinterpret_cast<__m512>(n)));
#else
    const IntVector power = (__builtin_convertvector(n, IntVector) + 127) << 23;
    return sum * reinterpret_cast<FloatVector>(power);
#endif
}
GEMS_INLINE DoubleVector exponential(DoubleVector x) {
    constexpr double LARGEST = LARGEST_EXPONENT<double>, LOG2E = 1.4426950408889634074,
                     ROUND = 6755399441055744.0;
    constexpr double LN2_HIGH = 0.693145751953125, LN2_LOW = 1.42860682030941723212e-6;
    constexpr int DEGREE = 13;
    x = x < -LARGEST ? broadcast(-LARGEST) : x;
    x = x > LARGEST ? broadcast(LARGEST) : x;
    const DoubleVector shifted = x * LOG2E + ROUND; // the lowest bits are the integer
    const DoubleVector n = shifted - ROUND;
    const DoubleVector r = x - n * LN2_HIGH - n * LN2_LOW;
    DoubleVector sum = broadcast(1.0);
    for (int k = DEGREE; k > 0; k--) {
        sum = sum * r * (1.0 / k) + 1.0;
    }
    const LongVector power = (reinterpret_cast<LongVector>(shifted) + 1023) << 52;
    return sum * reinterpret_cast<DoubleVector>(power);
}

/** target[0..3] += totals of four vectors. */
template <class V, class Real>
GEMS_INLINE void addTotals(const V& a, const V& b, const V& c, const V& d, Real* target) {
    target[0] += total(a);
    target[1] += total(b);
    target[2] += total(c);
    target[3] += total(d);
}
#if defined(__AVX512F__)
GEMS_INLINE void addTotals(const FloatVector& a, const FloatVector& b, const FloatVector& c,
                           const FloatVector& d, float* target) {
    const auto of = [](const FloatVector& v) { return reinterpret_cast<__m512>(v); };
    const __m512 ab =
        _mm512_add_ps(_mm512_unpacklo_ps(of(a), of(b)), _mm512_unpackhi_ps(of(a), of(b)));
    const __m512 cd =
        _mm512_add_ps(_mm512_unpacklo_ps(of(c), of(d)), _mm512_unpackhi_ps(of(c), of(d)));
    const __m512 all =
        _mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xEE));
    const __m256 half =
        _mm256_add_ps(_mm512_castps512_ps256(all),
                      _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(all), 1)));
    const __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    _mm_storeu_ps(target, _mm_add_ps(_mm_loadu_ps(target), quarter));
}
#endif

/** Vectors that make up a panel's row. */
template <class Real>
constexpr size_t PARTS = PANEL_LANES / WIDTH<Real>;

} // namespace

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_SIMD_H_

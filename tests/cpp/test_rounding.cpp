// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "support/catch.h"
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace {

#define DEVICE inline
#include "kernels/native/rounding.cc"
#undef DEVICE

/** The last bits, which tensor cores do not look at. */
constexpr uint32_t CUT_OFF = 0x1fff;

/** The nearest multiple of the last of 11 digits, in double precision. */
double roundedByArithmetic(float x) {
    const int exponent = std::max(std::ilogb(x), std::numeric_limits<float>::min_exponent - 1);
    const double last = std::ldexp(1.0, exponent - 10);
    return std::round(x / last) * last; // ties away from zero
}

float roundedByBits(float x) {
    return std::bit_cast<float>(roundBitsToElevenDigits(std::bit_cast<uint32_t>(x)));
}

} // namespace

TEST_CASE("numbers are rounded to eleven digits", "[rounding]") {
    std::mt19937 generator(3);
    for (int k = 0; k < 1000000; k++) {
        const auto x = std::bit_cast<float>(static_cast<uint32_t>(generator()));
        if (std::isfinite(x) && x != 0) {
            const double expected = roundedByArithmetic(x);
            const float found = roundedByBits(x);
            // Beyond the largest number there is infinity.
            const bool overflows = std::abs(expected) > std::numeric_limits<float>::max();
            REQUIRE((overflows ? std::isinf(found) : found == expected));
            REQUIRE(std::signbit(found) == std::signbit(x));
            REQUIRE((std::bit_cast<uint32_t>(found) & CUT_OFF) == 0);
        }
    }
}

TEST_CASE("rounding keeps zero, denormal numbers, infinity and NaN what they are", "[rounding]") {
    for (const uint32_t sign : {0U, 0x80000000U}) {
        for (const uint32_t exact :
             {0U, 0x2000U, 0x7fe000U, 0x3f800000U, 0x7f7fe000U, 0x7f800000U}) {
            CHECK(roundBitsToElevenDigits(sign | exact) == (sign | exact));
        }
        // Denormal numbers lose digits, not their size.
        CHECK(roundBitsToElevenDigits(sign | 0x1U) == sign);
        CHECK(roundBitsToElevenDigits(sign | 0x1000U) == (sign | 0x2000U));
        // NVIDIA's NaN, others with bits at either end, and what signals.
        for (const uint32_t nan : {0x7fffffffU, 0x7fc00000U, 0x7f800001U, 0x7fffe000U, 0x7ffff000U,
                                   0x7f801000U, 0x7fa00000U}) {
            const uint32_t rounded = roundBitsToElevenDigits(sign | nan);
            CHECK(std::isnan(std::bit_cast<float>(rounded & ~CUT_OFF)));
        }
    }
}

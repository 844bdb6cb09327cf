// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Rounding of single-precision numbers by their bits. This text is C++ as well, for its test.

/**
 * The nearest number of 11 binary digits, ties away from zero: what tensor cores keep of a number.
 * They cut off the last 13 bits, and so must find a NaN in those before: NVIDIA's own, 0x7fffffff,
 * has bits that a carry would turn into zero.
 */
DEVICE unsigned int roundBitsToElevenDigits(unsigned int bits) {
    return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : (bits + 0x1000) & 0xffffe000;
}

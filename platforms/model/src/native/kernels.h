// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_KERNELS_H_
#define OPENMMGEMS_NATIVE_KERNELS_H_

#include <cstddef>

namespace OpenMMGems {

/**
 * The inner loops, compiled for several instruction sets of which the processor's best is taken at
 * run time. They know pointers only. All matrices are row-major; numD, the number of angular
 * functions of d type, is 5 or 6; rows of "angular" hold the unit vector from i to j and the
 * functions of d type.
 */

/** The neighbours of one atom: filters [numPairs, 3 numFeatures] for s, p and d, one row each. */
template <class Real>
struct Messages {
    size_t numFeatures, numD, numPairs;
    const int* j;
    const Real* filter;
    const Real* filterSlope; ///< may be null where it is not needed
    const Real* angular;
};

/** s += sum of messages; p [3, numFeatures] and d [numD, numFeatures] = their sums. */
void collectMessages(const Messages<float>& messages, const float* sourceS, const float* sourceP,
                     const float* sourceD, float* s, float* p, float* d);
void collectMessages(const Messages<double>& messages, const double* sourceS, const double* sourceP,
                     const double* sourceD, double* s, double* p, double* d);

/**
 * For each neighbour, the gradient by its distance, unit vector, and functions of d type:
 * [numPairs, 4 + numD]; s, p and d are the gradients by what the atom collected.
 */
void gradientOfPairs(const Messages<float>& messages, const float* sourceS, const float* sourceP,
                     const float* sourceD, const float* s, const float* p, const float* d,
                     float* gradient);
void gradientOfPairs(const Messages<double>& messages, const double* sourceS, const double* sourceP,
                     const double* sourceD, const double* s, const double* p, const double* d,
                     double* gradient);

/**
 * The gradients by what the atom sends to its neighbours; s, p and d of all atoms are the
 * gradients by what they collected.
 */
void gradientOfSource(const Messages<float>& messages, const float* s, const float* p,
                      const float* d, float* sourceS, float* sourceP, float* sourceD);
void gradientOfSource(const Messages<double>& messages, const double* s, const double* p,
                      const double* d, double* sourceS, double* sourceP, double* sourceD);

/** y = alpha x sigmoid(beta x), and gradient *= its derivative; alpha and beta by column. */
void swish(const float* x, const float* alpha, const float* beta, size_t rows, size_t columns,
           float* y);
void swish(const double* x, const double* alpha, const double* beta, size_t rows, size_t columns,
           double* y);
void multiplySwishDerivative(const float* x, const float* alpha, const float* beta, size_t rows,
                             size_t columns, float* gradient);
void multiplySwishDerivative(const double* x, const double* alpha, const double* beta, size_t rows,
                             size_t columns, double* gradient);

/**
 * Polynomials of degree five, and with slopes also their derivative: values[c] = sum over k of
 * coefficients[k][c] t^k.
 */
void interpolate(const float* coefficients, float t, float slopeOfT, size_t numColumns,
                 float* values, float* slopes);

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_KERNELS_H_

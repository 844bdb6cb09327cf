// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_MULTIPLY_H_
#define OPENMMGEMS_NATIVE_MULTIPLY_H_

#include "Matrix.h"

namespace OpenMMGems {

enum class Transpose { Neither, First, Second };

/** result = a b, or a^T b, or a b^T; result is resized and must be neither of the two. */
template <class Real>
void multiply(const Matrix<Real>& a, const Matrix<Real>& b, Transpose transpose,
              Matrix<Real>& result);

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_MULTIPLY_H_

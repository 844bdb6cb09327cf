// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "multiply.h"
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

namespace OpenMMGems {

namespace {

template <class Real>
at::Tensor view(const Matrix<Real>& matrix) {
    return at::from_blob(
        const_cast<Real*>(matrix.data()),
        {static_cast<int64_t>(matrix.rows()), static_cast<int64_t>(matrix.columns())},
        c10::CppTypeToScalarType<Real>::value);
}

} // namespace

template <class Real>
void multiply(const Matrix<Real>& a, const Matrix<Real>& b, Transpose transpose,
              Matrix<Real>& result) {
    const c10::InferenceMode noGraph;
    const at::Tensor left = transpose == Transpose::First ? view(a).t() : view(a);
    const at::Tensor right = transpose == Transpose::Second ? view(b).t() : view(b);
    result.resize(left.size(0), right.size(1));
    at::Tensor out = view(result);
    at::mm_out(out, left, right);
}

template void multiply(const Matrix<float>&, const Matrix<float>&, Transpose, Matrix<float>&);
template void multiply(const Matrix<double>&, const Matrix<double>&, Transpose, Matrix<double>&);

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Layers.h"
#include "kernels.h"
#include "multiply.h"
#include "softplus.h"
#include <cmath>

namespace OpenMMGems {

namespace {

template <class Real>
Real sigmoid(Real x) {
    return 1 / (1 + std::exp(-x));
}

template <class Real>
Real shiftedSoftplus(Real x, Real beta) {
    constexpr auto LN2 = static_cast<Real>(0.69314718055994530942);
    return beta == 0 ? x / 2 : (softplus(beta * x) - LN2) / beta;
}

} // namespace

template <class Real>
Activation<Real>::Activation(const TensorReader& reader, ActivationKind kind)
    : kind(kind), alpha(reader.numbers<Real>("alpha")), beta(reader.numbers<Real>("beta")) {}

template <class Real>
void Activation<Real>::apply(const Matrix<Real>& x, Matrix<Real>& y) const {
    y.resize(x.rows(), x.columns());
    if (kind == ActivationKind::Swish) {
        swish(x.data(), alpha.data(), beta.data(), x.rows(), x.columns(), y.data());
        return;
    }
    for (size_t i = 0; i < x.rows(); i++) {
        for (size_t f = 0; f < x.columns(); f++) {
            y.row(i)[f] = alpha[f] * shiftedSoftplus(x.row(i)[f], beta[f]);
        }
    }
}

template <class Real>
void Activation<Real>::multiplyDerivative(const Matrix<Real>& x, Matrix<Real>& gradient) const {
    if (kind == ActivationKind::Swish) {
        multiplySwishDerivative(x.data(), alpha.data(), beta.data(), x.rows(), x.columns(),
                                gradient.data());
        return;
    }
    for (size_t i = 0; i < x.rows(); i++) {
        for (size_t f = 0; f < x.columns(); f++) {
            gradient.row(i)[f] *= alpha[f] * sigmoid(beta[f] * x.row(i)[f]);
        }
    }
}

template <class Real>
Linear<Real>::Linear(const TensorReader& reader) : weight(reader.matrix<Real>("weight")) {
    if (reader.has("bias")) {
        bias = reader.numbers<Real>("bias");
    }
}

template <class Real>
void Linear<Real>::apply(const Matrix<Real>& x, Matrix<Real>& y) const {
    multiply(x, weight, Transpose::Second, y);
    if (bias.empty()) {
        return;
    }
    for (size_t i = 0; i < y.rows(); i++) {
        Real* out = y.row(i);
        for (size_t f = 0; f < y.columns(); f++) {
            out[f] += bias[f];
        }
    }
}

template <class Real>
void Linear<Real>::transposed(const Matrix<Real>& gradient, Matrix<Real>& result) const {
    multiply(gradient, weight, Transpose::Neither, result);
}

template <class Real>
ResidualStack<Real>::ResidualStack(const TensorReader& reader, ActivationKind kind) {
    for (int n = 0; reader.has("stack." + std::to_string(n) + ".linear1.weight"); n++) {
        const TensorReader part = reader.part("stack." + std::to_string(n));
        residuals.push_back(
            {Activation<Real>(part.part("activation1"), kind), Linear<Real>(part.part("linear1")),
             Activation<Real>(part.part("activation2"), kind), Linear<Real>(part.part("linear2"))});
    }
}

template <class Real>
void ResidualStack<Real>::apply(Matrix<Real>& x, Saved& saved) const {
    saved.first.resize(residuals.size());
    saved.second.resize(residuals.size());
    Matrix<Real> activated, change;
    for (size_t n = 0; n < residuals.size(); n++) {
        const Residual& residual = residuals[n];
        saved.first[n] = x;
        residual.activation1.apply(x, activated);
        residual.linear1.apply(activated, saved.second[n]);
        residual.activation2.apply(saved.second[n], activated);
        residual.linear2.apply(activated, change);
        x += change;
    }
}

template <class Real>
void ResidualStack<Real>::transposed(Matrix<Real>& gradient, const Saved& saved) const {
    Matrix<Real> inner, outer;
    for (size_t n = residuals.size(); n-- > 0;) {
        const Residual& residual = residuals[n];
        residual.linear2.transposed(gradient, inner);
        residual.activation2.multiplyDerivative(saved.second[n], inner);
        residual.linear1.transposed(inner, outer);
        residual.activation1.multiplyDerivative(saved.first[n], outer);
        gradient += outer;
    }
}

template <class Real>
Mlp<Real>::Mlp(const TensorReader& reader, ActivationKind kind)
    : stack(reader.part("residual"), kind), activation(reader.part("activation"), kind),
      linear(reader.part("linear")) {}

template <class Real>
void Mlp<Real>::apply(const Matrix<Real>& x, Matrix<Real>& y, Saved& saved) const {
    saved.last = x;
    stack.apply(saved.last, saved.stack);
    Matrix<Real> activated;
    activation.apply(saved.last, activated);
    linear.apply(activated, y);
}

template <class Real>
void Mlp<Real>::transposed(const Matrix<Real>& gradient, Matrix<Real>& result,
                           const Saved& saved) const {
    linear.transposed(gradient, result);
    activation.multiplyDerivative(saved.last, result);
    stack.transposed(result, saved.stack);
}

template class Activation<float>;
template class Activation<double>;
template class Linear<float>;
template class Linear<double>;
template class ResidualStack<float>;
template class ResidualStack<double>;
template class Mlp<float>;
template class Mlp<double>;

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Layers.h"
#include "softplus.h"
#include <cmath>

namespace OpenMMGems {

namespace {

static_assert(LANES == PANEL_LANES);

template <class Real>
Real sigmoid(Real x) {
    return 1 / (1 + std::exp(-x));
}

template <class Real>
Real shiftedSoftplus(Real x, Real beta) {
    constexpr auto LN2 = static_cast<Real>(0.69314718055994530942);
    return beta == 0 ? x / 2 : (softplus(beta * x) - LN2) / beta;
}

/** Numbers, with zeros up to a whole panel. */
template <class Real>
std::vector<Real> padded(std::vector<Real> numbers) {
    numbers.resize(numPanelsFor(numbers.size()) * LANES, Real(0));
    return numbers;
}

} // namespace

template <class Real>
Matrix<Real> transpose(const Matrix<Real>& matrix) {
    Matrix<Real> result(matrix.columns(), matrix.rows());
    for (size_t i = 0; i < matrix.rows(); i++) {
        for (size_t k = 0; k < matrix.columns(); k++) {
            result.row(k)[i] = matrix.row(i)[k];
        }
    }
    return result;
}

template <class Real>
Factor<Real>::Factor(const Matrix<Real>& matrix)
    : numPanelsOfX(numPanelsFor(matrix.rows())), numPanelsOfY(numPanelsFor(matrix.columns())),
      packed(numPanelsOfX * LANES, numPanelsOfY) {
    packed.fill(Real(0));
    for (size_t k = 0; k < matrix.rows(); k++) {
        for (size_t f = 0; f < matrix.columns(); f++) {
            packed.at(k, f) = matrix.row(k)[f];
        }
    }
}

template <class Real>
void Factor<Real>::multiply(View<const Real> x, size_t rows, const Real* bias, bool add,
                            View<Real> y) const {
    kernels<Real>().multiply(x, rows, numPanelsOfX, packed.data(), bias, add, y, numPanelsOfY);
}

template <class Real>
void Factor<Real>::multiply(const Panels<Real>& x, Panels<Real>& y) const {
    y.resize(x.rows(), numPanelsOfY);
    multiply(viewOf(x), x.rows(), nullptr, false, viewOf(y));
}

template <class Real>
Activation<Real>::Activation(const TensorReader& reader, ActivationKind kind)
    : kind(kind), alpha(padded(reader.numbers<Real>("alpha"))),
      beta(padded(reader.numbers<Real>("beta"))) {}

template <class Real>
void Activation<Real>::apply(const Panels<Real>& x, Panels<Real>& y) const {
    y.resize(x.rows(), x.panels());
    if (kind == ActivationKind::Swish) {
        kernels<Real>().swish(x.data(), alpha.data(), beta.data(), x.rows(), x.panels(), y.data());
        return;
    }
    for (size_t f = 0; f < alpha.size(); f++) {
        for (size_t i = 0; i < x.rows(); i++) {
            y.at(i, f) = alpha[f] * shiftedSoftplus(x.at(i, f), beta[f]);
        }
    }
}

template <class Real>
void Activation<Real>::multiplySlope(const Panels<Real>& x, Panels<Real>& gradient) const {
    if (kind == ActivationKind::Swish) {
        kernels<Real>().multiplySwishSlope(x.data(), alpha.data(), beta.data(), x.rows(),
                                           x.panels(), gradient.data());
        return;
    }
    for (size_t f = 0; f < alpha.size(); f++) {
        for (size_t i = 0; i < x.rows(); i++) {
            gradient.at(i, f) *= alpha[f] * sigmoid(beta[f] * x.at(i, f));
        }
    }
}

template <class Real>
void Activation<Real>::addSlope(const Panels<Real>& x, Panels<Real>& factor,
                                Panels<Real>& gradient) const {
    if (kind == ActivationKind::Swish) {
        kernels<Real>().addSwishSlope(x.data(), alpha.data(), beta.data(), factor.data(), x.rows(),
                                      x.panels(), gradient.data());
        return;
    }
    multiplySlope(x, factor);
    add(factor, gradient);
}

template <class Real>
Linear<Real>::Linear(const TensorReader& reader)
    : forward(transpose(reader.matrix<Real>("weight"))), backward(reader.matrix<Real>("weight")) {
    if (reader.has("bias")) {
        bias = padded(reader.numbers<Real>("bias"));
    }
}

template <class Real>
void Linear<Real>::apply(const Panels<Real>& x, View<Real> y) const {
    forward.multiply(viewOf(x), x.rows(), bias.empty() ? nullptr : bias.data(), false, y);
}

template <class Real>
void Linear<Real>::apply(const Panels<Real>& x, Panels<Real>& y) const {
    y.resize(x.rows(), forward.panelsOfResult());
    apply(x, viewOf(y));
}

template <class Real>
void Linear<Real>::addTo(const Panels<Real>& x, Panels<Real>& y) const {
    forward.multiply(viewOf(x), x.rows(), bias.empty() ? nullptr : bias.data(), true, viewOf(y));
}

template <class Real>
void Linear<Real>::transposed(const Panels<Real>& gradient, Panels<Real>& result) const {
    backward.multiply(gradient, result);
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
void ResidualStack<Real>::apply(const Panels<Real>& x, Panels<Real>& y, Saved& saved) const {
    saved.first.resize(residuals.empty() ? 0 : residuals.size() - 1);
    saved.second.resize(residuals.size());
    Panels<Real> activated;
    y.copy(x);
    for (size_t n = 0; n < residuals.size(); n++) {
        const Residual& residual = residuals[n];
        if (n > 0) {
            saved.first[n - 1].copy(y);
        }
        residual.activation1.apply(y, activated);
        residual.linear1.apply(activated, saved.second[n]);
        residual.activation2.apply(saved.second[n], activated);
        residual.linear2.addTo(activated, y);
    }
}

template <class Real>
void ResidualStack<Real>::transposed(const Panels<Real>& x, const Saved& saved,
                                     Panels<Real>& gradient) const {
    Panels<Real> inner, outer;
    for (size_t n = residuals.size(); n-- > 0;) {
        const Residual& residual = residuals[n];
        residual.linear2.transposed(gradient, inner);
        residual.activation2.multiplySlope(saved.second[n], inner);
        residual.linear1.transposed(inner, outer);
        residual.activation1.addSlope(n > 0 ? saved.first[n - 1] : x, outer, gradient);
    }
}

template <class Real>
Mlp<Real>::Mlp(const TensorReader& reader, ActivationKind kind)
    : stack(reader.part("residual"), kind), activation(reader.part("activation"), kind),
      linear(reader.part("linear")) {}

template <class Real>
void Mlp<Real>::apply(const Panels<Real>& x, View<Real> y, Saved& saved) const {
    stack.apply(x, saved.last, saved.stack);
    Panels<Real> activated;
    activation.apply(saved.last, activated);
    linear.apply(activated, y);
}

template <class Real>
void Mlp<Real>::apply(const Panels<Real>& x, Panels<Real>& y, Saved& saved) const {
    y.resize(x.rows(), x.panels());
    apply(x, viewOf(y), saved);
}

template <class Real>
void Mlp<Real>::transposed(const Panels<Real>& gradient, const Panels<Real>& x, const Saved& saved,
                           Panels<Real>& result) const {
    linear.transposed(gradient, result);
    activation.multiplySlope(saved.last, result);
    stack.transposed(x, saved.stack, result);
}

template <class Real>
void Mlp<Real>::addTransposed(const Panels<Real>& gradient, const Panels<Real>& x,
                              const Saved& saved, Panels<Real>& result) const {
    Panels<Real> part;
    transposed(gradient, x, saved, part);
    add(part, result);
}

template class Factor<float>;
template class Factor<double>;
template Matrix<float> transpose(const Matrix<float>&);
template Matrix<double> transpose(const Matrix<double>&);
template class Activation<float>;
template class Activation<double>;
template class Linear<float>;
template class Linear<double>;
template class ResidualStack<float>;
template class ResidualStack<double>;
template class Mlp<float>;
template class Mlp<double>;

} // namespace OpenMMGems

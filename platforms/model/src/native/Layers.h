// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_LAYERS_H_
#define OPENMMGEMS_NATIVE_LAYERS_H_

#include "Panels.h"
#include "TensorReader.h"
#include "kernels/Kernels.h"
#include <vector>

namespace OpenMMGems {

/**
 * Layers of SpookyNet that act on each atom's features by themselves, for a block of atoms, and
 * their transposed derivatives. Unke et al., Nat. Commun. 12, 7273 (2021),
 * doi:10.1038/s41467-021-27504-0, Methods.
 */

enum class ActivationKind { Swish, ShiftedSoftplus };

/** The whole matrix. */
template <class Real>
View<Real> viewOf(Panels<Real>& matrix) {
    return {matrix.data(), matrix.stride(), LANES};
}
template <class Real>
View<const Real> viewOf(const Panels<Real>& matrix) {
    return {matrix.data(), matrix.stride(), LANES};
}

/** y += x. */
template <class Real>
void add(const Panels<Real>& x, Panels<Real>& y) {
    kernels<Real>().add(x.data(), x.size(), y.data());
}

/** A matrix [numRows, numColumns], packed so that x times it is fast. */
template <class Real>
class Factor {
public:
    Factor() = default;
    explicit Factor(const Matrix<Real>& matrix);
    /** y = x F + bias, or y += ... with add; bias may be null. */
    void multiply(View<const Real> x, size_t rows, const Real* bias, bool add, View<Real> y) const;
    void multiply(const Panels<Real>& x, Panels<Real>& y) const;
    size_t panelsOfResult() const { return numPanelsOfY; }

private:
    size_t numPanelsOfX = 0, numPanelsOfY = 0;
    Panels<Real> packed;
};

/** The transpose of a matrix. */
template <class Real>
Matrix<Real> transpose(const Matrix<Real>& matrix);

/** swish: a x s(b x), or shifted softplus: a (softplus(b x) - ln 2)/b; a and b by feature. */
template <class Real>
class Activation {
public:
    Activation(const TensorReader& reader, ActivationKind kind);
    /** y = f(x). */
    void apply(const Panels<Real>& x, Panels<Real>& y) const;
    /** gradient *= f'(x). */
    void multiplySlope(const Panels<Real>& x, Panels<Real>& gradient) const;
    /** gradient += factor f'(x). */
    void addSlope(const Panels<Real>& x, Panels<Real>& factor, Panels<Real>& gradient) const;

private:
    ActivationKind kind;
    std::vector<Real> alpha, beta;
};

/** y = x W^T + b. */
template <class Real>
class Linear {
public:
    explicit Linear(const TensorReader& reader);
    void apply(const Panels<Real>& x, Panels<Real>& y) const;
    void apply(const Panels<Real>& x, View<Real> y) const;
    /** y += x W^T + b. */
    void addTo(const Panels<Real>& x, Panels<Real>& y) const;
    /** The gradient with respect to x from that with respect to y. */
    void transposed(const Panels<Real>& gradient, Panels<Real>& result) const;

private:
    Factor<Real> forward, backward;
    std::vector<Real> bias;
};

/** x -> x + L2 f2 L1 f1 x, several in sequence. */
template <class Real>
class ResidualStack {
public:
    /** What the derivative needs besides x: the inputs of all other activations. */
    struct Saved {
        std::vector<Panels<Real>> first, second;
    };
    ResidualStack(const TensorReader& reader, ActivationKind kind);
    void apply(const Panels<Real>& x, Panels<Real>& y, Saved& saved) const;
    /** The gradient with respect to y becomes that with respect to x. */
    void transposed(const Panels<Real>& x, const Saved& saved, Panels<Real>& gradient) const;

private:
    struct Residual {
        Activation<Real> activation1;
        Linear<Real> linear1;
        Activation<Real> activation2;
        Linear<Real> linear2;
    };
    std::vector<Residual> residuals;
};

/** L f (stack of residuals). */
template <class Real>
class Mlp {
public:
    /** What the derivative needs besides x. */
    struct Saved {
        typename ResidualStack<Real>::Saved stack;
        Panels<Real> last;
    };
    Mlp(const TensorReader& reader, ActivationKind kind);
    void apply(const Panels<Real>& x, Panels<Real>& y, Saved& saved) const;
    void apply(const Panels<Real>& x, View<Real> y, Saved& saved) const;
    /** result = the gradient with respect to x from that with respect to y. */
    void transposed(const Panels<Real>& gradient, const Panels<Real>& x, const Saved& saved,
                    Panels<Real>& result) const;
    /** result += ... */
    void addTransposed(const Panels<Real>& gradient, const Panels<Real>& x, const Saved& saved,
                       Panels<Real>& result) const;

private:
    ResidualStack<Real> stack;
    Activation<Real> activation;
    Linear<Real> linear;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_LAYERS_H_

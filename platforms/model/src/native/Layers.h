// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_LAYERS_H_
#define OPENMMGEMS_NATIVE_LAYERS_H_

#include "Matrix.h"
#include "TensorReader.h"
#include <vector>

namespace OpenMMGems {

/**
 * Layers of SpookyNet that act on each atom's features [numAtoms, numFeatures] by themselves, and
 * their transposed derivatives. Unke et al., Nat. Commun. 12, 7273 (2021),
 * doi:10.1038/s41467-021-27504-0, Methods.
 */

enum class ActivationKind { Swish, ShiftedSoftplus };

/** swish: a x s(b x), or shifted softplus: a (softplus(b x) - ln 2)/b; a and b by feature. */
template <class Real>
class Activation {
public:
    Activation(const TensorReader& reader, ActivationKind kind);
    /** y = f(x). */
    void apply(const Matrix<Real>& x, Matrix<Real>& y) const;
    /** gradient *= f'(x). */
    void multiplyDerivative(const Matrix<Real>& x, Matrix<Real>& gradient) const;

private:
    ActivationKind kind;
    std::vector<Real> alpha, beta;
};

/** y = x W^T + b. */
template <class Real>
class Linear {
public:
    explicit Linear(const TensorReader& reader);
    void apply(const Matrix<Real>& x, Matrix<Real>& y) const;
    /** The gradient with respect to x from that with respect to y. */
    void transposed(const Matrix<Real>& gradient, Matrix<Real>& result) const;

private:
    Matrix<Real> weight;
    std::vector<Real> bias;
};

/** x -> x + L2 f2 L1 f1 x, several in sequence. */
template <class Real>
class ResidualStack {
public:
    /** What the derivative needs of a forward pass: the inputs of both activations. */
    struct Saved {
        std::vector<Matrix<Real>> first, second;
    };
    ResidualStack(const TensorReader& reader, ActivationKind kind);
    void apply(Matrix<Real>& x, Saved& saved) const;
    void transposed(Matrix<Real>& gradient, const Saved& saved) const;

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
    struct Saved {
        typename ResidualStack<Real>::Saved stack;
        Matrix<Real> last;
    };
    Mlp(const TensorReader& reader, ActivationKind kind);
    void apply(const Matrix<Real>& x, Matrix<Real>& y, Saved& saved) const;
    void transposed(const Matrix<Real>& gradient, Matrix<Real>& result, const Saved& saved) const;

private:
    ResidualStack<Real> stack;
    Activation<Real> activation;
    Linear<Real> linear;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_LAYERS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_ATTENTION_H_
#define OPENMMGEMS_NATIVE_ATTENTION_H_

#include "Layers.h"
#include <utility>

namespace OpenMMGems {

/**
 * Nonlocal interactions by attention through random features, linear in the number of atoms.
 * Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Eq. 16 to 19.
 */
template <class Real>
class Attention {
public:
    /** What the derivative needs of a forward pass. */
    struct Saved {
        Matrix<Real> q, k, v, featuresQ, featuresK, keyValue, result;
        std::vector<Real> norm, keySum;
        std::vector<size_t> queryMaximum;                  ///< place of each atom's largest
        std::vector<std::pair<size_t, size_t>> keyMaximum; ///< places that share the largest
        typename Mlp<Real>::Saved savedQ, savedK, savedV;
    };
    /** The reader is that of the whole nonlocal interaction. */
    Attention(const TensorReader& reader, ActivationKind kind, bool isSmooth);
    void apply(const Matrix<Real>& x, Saved& saved) const;
    void transposed(const Matrix<Real>& gradient, const Saved& saved, Matrix<Real>& result) const;

private:
    struct Projected {
        Matrix<Real> u;
        std::vector<Real> h;
    };
    Projected project(const Matrix<Real>& x) const;
    void transposeProjection(const Matrix<Real>& u, const std::vector<Real>& h,
                             const Matrix<Real>& x, Matrix<Real>& result) const;
    void queryFeatures(Saved& saved) const;
    void keyFeatures(Saved& saved) const;
    /** gradient *= exponential part of the features; the sum of each row. */
    std::vector<Real> exponentialPart(const Matrix<Real>& features, Matrix<Real>& gradient) const;
    Mlp<Real> mlpQ, mlpK, mlpV;
    Matrix<Real> omega;
    bool isSmooth;
    Real smoothMaximum, scaleU, scaleH, scaleFeatures;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_ATTENTION_H_

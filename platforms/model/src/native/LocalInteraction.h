// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_LOCALINTERACTION_H_
#define OPENMMGEMS_NATIVE_LOCALINTERACTION_H_

#include "Layers.h"
#include "Neighbours.h"
#include "SpookyNetOptions.h"

namespace OpenMMGems {

/** Largest number of angular functions of d type: five, or six in Cartesian form. */
constexpr int MAX_D_FUNCTIONS = 6;

/** What depends on the pairs only, for all modules: radial basis and its slope, by pair. */
template <class Real>
struct PairBasis {
    Matrix<Real> values, slopes;
};

/** The derivative of the energy with respect to each pair: its distance, and its unit vector. */
template <class Real>
struct PairGradient {
    std::vector<Real> r, ux, uy, uz;
    void reset(size_t numPairs) {
        for (auto* array : {&r, &ux, &uy, &uz}) {
            array->assign(numPairs, Real(0));
        }
    }
};

/**
 * Local interactions: every atom collects s, p and d type messages of its neighbours.
 * Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Eq. 12 to 14.
 */
template <class Real>
class LocalInteraction {
public:
    /** What depends on an atom's features before messages are exchanged. */
    struct Sources {
        Matrix<Real> x, s, p, d;
        typename Mlp<Real>::Saved savedX, savedS, savedP, savedD;
    };
    /** What the derivative needs of a forward pass besides the sources. */
    struct Saved {
        Matrix<Real> projectedP, projectedD;
        typename Mlp<Real>::Saved last;
    };
    LocalInteraction(const TensorReader& reader, const SpookyNetOptions& options);
    size_t numBasisFunctions() const { return filters.columns(); }
    void prepare(const Matrix<Real>& x, Sources& sources) const;
    /** Features [numAtoms, numFeatures] that each atom receives. */
    void apply(const Sources& sources, const Neighbours<Real>& neighbours,
               const PairBasis<Real>& basis, Matrix<Real>& result, Saved& saved) const;
    /**
     * Adds to the gradients of pairs; with result also gives the gradient with respect to the
     * atoms' features.
     */
    void transposed(const Matrix<Real>& gradient, const Sources& sources,
                    const Neighbours<Real>& neighbours, const PairBasis<Real>& basis,
                    const Saved& saved, PairGradient<Real>& pairGradient,
                    Matrix<Real>* result) const;

private:
    struct SourceGradients {
        Matrix<Real> s, p, d;
    };
    int dFunctions(Real x, Real y, Real z, Real* values) const;
    void dSlopes(Real x, Real y, Real z, const Real* gradient, Real* slope) const;
    void collect(size_t atom, const Sources& sources, const Neighbours<Real>& neighbours,
                 const Matrix<Real>& filter, size_t firstPair, Real* s, Real* p, Real* d) const;
    void receive(size_t atom, const Sources& sources, const Neighbours<Real>& neighbours,
                 const Matrix<Real>& filter, const Matrix<Real>& filterSlope, size_t firstPair,
                 const Matrix<Real>& h, const Matrix<Real>& p, const Matrix<Real>& d,
                 PairGradient<Real>& pairGradient) const;
    void send(size_t atom, const Neighbours<Real>& neighbours, const Matrix<Real>& filter,
              size_t firstPair, const Matrix<Real>& h, const Matrix<Real>& p, const Matrix<Real>& d,
              SourceGradients& gradients) const;
    bool useIrreps;
    size_t numFeatures, numD;
    Matrix<Real> filters; ///< [3 numFeatures, numBasisFunctions]: s, p, d
    Matrix<Real> projectionP, projectionD;
    Mlp<Real> mlpX, mlpS, mlpP, mlpD, last;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_LOCALINTERACTION_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_LOCALINTERACTION_H_
#define OPENMMGEMS_NATIVE_LOCALINTERACTION_H_

#include "Filters.h"
#include "Layers.h"
#include "Neighbours.h"
#include "SpookyNetOptions.h"
#include "kernels.h"

namespace OpenMMGems {

/**
 * Rows of unit vector and functions of d type for each pair: five irreducible ones, or six products
 * of the vector's components.
 */
template <class Real>
Matrix<Real> angularFunctions(const Neighbours<Real>& neighbours, bool useIrreps);

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
    LocalInteraction(const TensorReader& reader, const SpookyNetOptions& options,
                     std::shared_ptr<const RadialBasis> basis);
    void prepare(const Matrix<Real>& x, Sources& sources) const;
    /** Features [numAtoms, numFeatures] that each atom receives. */
    void apply(const Sources& sources, const Neighbours<Real>& neighbours,
               const Matrix<Real>& angular, Matrix<Real>& result, Saved& saved) const;
    /**
     * Adds to the gradients of pairs; with result also gives the gradient with respect to the
     * atoms' features.
     */
    void transposed(const Matrix<Real>& gradient, const Sources& sources,
                    const Neighbours<Real>& neighbours, const Matrix<Real>& angular,
                    const Saved& saved, PairGradient<Real>& pairGradient,
                    Matrix<Real>* result) const;

private:
    Messages<Real> messagesTo(size_t atom, const Neighbours<Real>& neighbours,
                              const Matrix<Real>& angular, size_t firstPair,
                              const Matrix<Real>& filter) const;
    void addPairGradient(size_t firstPair, size_t endPair, const Matrix<Real>& angular,
                         const Matrix<Real>& ofPairs, PairGradient<Real>& pairGradient) const;
    bool useIrreps;
    size_t numFeatures, numD;
    Filters<Real> filters;
    Matrix<Real> projectionP, projectionD;
    Mlp<Real> mlpX, mlpS, mlpP, mlpD, last;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_LOCALINTERACTION_H_

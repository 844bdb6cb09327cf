// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_SPOOKYNET_H_
#define OPENMMGEMS_NATIVE_SPOOKYNET_H_

#include "Attention.h"
#include "Dispersion.h"
#include "Electrostatics.h"
#include "LocalInteraction.h"
#include "RadialBasis.h"
#include "Repulsion.h"
#include "SpookyNetOptions.h"
#include "openmmgems/Evaluator.h"
#include <memory>
#include <optional>
#include <vector>

namespace OpenMMGems {

/**
 * SpookyNet with derivatives written out: Unke et al., Nat. Commun. 12, 7273 (2021),
 * doi:10.1038/s41467-021-27504-0. A forward pass keeps what each layer's derivative needs; a
 * reverse sweep gathers the derivative of the energy with respect to every pair.
 */
template <class Real>
class SpookyNet {
public:
    SpookyNet(const TensorReader& reader, const SpookyNetOptions& options);
    /**
     * Take over what does not change with positions.
     *
     * @param features       [numAtoms, numFeatures], before the first module
     * @param atomicNumbers  one per atom
     * @param totalCharge    in elementary charges
     */
    void setComposition(const Matrix<Real>& features, const std::vector<int>& atomicNumbers,
                        double totalCharge);
    /** Evaluate for a list of pairs; what is given is the same as by every Evaluator. */
    Evaluation evaluate(const PairList& pairs, const Wanted& wanted);

private:
    struct Module {
        Module(const TensorReader& reader, const SpookyNetOptions& options,
               const std::shared_ptr<const RadialBasis>& basis);
        ResidualStack<Real> pre, post;
        LocalInteraction<Real> local;
        Attention<Real> attention;
        Mlp<Real> output;
    };
    struct Saved {
        typename ResidualStack<Real>::Saved pre, post;
        Matrix<Real> x; ///< after pre
        typename LocalInteraction<Real>::Sources sources;
        typename LocalInteraction<Real>::Saved local;
        typename Attention<Real>::Saved attention;
        typename Mlp<Real>::Saved output;
    };
    /** What of a module happens before its atoms see their neighbours. */
    void prepare(size_t module, const Matrix<Real>& x);
    /** Sums of the modules' output features. */
    Matrix<Real> forward(const Neighbours<Real>& near);
    /** Fills pairGradient; chargeGradient is by the charges of the network. */
    void backward(const Neighbours<Real>& near, const std::vector<double>& chargeGradient);
    double readOut(const Matrix<Real>& features, std::vector<double>& charges) const;
    void addForces(const PairList& pairs, const Neighbours<Real>& near, const Neighbours<Real>& far,
                   const std::vector<Real>& farGradient, const Wanted& wanted,
                   Evaluation& evaluation) const;
    SpookyNetOptions options;
    std::vector<Module> modules;
    Matrix<double> outputWeight, elementBias;
    std::optional<Repulsion> repulsion;
    std::optional<Electrostatics> electrostatics;
    std::optional<Dispersion> dispersion;

    std::vector<int> atomicNumbers;
    double totalCharge = 0.0;
    std::vector<Saved> saved;
    Matrix<Real> angular;
    PairGradient<Real> pairGradient;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_SPOOKYNET_H_

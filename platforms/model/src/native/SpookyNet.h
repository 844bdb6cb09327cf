// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_SPOOKYNET_H_
#define OPENMMGEMS_NATIVE_SPOOKYNET_H_

#include "Attention.h"
#include "LocalInteraction.h"
#include "LongRangeTerms.h"
#include "Phases.h"
#include "Repulsion.h"
#include "SpookyNetOptions.h"
#include "Workers.h"
#include "openmmgems/Evaluator.h"
#include <memory>
#include <optional>
#include <vector>

namespace OpenMMGems {

/**
 * SpookyNet with derivatives written out: Unke et al., Nat. Commun. 12, 7273 (2021),
 * doi:10.1038/s41467-021-27504-0.
 *
 * Atoms are sorted in space and cut into blocks, which pass through the layers one after another,
 * so that what is computed of a block stays in the processor's cache; blocks wait for each other
 * where atoms read what others computed. A forward pass keeps what each layer's derivative needs; a
 * reverse sweep gathers the derivative of the energy with respect to every pair.
 */
template <class Real>
class SpookyNet {
public:
    SpookyNet(const TensorReader& reader, const SpookyNetOptions& options);
    /**
     * Take over what does not change with positions; if it throws, nothing has changed.
     *
     * @param features       [numAtoms, numFeatures], before the first module
     * @param atomicNumbers  one per atom
     * @param totalCharge    in elementary charges
     * @param numThreads     to compute with
     */
    void setComposition(Matrix<Real> features, std::vector<int> atomicNumbers, double totalCharge,
                        int numThreads);
    /** Positions and results as for every Evaluator; nothing is of use if faults are added. */
    Evaluation evaluate(const std::vector<OpenMM::Vec3>& positions, const Box* box,
                        const Wanted& wanted, EvaluationFaults& faults);

private:
    /** What a module keeps of a block of atoms. */
    struct ModuleBlock {
        typename ResidualStack<Real>::Saved pre, post;
        Panels<Real> x;   ///< after pre
        Panels<Real> sum; ///< with both interactions
        Panels<Real> y;   ///< after post
        typename LocalInteraction<Real>::Block local;
        typename Attention<Real>::Block attention;
        typename Mlp<Real>::Saved output;
    };
    struct Module {
        Module(const TensorReader& reader, const SpookyNetOptions& options,
               const std::shared_ptr<const BasisSplines>& splines);
        ResidualStack<Real> pre, post;
        LocalInteraction<Real> local;
        Attention<Real> attention;
        Mlp<Real> output;
        std::vector<ModuleBlock> blocks;
    };
    /** Some consecutive atoms; matrices have rows beyond them, to a multiple of ROW_GROUP. */
    struct Block {
        size_t first, end;
        /** Forward the sum of the modules' output, in reverse by the features between layers. */
        Panels<Real> gradient;
        typename LocalInteraction<Real>::OfSources ofSources;
        size_t numAtoms() const { return end - first; }
        size_t numRows() const;
    };
    using Sums = typename Attention<Real>::Sums;
    /** Calls visit(number of the block, thread) for all blocks. */
    void forBlocks(const std::function<void(size_t, int)>& visit);
    /** Everything that depends on the order of atoms. */
    void arrange(EvaluationFaults& faults);
    void makeBlocks();
    void prepare(size_t module, size_t block, const Panels<Real>& x);
    void sumKeys(Module& module, EvaluationFaults& faults);
    size_t atomOfLargestKey(const Module& module) const;
    void applyModule(size_t module, size_t block);
    void forward(EvaluationFaults& faults);
    double readOut();
    double addRepulsion();
    void addLongRange(Evaluation& evaluation);
    void outputGradient(const Block& block, Panels<Real>& gradient) const;
    void reverseSums(size_t module, size_t block, Sums& sums);
    double reverseSources(size_t module, size_t block);
    void addMaximumGradient(Module& module, double total);
    void reverse();
    void addForces(const Wanted& wanted, Evaluation& evaluation);
    void resetSums(const Attention<Real>& attention);
    const Sums& totalOfSums();

    Phases phases;
    SpookyNetOptions options;
    std::vector<Module> modules;
    Matrix<double> outputWeight, elementBias;
    std::optional<Repulsion> repulsion;
    LongRangeTerms<Real> longRange;

    // By the caller's order of atoms.
    Matrix<Real> initialFeatures;
    std::vector<int> atomicNumbers;
    double totalCharge = 0.0;

    // By place in the lists.
    std::unique_ptr<Workers> workers;
    std::unique_ptr<NeighbourLists> lists;
    double nearCutoff;
    bool isArranged = false; ///< for the present order of the lists
    NearPairs<Real> pairs;
    std::vector<Block> blocks; ///< empty: not yet made for the present composition
    std::vector<int> elements;
    std::vector<double> charges, chargeGradient;
    AlignedVector<Real> gathered;
    std::vector<OpenMM::Vec3> farForces;
    std::vector<Sums> sumsOfThreads;
    std::vector<std::vector<OpenMM::Vec3>> forcesOfThreads;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_SPOOKYNET_H_

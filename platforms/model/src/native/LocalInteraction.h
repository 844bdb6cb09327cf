// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_LOCALINTERACTION_H_
#define OPENMMGEMS_NATIVE_LOCALINTERACTION_H_

#include "Filters.h"
#include "Layers.h"
#include "NearPairs.h"
#include "SpookyNetOptions.h"
#include <memory>
#include <vector>

namespace OpenMMGems {

/**
 * Local interactions: every atom collects s, p and d type messages of its neighbours.
 * Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Eq. 12 to 14.
 *
 * Atoms come in blocks; what they send to others, and the gradients of what they collected, are
 * kept for all atoms, since neighbours of other blocks read them.
 */
template <class Real>
class LocalInteraction {
public:
    /** What the derivative needs of a block's forward pass. */
    struct Block {
        size_t firstAtom = 0, numAtoms = 0;
        Panels<Real> own;     ///< what an atom sends to itself, where it is needed again
        Panels<Real> s, p, d; ///< what it collected
        Panels<Real> projectedP, projectedD;
        typename Mlp<Real>::Saved savedX, savedS, savedP, savedD, last;
    };
    /** Gradients of a block by what its atoms sent to others. */
    struct OfSources {
        Panels<Real> s, p, d;
    };
    LocalInteraction(const TensorReader& reader, const SpookyNetOptions& options,
                     std::shared_ptr<const BasisSplines> splines);
    /** Make room for so many atoms. */
    void resize(size_t numAtoms);
    /** What the atoms of a block send; without isReversed, transposeSources() will not be called.
     */
    void prepare(const Panels<Real>& x, Block& block, bool isReversed);
    /** Messages to a block, when all blocks are prepared. */
    void collect(const NearPairs<Real>& pairs, Block& block) const;
    /** Features from the collected messages. */
    void apply(Block& block, Panels<Real>& result) const;
    /** First half of the derivative: by what the atoms of a block collected. */
    void transposeSums(const Panels<Real>& gradient, Block& block,
                       AlignedVector<Real>& gathered) const;
    /**
     * Second half, when all blocks have gathered: adds to the gradient of pairs, and unless null
     * finds that by what the block sent.
     */
    void transposeMessages(const Block& block, const AlignedVector<Real>& gathered,
                           NearPairs<Real>& pairs, OfSources* ofSources) const;
    /** Last part: adds the gradient by the features x. */
    void transposeSources(const Panels<Real>& x, const Block& block,
                          const AlignedVector<Real>& gathered, const OfSources& ofSources,
                          Panels<Real>& result) const;
    /** Numbers that gathered must hold for each atom. */
    size_t gatheredPerAtom() const { return (4 + numD) * numPanels * LANES; }

private:
    struct Description;
    void describe(const NearPairs<Real>& pairs, size_t first, size_t end,
                  Description& description) const;
    /** Whether projections are kept for the derivative, or made twice. */
    bool keepsProjections() const;
    View<const Real> sourcesView() const;
    View<Real> sourceRows(const Block& block, size_t type);
    bool useIrreps;
    size_t numD, numPanels, numAtoms = 0;
    std::shared_ptr<const BasisSplines> splines;
    Filters<Real> filters;
    Factor<Real> projectP, projectD, projectBackP, projectBackD;
    Mlp<Real> mlpX, mlpS, mlpP, mlpD, last;
    AlignedVector<Real> sources; ///< [numPanels, numAtoms, 3, LANES]: s, p and d
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_LOCALINTERACTION_H_

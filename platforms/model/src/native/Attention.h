// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_ATTENTION_H_
#define OPENMMGEMS_NATIVE_ATTENTION_H_

#include "Layers.h"

namespace OpenMMGems {

/** They keep features, and their sums, from zero: as published. */
constexpr double EPSILON_FEATURES = 1e-4, EPSILON_NORM = 1e-8;
/** Keys that differ by so many roundings are the same: those of atoms that are mirror images. */
constexpr int SAME_KEY = 64;

/**
 * Nonlocal interactions by attention through random features, linear in the number of atoms.
 * Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Eq. 16 to 19.
 *
 * Atoms come in blocks. What joins them are sums over all atoms, in double precision: every thread
 * has its own, which are added up when all blocks are done.
 */
template <class Real>
class Attention {
public:
    /** What the derivative needs of a block's forward pass. Rows beyond the atoms only fill up. */
    struct Block {
        size_t numAtoms = 0;
        Panels<Real> q, k, v, featuresQ, featuresK, result;
        std::vector<Real> norm, keyShift;
        std::vector<size_t> queryMaximum; ///< column of each atom's largest
        typename Mlp<Real>::Saved savedQ, savedK, savedV;
    };
    /** Sums over atoms: of features times values, and of features. */
    class Sums {
    public:
        void reset(size_t numColumns);
        void addBlock(const Panels<Real>& features, const Panels<Real>& values,
                      const std::vector<Real>* scale, size_t numAtoms);
        void add(const Sums& other);
        std::vector<double> ofFeatures; ///< times scale, if there is one
        Panels<double> ofProducts;      ///< row: feature, column: value

    private:
        Panels<Real> product;
    };
    /** Place of a largest key. */
    struct Place {
        size_t block, row, column;
    };
    /** The reader is that of the whole nonlocal interaction. */
    Attention(const TensorReader& reader, ActivationKind kind, bool isSmooth);
    size_t numColumns() const { return omega.rows(); }
    /**
     * Queries, keys and values of a block; its features of keys wait for finishKeys(). Without
     * isReversed there will be no derivative.
     */
    void prepare(const Panels<Real>& x, size_t numAtoms, Block& block, bool isReversed) const;
    /** The shift of all keys, when all blocks are prepared. */
    void findMaximum(const std::vector<Block*>& blocks);
    void finishKeys(Block& block, Sums& sums) const;
    /** Whether an exponential of a key is so large that it may have been cut off. */
    bool areTooLarge(const Sums& sums) const;
    Real largestKeyFeature(const Block& block, size_t row) const;
    /** Take over the sums of all atoms. */
    void setSums(const Sums& sums) { keys = total(sums); }
    /** Fill result for a block. */
    void apply(Block& block) const;

    /** First half of the derivative: sums over all atoms. */
    void addGradientSums(const Panels<Real>& gradient, const Block& block, Sums& sums) const;
    void setGradientSums(const Sums& sums) { gradients = total(sums); }
    /**
     * Second half: adds the gradient with respect to x; returns the part of the gradient with
     * respect to the largest key.
     */
    double transposed(const Panels<Real>& gradient, const Panels<Real>& x, const Block& block,
                      Panels<Real>& result) const;
    /** Places of the largest key, and what they add to the gradient of x in that block. */
    const std::vector<Place>& maximumPlaces() const { return places; }
    void addMaximumGradient(const Place& place, double total, const Panels<Real>& x,
                            const Block& block, Panels<Real>& result) const;

private:
    void project(const Panels<Real>& x, Panels<Real>& u, std::vector<Real>& h) const;
    void transposeProjection(const Panels<Real>& u, const std::vector<Real>& h,
                             const Panels<Real>& x, Panels<Real>& result) const;
    void queryFeatures(Block& block) const;
    /** What both halves of the derivative start from. */
    void scaleGradient(const Panels<Real>& gradient, const Block& block, Panels<Real>& scaled,
                       std::vector<Real>& tau) const;
    Mlp<Real> mlpQ, mlpK, mlpV;
    Matrix<Real> omega;
    Factor<Real> project_, projectBack;
    bool isSmooth;
    Real smoothMaximum, scaleU, scaleH, scaleFeatures;

    Real maximum = 0;
    std::vector<Place> places;
    /** Sums of all atoms, to multiply with. */
    struct Total {
        std::vector<Real> ofFeatures;
        Factor<Real> ofProducts, transposed;
    };
    Total total(const Sums& sums) const;
    Total keys, gradients;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_ATTENTION_H_

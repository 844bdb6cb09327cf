// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_KERNELS_H_
#define OPENMMGEMS_NATIVE_KERNELS_H_

#include <cstddef>

namespace OpenMMGems {

/** Numbers of one row of a panel, as in Panels.h. */
constexpr size_t PANEL_LANES = 16;
/** All matrices have a multiple of so many rows. */
constexpr size_t ROW_GROUP = 2;
/** Degree of the splines that give the radial filters, and how many of them are not zero. */
constexpr int SPLINE_DEGREE = 5, SPLINE_ORDER = SPLINE_DEGREE + 1;
/** Functions of d type at most. */
constexpr int MAX_NUM_D = 6;

/**
 * Exponentials are cut off where the exponent is larger, or smaller than its negative. Not later in
 * single precision: products with e^-88 would be subnormal numbers, which are slow.
 */
template <class Real>
constexpr Real LARGEST_EXPONENT = Real(700);
template <>
inline constexpr float LARGEST_EXPONENT<float> = 80.0F;

/** What the network knows of a pair's geometry. */
template <class Real>
struct PairGeometry {
    Real spline[SPLINE_ORDER];         ///< values of the splines
    Real splineOfSlope[SPLINE_DEGREE]; ///< of the splines, one degree less, of derivatives
    Real unit[3];                      ///< from i to j
    Real d[MAX_NUM_D];                 ///< functions of d type of the unit vector
};

/** The neighbours of consecutive atoms, the receivers. */
template <class Real>
struct PairBlock {
    size_t numAtoms, firstAtom, firstPair;
    const size_t *start, *end; ///< [numAtoms] pairs of each receiver; the first is firstPair
    const int* j;              ///< [numPairs] the other atom
    const int* knot;           ///< [numPairs] first of the splines that are not zero
    const PairGeometry<Real>* geometry;
    /** Coefficients [numPanels, numKnots, 3, LANES] for s, p and d, and of their derivatives. */
    const Real *filters, *slopes;
    size_t filterStride; ///< between panels
    size_t numPanels;
    int numD; ///< 5 or 6
};

/** A matrix in panels that belongs to somebody else. */
template <class Real>
struct View {
    Real* data;
    size_t stride;    ///< between panels
    size_t rowStride; ///< between rows
};

/** Parameters of the repulsion of nuclei, angstrom and 1/angstrom. */
template <class Real>
struct RepulsionParameters {
    Real cutoff, exponents[4], weights[4];
};

/** Atoms of one cluster, and what they have for the long-range terms. */
template <class Real>
struct Cluster {
    Real x[PANEL_LANES], y[PANEL_LANES], z[PANEL_LANES]; ///< from the cluster's centre, angstrom
    Real charge[PANEL_LANES];
    Real ratio[PANEL_LANES];   ///< root of sqrt(3) <r4>/<r2>, whose products are ratios of C8 to C6
    Real present[PANEL_LANES]; ///< 1 for an atom, 0 where the cluster is not full
};

/** Parameters of the long-range terms, lengths in angstrom and energies in eV. */
template <class Real>
struct LongRange {
    bool electrostatics, dispersion, hasCutoff;
    Real cutoff; ///< infinite if there is none
    Real coulombConstant, coulombShift, coulombTilt, dampedShift, dampedTilt;
    Real switchOn, switchOff;
    Real scale6, scale8, dampingFactor, dampingOffset; ///< of C6 in units of the polarisabilities
    size_t numFrequencies;
};

/** An atom and the clusters around it. */
template <class Real>
struct LongRangeAtom {
    size_t numClusters;
    const int* cluster; ///< [numClusters]
    const Real* offset; ///< [numClusters, 3] from the atom to the cluster's centre, angstrom
    Real charge, ratio;
    const Real* alpha; ///< [numFrequencies]
};

/** What the long-range pass gives for an atom. */
struct LongRangeSums {
    double electrostatics, dispersion; ///< half of each pair's energy, eV
    double chargeGradient;             ///< of electrostatics
    double force[3];
    double virial[6]; ///< half of each pair's; xx, yy, zz, xy, xz, yz
};

/**
 * The inner loops, compiled for several instruction sets. They know pointers only: no function that
 * other objects share may be compiled for an instruction set that the machine may not have.
 */
template <class Real>
struct Kernels {
    /**
     * y = x W + bias, or y += ... with add. W is packed [numPanels of y, numPanels of x, LANES,
     * LANES]; bias may be null.
     */
    void (*multiply)(View<const Real> x, size_t rows, size_t panelsOfX, const Real* weight,
                     const Real* bias, bool add, View<Real> y, size_t panelsOfY);
    /** result, packed as a weight is, = x^T y summed over the rows. */
    void (*multiplyTransposed)(View<const Real> x, View<const Real> y, size_t rows,
                               size_t panelsOfX, size_t panelsOfY, Real* result);
    /** y = alpha x sigmoid(beta x); alpha and beta by column. */
    void (*swish)(const Real* x, const Real* alpha, const Real* beta, size_t rows, size_t panels,
                  Real* y);
    /** gradient *= the derivative of swish. */
    void (*multiplySwishSlope)(const Real* x, const Real* alpha, const Real* beta, size_t rows,
                               size_t panels, Real* gradient);
    /** gradient += factor times the derivative of swish. */
    void (*addSwishSlope)(const Real* x, const Real* alpha, const Real* beta, const Real* factor,
                          size_t rows, size_t panels, Real* gradient);
    /** y += x. */
    void (*add)(const Real* x, size_t number, Real* y);
    /** sums[row] = sum over columns of x y. */
    void (*dotRows)(const Real* x, const Real* y, size_t rows, size_t panels, Real* sums);
    /** sums[row] = sum over columns of x times a row vector. */
    void (*dotVector)(const Real* x, const Real* vector, size_t rows, size_t panels, Real* sums);
    /** y = a y, a by row. */
    void (*scaleRows)(const Real* a, size_t rows, size_t panels, Real* y);
    /** y += a[row] x, or y += a[row] times a row vector. */
    void (*addScaledRows)(const Real* a, const Real* x, size_t rows, size_t panels, Real* y);
    void (*addOuter)(const Real* a, const Real* vector, size_t rows, size_t panels, Real* y);
    /** y = scale (exp(y - shift[row]) + epsilon). */
    void (*exponentials)(const Real* shift, Real scale, Real epsilon, size_t rows, size_t panels,
                         Real* y);
    /** gradient *= (y - rest). */
    void (*multiplyShifted)(const Real* y, Real rest, size_t rows, size_t panels, Real* gradient);
    /**
     * h [rows] += sum over components of left times right half of projected
     * [2 panels, rows numComponents].
     */
    void (*addProducts)(const Real* projected, size_t rows, size_t numComponents, size_t panels,
                        Real* h);
    /** projected is replaced by the gradient with respect to it. */
    void (*transposeProducts)(const Real* h, size_t rows, size_t numComponents, size_t panels,
                              Real* projected);
    /** h += sum of s messages; p [3 rows] and d [numD rows] = sums of messages. */
    void (*collect)(const PairBlock<Real>& pairs, View<const Real> sources, Real* h, Real* p,
                    Real* d, size_t rows);
    /**
     * pairGradient [numPairs, 4] += gradient by distance and unit vector. Unless null, ofS, ofP and
     * ofD are the gradients by what the receivers send. gathered holds, for all atoms, the
     * gradients by what they collected: [3 + 1 + numD] rows of LANES each.
     */
    void (*transposeCollect)(const PairBlock<Real>& pairs, View<const Real> sources,
                             View<const Real> gathered, Real* pairGradient, Real* ofS, Real* ofP,
                             Real* ofD, size_t rows);
    /** Geometry and knots of pairs [number, 4]: distance and unit vector. */
    void (*describePairs)(const Real* pairs, size_t number, Real inverseSpacing, int numIntervals,
                          bool irreducible, PairGeometry<Real>* geometry, int* knot);
    /**
     * Energy in eV of an atom's neighbours, and its derivative by each distance; kappa and charge
     * are sum and product of what both atoms have. Arrays are padded to whole PANEL_LANES with
     * charge 0 and a distance below the cutoff.
     */
    double (*repulsion)(const RepulsionParameters<Real>& parameters, const Real* distance,
                        const Real* kappa, const Real* charge, size_t number, Real* slope);
    /**
     * Sums for one atom; field [numFrequencies, LANES] is set to sums whose total over the lanes is
     * the gradient by the atom's polarisabilities. clusterAlpha: [cluster, numFrequencies, LANES].
     */
    void (*longRange)(const LongRange<Real>& parameters, const LongRangeAtom<Real>& atom,
                      const Cluster<Real>* clusters, const Real* clusterAlpha, Real* field,
                      LongRangeSums& sums);
};

/** Those for the best instruction set of this machine. */
template <class Real>
const Kernels<Real>& kernels();

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_KERNELS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_FILTERS_H_
#define OPENMMGEMS_NATIVE_FILTERS_H_

#include "Panels.h"
#include "RadialBasis.h"
#include "openmmgems/internal/OpenMMGemsModelExport.h"
#include <cmath>
#include <vector>

namespace OpenMMGems {

/**
 * The radial basis functions as splines of degree five on equal intervals up to the cutoff, so
 * short that slopes are right to a tolerance. Slopes are those of the same polynomials. There is a
 * power of two of intervals in an angstrom: a distance falls into its interval without rounding.
 */
class OPENMMGEMS_MODEL_EXPORT BasisSplines {
public:
    /** @param tolerance  largest error of a slope, relative to the largest slope */
    BasisSplines(const RadialBasis& basis, double tolerance);
    int numIntervals() const { return static_cast<int>(std::ceil(cutoff * perAngstrom)); }
    double intervalsPerAngstrom() const { return perAngstrom; }
    /** Coefficients [numIntervals + 5, numFunctions] of the splines. */
    const Matrix<double>& getCoefficients() const { return coefficients; }
    /**
     * The same as polynomials in the place within an interval, from 0 to 1: coefficients
     * [numIntervals, numFunctions, 6] of the powers.
     */
    std::vector<double> polynomials() const;

private:
    void fit(const RadialBasis& basis);
    double largestError(const RadialBasis& basis) const;
    double cutoff, perAngstrom = 16;
    Matrix<double> coefficients;
};

/**
 * The radial filters of one module, which multiply messages of types s, p and d: coefficients of
 * splines [numPanels, numIntervals + 5, 3, LANES].
 */
template <class Real>
struct Filters {
    /** @param weights  of s, p and d [numFeatures, numBasisFunctions] */
    Filters(const BasisSplines& splines, const std::vector<Matrix<double>>& weights);
    AlignedVector<Real> values;
    /**
     * Of splines of one degree less: the derivatives of the same polynomials in 1/angstrom, from
     * differences in double precision, which in single precision would lose digits.
     */
    AlignedVector<Real> slopes;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_FILTERS_H_

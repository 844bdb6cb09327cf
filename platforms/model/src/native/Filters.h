// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_FILTERS_H_
#define OPENMMGEMS_NATIVE_FILTERS_H_

#include "Neighbours.h"
#include "RadialBasis.h"
#include <memory>
#include <vector>

namespace OpenMMGems {

/**
 * The radial filters of one module: numbers [numPairs, 3 numFeatures] that multiply messages of
 * types s, p and d, each a linear combination of the radial basis functions. In double precision
 * they are computed as such; in single precision they come from tables of quintic polynomials,
 * whose slopes are the derivatives of the same polynomials.
 */
template <class Real>
class Filters {
public:
    /**
     * @param weights  [3 numFeatures, numBasisFunctions]
     * @param basis    kept by the caller
     */
    Filters(Matrix<double> weights, std::shared_ptr<const RadialBasis> basis);
    /** Filters, and unless null their slopes, of the pairs from first to end. */
    void evaluate(const Neighbours<Real>& neighbours, size_t first, size_t end,
                  Matrix<Real>& values, Matrix<Real>* slopes) const;

private:
    void evaluateExactly(double r, double* values, double* slopes) const;
    void makeTable();
    void addInterval(const double* left, const double* right);
    Matrix<double> weights;
    std::shared_ptr<const RadialBasis> basis;
    double spacing = 0.0;
    std::vector<Real> table; ///< [interval][power][3 numFeatures]
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_FILTERS_H_

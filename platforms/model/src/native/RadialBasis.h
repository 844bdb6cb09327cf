// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_RADIALBASIS_H_
#define OPENMMGEMS_NATIVE_RADIALBASIS_H_

#include "SpookyNetOptions.h"
#include "openmmgems/internal/OpenMMGemsModelExport.h"
#include <vector>

namespace OpenMMGems {

/** A value and its derivative with respect to the distance. */
struct ValueAndSlope {
    double value, slope;
};

/** exp(-r^2 / ((c - r)(c + r))) below the cutoff c, otherwise zero. */
ValueAndSlope cutoffFunction(double r, double cutoff);

/**
 * The radial basis functions: one of five kinds times the cutoff function, in double precision.
 * Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0, Eq. 10 and 11.
 */
class OPENMMGEMS_MODEL_EXPORT RadialBasis {
public:
    RadialBasis(const TensorReader& reader, const SpookyNetOptions& options, size_t numFunctions);
    size_t numFunctions() const { return number; }
    /** In angstrom. */
    double getCutoff() const { return cutoff; }
    /** All functions at a distance in angstrom; the first is the one nearest to zero distance. */
    void evaluate(double r, double* values, double* slopes) const;

private:
    ValueAndSlope factor(double r) const;
    void bernstein(double x, double slopeOfX, double* values, double* slopes) const;
    void gaussian(double x, double slopeOfX, double* values, double* slopes) const;
    void sinc(double r, double* values, double* slopes) const;
    BasisKind kind;
    bool expWeighting;
    size_t number;
    double cutoff;
    double scale = 0.0;               ///< of Bernstein polynomials, angstrom
    double alpha = 0.0;               ///< decay of the exponential kinds, 1/angstrom
    std::vector<double> coefficients; ///< binomial coefficients
    std::vector<double> centers;      ///< of Gaussians
    std::vector<double> frequencies;  ///< of sinc, 1/angstrom
    double width = 0.0;               ///< of Gaussians
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_RADIALBASIS_H_

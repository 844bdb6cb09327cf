// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Filters.h"
#include "kernels/Kernels.h"
#include <array>
#include <cmath>
#include <numeric>

namespace OpenMMGems {

namespace {

constexpr double MOST_PER_ANGSTROM = 1024;
/** No two nuclei come closer, angstrom: what is below is not looked at. */
constexpr double CLOSEST_APPROACH = 0.5;
/** Of the equations for the coefficients: others than the diagonal's neighbours are zero. */
constexpr int BAND = 4;

using SplineValues = std::array<double, SPLINE_ORDER>;

struct Splines {
    int first;
    SplineValues values, slopes; ///< slopes by the place
};

/** The splines that are not zero at a place in units of intervals: Cox and de Boor's recursion. */
Splines splinesAt(double place, int numIntervals) {
    Splines splines{std::min(static_cast<int>(place), numIntervals - 1), {1.0}, {}};
    const double t = place - splines.first;
    SplineValues& v = splines.values;
    for (int degree = 1; degree <= SPLINE_DEGREE; degree++) {
        for (int m = degree; m >= 0; m--) {
            const double before = m > 0 ? v[m - 1] : 0.0, same = m < degree ? v[m] : 0.0;
            if (degree == SPLINE_DEGREE) {
                splines.slopes[m] = before - same;
            }
            v[m] = ((t + degree - m) * before + (m + 1 - t) * same) / degree;
        }
    }
    return splines;
}

/** Places where splines and functions agree: all knots, and midpoints near both ends. */
std::vector<double> places(int numIntervals) {
    std::vector<double> result = {0.0, 0.5, 1.0, 1.5};
    for (int k = 2; k <= numIntervals - 2; k++) {
        result.push_back(k);
    }
    for (double fromEnd : {1.5, 1.0, 0.5, 0.0}) {
        result.push_back(numIntervals - fromEnd);
    }
    return result;
}

/**
 * Solves in place for all columns of the right side; row r of the matrix holds the columns r - BAND
 * to r + BAND. Matrices of splines need no pivots: de Boor, A Practical Guide to Splines, XIII.
 */
void solveBanded(std::vector<std::array<double, 2 * BAND + 1>>& matrix, Matrix<double>& right) {
    const int number = static_cast<int>(matrix.size());
    const size_t columns = right.columns();
    for (int pivot = 0; pivot < number; pivot++) {
        for (int row = pivot + 1; row <= std::min(pivot + BAND, number - 1); row++) {
            const double factor = matrix[row][pivot - row + BAND] / matrix[pivot][BAND];
            for (int column = pivot; column <= pivot + BAND; column++) {
                if (column - row <= BAND) {
                    matrix[row][column - row + BAND] -=
                        factor * matrix[pivot][column - pivot + BAND];
                }
            }
            for (size_t k = 0; k < columns; k++) {
                right.row(row)[k] -= factor * right.row(pivot)[k];
            }
        }
    }
    for (int row = number - 1; row >= 0; row--) {
        for (int column = row + 1; column <= std::min(row + BAND, number - 1); column++) {
            for (size_t k = 0; k < columns; k++) {
                right.row(row)[k] -= matrix[row][column - row + BAND] * right.row(column)[k];
            }
        }
        for (size_t k = 0; k < columns; k++) {
            right.row(row)[k] /= matrix[row][BAND];
        }
    }
}

} // namespace

BasisSplines::BasisSplines(const RadialBasis& basis, double tolerance) : cutoff(basis.getCutoff()) {
    fit(basis);
    while (largestError(basis) > tolerance && perAngstrom < MOST_PER_ANGSTROM) {
        perAngstrom *= 2;
        fit(basis);
    }
}

void BasisSplines::fit(const RadialBasis& basis) {
    const int intervals = numIntervals();
    const std::vector<double> where = places(intervals);
    std::vector<std::array<double, 2 * BAND + 1>> matrix(where.size());
    std::vector<double> slopes(basis.numFunctions());
    coefficients.resize(where.size(), basis.numFunctions());
    for (size_t row = 0; row < where.size(); row++) {
        const Splines splines = splinesAt(where[row], intervals);
        for (int m = 0; m < SPLINE_ORDER; m++) {
            const int column = splines.first + m - static_cast<int>(row) + BAND;
            if (column >= 0 && column <= 2 * BAND) {
                matrix[row][column] = splines.values[m];
            }
        }
        basis.evaluate(where[row] / intervalsPerAngstrom(), coefficients.row(row), slopes.data());
    }
    solveBanded(matrix, coefficients);
}

double BasisSplines::largestError(const RadialBasis& basis) const {
    const size_t number = basis.numFunctions();
    std::vector<double> values(number), slopes(number);
    double largest = 0.0, error = 0.0;
    const int intervals = numIntervals();
    const int first = static_cast<int>(CLOSEST_APPROACH * perAngstrom);
    for (int interval = first; interval < intervals; interval++) {
        const double place = interval + 0.3;
        const Splines splines = splinesAt(place, intervals);
        basis.evaluate(place / intervalsPerAngstrom(), values.data(), slopes.data());
        for (size_t k = 0; k < number; k++) {
            double slope = 0.0;
            for (int m = 0; m < SPLINE_ORDER; m++) {
                slope += splines.slopes[m] * coefficients.row(interval + m)[k];
            }
            largest = std::max(largest, std::abs(slopes[k]));
            error = std::max(error, std::abs(slope * intervalsPerAngstrom() - slopes[k]));
        }
    }
    return error / largest;
}

std::vector<double> BasisSplines::polynomials() const {
    // Cox and de Boor's recursion for the coefficients: polynomials[m] is that of spline m.
    std::array<SplineValues, SPLINE_ORDER> splines{};
    splines[0][0] = 1.0;
    for (int degree = 1; degree <= SPLINE_DEGREE; degree++) {
        for (int m = degree; m >= 0; m--) {
            const SplineValues before = m > 0 ? splines[m - 1] : SplineValues{};
            const SplineValues same = m < degree ? splines[m] : SplineValues{};
            for (int power = SPLINE_DEGREE; power >= 0; power--) {
                const double lower = power > 0 ? before[power - 1] - same[power - 1] : 0.0;
                splines[m][power] =
                    (lower + (degree - m) * before[power] + (m + 1) * same[power]) / degree;
            }
        }
    }
    const size_t number = coefficients.columns();
    std::vector<double> result(numIntervals() * number * SPLINE_ORDER, 0.0);
    for (int interval = 0; interval < numIntervals(); interval++) {
        for (size_t k = 0; k < number; k++) {
            for (int power = 0; power < SPLINE_ORDER; power++) {
                for (int m = 0; m < SPLINE_ORDER; m++) {
                    result[(interval * number + k) * SPLINE_ORDER + power] +=
                        splines[m][power] * coefficients.row(interval + m)[k];
                }
            }
        }
    }
    return result;
}

template <class Real>
Filters<Real>::Filters(const BasisSplines& splines, const std::vector<Matrix<double>>& weights) {
    const Matrix<double>& ofBasis = splines.getCoefficients();
    const size_t knots = ofBasis.rows(), numFeatures = weights[0].rows();
    values.assign(numPanelsFor(numFeatures) * knots * weights.size() * LANES, Real(0));
    slopes.assign(values.size(), Real(0));
    for (size_t type = 0; type < weights.size(); type++) {
        for (size_t f = 0; f < numFeatures; f++) {
            double before = 0.0;
            for (size_t knot = 0; knot < knots; knot++) {
                const double value =
                    std::inner_product(ofBasis.row(knot), ofBasis.row(knot) + ofBasis.columns(),
                                       weights[type].row(f), 0.0);
                const size_t place =
                    ((f / LANES * knots + knot) * weights.size() + type) * LANES + f % LANES;
                values[place] = static_cast<Real>(value);
                if (knot > 0) {
                    slopes[place - weights.size() * LANES] =
                        static_cast<Real>((value - before) * splines.intervalsPerAngstrom());
                }
                before = value;
            }
        }
    }
}

template struct Filters<float>;
template struct Filters<double>;

} // namespace OpenMMGems

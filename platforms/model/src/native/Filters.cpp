// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Filters.h"
#include "kernels.h"
#include <algorithm>
#include <type_traits>

namespace OpenMMGems {

namespace {

/** Makes slopes right to some 1e-7 of the filters. */
constexpr int NUM_INTERVALS = 256;
constexpr int NUM_COEFFICIENTS = 6;
/** For the second derivative at the ends of intervals, in angstrom. */
constexpr double DIFFERENCE = 1e-5;
/** No atoms are closer; some basis functions are not defined at zero. */
constexpr double SMALLEST_DISTANCE = 1e-3;

} // namespace

template <class Real>
Filters<Real>::Filters(Matrix<double> weights, std::shared_ptr<const RadialBasis> basis)
    : weights(std::move(weights)), basis(std::move(basis)) {
    if constexpr (std::is_same_v<Real, float>) {
        makeTable();
    }
}

template <class Real>
void Filters<Real>::evaluateExactly(double r, double* values, double* slopes) const {
    const size_t number = weights.columns();
    std::vector<double> functions(number), derivatives(number);
    basis->evaluate(r, functions.data(), derivatives.data());
    for (size_t c = 0; c < weights.rows(); c++) {
        values[c] = slopes[c] = 0.0;
        for (size_t v = 0; v < number; v++) {
            values[c] += weights.row(c)[v] * functions[v];
            slopes[c] += weights.row(c)[v] * derivatives[v];
        }
    }
}

/** Ends hold value, slope and second derivative in units of the interval, for all columns. */
template <class Real>
void Filters<Real>::addInterval(const double* left, const double* right) {
    const size_t n = weights.rows();
    const size_t start = table.size();
    table.resize(start + NUM_COEFFICIENTS * n);
    for (size_t c = 0; c < n; c++) {
        const double v0 = left[c], d0 = left[n + c], s0 = left[2 * n + c];
        const double v1 = right[c], d1 = right[n + c], s1 = right[2 * n + c];
        const double coefficients[NUM_COEFFICIENTS] = {
            v0,
            d0,
            s0 / 2,
            10 * (v1 - v0) - 6 * d0 - 4 * d1 - 1.5 * s0 + 0.5 * s1,
            -15 * (v1 - v0) + 8 * d0 + 7 * d1 + 1.5 * s0 - s1,
            6 * (v1 - v0) - 3 * (d0 + d1) - 0.5 * (s0 - s1)};
        for (int k = 0; k < NUM_COEFFICIENTS; k++) {
            table[start + n * k + c] = static_cast<Real>(coefficients[k]);
        }
    }
}

template <class Real>
void Filters<Real>::makeTable() {
    spacing = basis->getCutoff() / NUM_INTERVALS;
    const size_t n = weights.rows();
    std::vector<double> left, right, before(2 * n), after(2 * n);
    for (int knot = 0; knot <= NUM_INTERVALS; knot++) {
        const double r = std::max(knot * spacing, SMALLEST_DISTANCE);
        right.resize(3 * n);
        evaluateExactly(r, right.data(), right.data() + n);
        evaluateExactly(r - DIFFERENCE, before.data(), before.data() + n);
        evaluateExactly(r + DIFFERENCE, after.data(), after.data() + n);
        for (size_t c = 0; c < n; c++) {
            right[n + c] *= spacing;
            right[2 * n + c] =
                (after[n + c] - before[n + c]) / (2 * DIFFERENCE) * spacing * spacing;
        }
        if (knot > 0) {
            addInterval(left.data(), right.data());
        }
        std::swap(left, right);
    }
}

template <class Real>
void Filters<Real>::evaluate(const Neighbours<Real>& neighbours, size_t first, size_t end,
                             Matrix<Real>& values, Matrix<Real>* slopes) const {
    const size_t n = weights.rows();
    values.resize(end - first, n);
    if (slopes) {
        slopes->resize(end - first, n);
    }
    std::vector<double> unwanted(n);
    for (size_t pair = first; pair < end; pair++) {
        Real* value = values.row(pair - first);
        Real* slope = slopes ? slopes->row(pair - first) : nullptr;
        if constexpr (std::is_same_v<Real, float>) {
            const double place = neighbours.r[pair] / spacing;
            const int interval = std::min(static_cast<int>(place), NUM_INTERVALS - 1);
            interpolate(table.data() + static_cast<size_t>(interval) * NUM_COEFFICIENTS * n,
                        static_cast<float>(place - interval), static_cast<float>(1 / spacing), n,
                        value, slope);
        } else {
            evaluateExactly(neighbours.r[pair], value, slope ? slope : unwanted.data());
        }
    }
}

template class Filters<float>;
template class Filters<double>;

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "RadialBasis.h"
#include "softplus.h"
#include <cmath>
#include <numbers>

using namespace OpenMMGems;

ValueAndSlope OpenMMGems::cutoffFunction(double r, double cutoff) {
    if (r >= cutoff) {
        return {0.0, 0.0};
    }
    const double inside = (cutoff - r) * (cutoff + r);
    const double value = std::exp(-r * r / inside);
    return {value, -value * 2 * r * cutoff * cutoff / (inside * inside)};
}

RadialBasis::RadialBasis(const TensorReader& reader, const SpookyNetOptions& options,
                         size_t numFunctions)
    : kind(options.basis), expWeighting(options.expWeighting), number(numFunctions),
      cutoff(options.cutoff) {
    if (kind == BasisKind::ExpBernstein || kind == BasisKind::ExpGaussian) {
        alpha = softplus(reader.number("_alpha"));
    }
    if (kind == BasisKind::ExpBernstein || kind == BasisKind::Bernstein) {
        for (double logarithm : reader.numbers<double>("logc")) {
            coefficients.push_back(std::exp(logarithm));
        }
    }
    if (kind == BasisKind::Bernstein) {
        scale = reader.number("cutoff"); // as the model keeps it, maybe rounded to float32
    } else if (kind == BasisKind::Sinc) {
        frequencies = reader.numbers<double>("factor");
    } else if (kind == BasisKind::ExpGaussian || kind == BasisKind::Gaussian) {
        centers = reader.numbers<double>("center");
        width = reader.number("width");
    }
}

ValueAndSlope RadialBasis::factor(double r) const {
    const ValueAndSlope f = cutoffFunction(r, cutoff);
    if (alpha == 0.0 || !expWeighting) {
        return f;
    }
    const double t = std::exp(-alpha * r);
    return {f.value * t, (f.slope - alpha * f.value) * t};
}

void RadialBasis::bernstein(double x, double slopeOfX, double* values, double* slopes) const {
    std::vector<double> left(number + 1, 0.0), right(number + 1, 0.0); // powers, left[k] = x^(k-1)
    left[1] = right[1] = 1.0;
    for (size_t k = 2; k <= number; k++) {
        left[k] = left[k - 1] * x;
        right[k] = right[k - 1] * (1 - x);
    }
    for (size_t v = 0; v < number; v++) {
        const size_t n = number - 1 - v;
        values[v] = coefficients[v] * left[n + 1] * right[v + 1];
        slopes[v] = coefficients[v] * slopeOfX *
                    (static_cast<double>(n) * left[n] * right[v + 1] -
                     static_cast<double>(v) * left[n + 1] * right[v]);
    }
}

void RadialBasis::gaussian(double x, double slopeOfX, double* values, double* slopes) const {
    for (size_t v = 0; v < number; v++) {
        const double deviation = x - centers[v];
        values[v] = std::exp(-width * deviation * deviation);
        slopes[v] = -2 * width * deviation * slopeOfX * values[v];
    }
}

void RadialBasis::sinc(double r, double* values, double* slopes) const {
    for (size_t v = 0; v < number; v++) {
        const double x = std::numbers::pi * frequencies[v] * r;
        values[v] = r > 0 ? std::sin(x) / x : 1.0;
        slopes[v] = r > 0 ? (std::cos(x) - values[v]) / r : 0.0;
    }
}

void RadialBasis::evaluate(double r, double* values, double* slopes) const {
    const double t = std::exp(-alpha * r);
    switch (kind) {
    case BasisKind::ExpBernstein:
        bernstein(t, -alpha * t, values, slopes);
        break;
    case BasisKind::ExpGaussian:
        gaussian(t, -alpha * t, values, slopes);
        break;
    case BasisKind::Bernstein:
        bernstein(r / scale, 1 / scale, values, slopes);
        break;
    case BasisKind::Gaussian:
        gaussian(r, 1.0, values, slopes);
        break;
    case BasisKind::Sinc:
        sinc(r, values, slopes);
        break;
    }
    const ValueAndSlope f = factor(r);
    for (size_t v = 0; v < number; v++) {
        slopes[v] = slopes[v] * f.value + values[v] * f.slope;
        values[v] *= f.value;
    }
}

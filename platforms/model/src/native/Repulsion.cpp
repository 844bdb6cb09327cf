// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Repulsion.h"
#include "RadialBasis.h"
#include "openmmgems/Units.h"
#include "softplus.h"
#include <cmath>
#include <numeric>

namespace OpenMMGems {

Repulsion::Repulsion(const TensorReader& reader, double cutoffAngstrom)
    : cutoff(cutoffAngstrom), power(softplus(reader.number("_apow"))),
      inverseLength(softplus(reader.number("_adiv"))) {
    for (int k = 0; k < 4; k++) {
        exponents[k] = softplus(reader.number("_a" + std::to_string(k + 1)));
        weights[k] = softplus(reader.number("_c" + std::to_string(k + 1)));
    }
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) {
        weight /= sum;
    }
}

template <class Real>
double Repulsion::evaluate(const Neighbours<Real>& neighbours,
                           const std::vector<int>& atomicNumbers,
                           std::vector<Real>& gradient) const {
    std::vector<double> powers(atomicNumbers.size());
    for (size_t i = 0; i < powers.size(); i++) {
        powers[i] = inverseLength * std::pow(atomicNumbers[i], power);
    }
    double energy = 0.0;
    for (size_t i = 0; i < atomicNumbers.size(); i++) {
        for (size_t pair = neighbours.start[i]; pair < neighbours.start[i + 1]; pair++) {
            const int j = neighbours.j[pair];
            const double r = neighbours.r[pair];
            const double kappa = powers[i] + powers[j];
            double phi = 0.0, slope = 0.0;
            for (int k = 0; k < 4; k++) {
                const double term = weights[k] * std::exp(-exponents[k] * kappa * r);
                phi += term;
                slope -= exponents[k] * kappa * term;
            }
            const ValueAndSlope f = cutoffFunction(r, cutoff);
            const double charges = 0.5 * COULOMB_EV_ANGSTROM * atomicNumbers[i] * atomicNumbers[j];
            energy += charges * phi * f.value / r;
            gradient[pair] += static_cast<Real>(
                charges * (slope * f.value + phi * f.slope - phi * f.value / r) / r);
        }
    }
    return energy;
}

template double Repulsion::evaluate(const Neighbours<float>&, const std::vector<int>&,
                                    std::vector<float>&) const;
template double Repulsion::evaluate(const Neighbours<double>&, const std::vector<int>&,
                                    std::vector<double>&) const;

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Repulsion.h"
#include "Panels.h"
#include "kernels/Kernels.h"
#include "openmmgems/Units.h"
#include "softplus.h"
#include <algorithm>
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

void Repulsion::setAtomicNumbers(const std::vector<int>& atomicNumbers) {
    charges.assign(atomicNumbers.begin(), atomicNumbers.end());
    powers.resize(charges.size());
    std::ranges::transform(charges, powers.begin(),
                           [&](double z) { return inverseLength * std::pow(z, power); });
}

template <class Real>
double Repulsion::evaluate(NearPairs<Real>& pairs, size_t atom) const {
    const size_t start = pairs.start(atom), number = pairs.end(atom) - start;
    const size_t padded = numPanelsFor(number) * LANES;
    std::vector<Real> distance(padded, static_cast<Real>(cutoff / 2)), kappa(padded, Real(0)),
        strength(padded, Real(0)), slope(padded);
    const double own = 0.5 * COULOMB_EV_ANGSTROM * charges[atom];
    for (size_t k = 0; k < number; k++) {
        const int j = pairs.j[start + k];
        distance[k] = static_cast<Real>(pairs.distance(start + k));
        kappa[k] = static_cast<Real>(powers[atom] + powers[j]);
        strength[k] = static_cast<Real>(own * charges[j]);
    }
    RepulsionParameters<Real> parameters{static_cast<Real>(cutoff), {}, {}};
    std::ranges::copy(exponents, parameters.exponents);
    std::ranges::copy(weights, parameters.weights);
    const double energy = kernels<Real>().repulsion(parameters, distance.data(), kappa.data(),
                                                    strength.data(), number, slope.data());
    for (size_t k = 0; k < number; k++) {
        pairs.addSlope(start + k, slope[k]);
    }
    return energy;
}

template double Repulsion::evaluate(NearPairs<float>&, size_t) const;
template double Repulsion::evaluate(NearPairs<double>&, size_t) const;

} // namespace OpenMMGems

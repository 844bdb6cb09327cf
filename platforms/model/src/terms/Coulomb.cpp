// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Coulomb.h"
#include "../native/Electrostatics.h"
#include "LatticeSum.h"
#include "openmmgems/Units.h"
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <openmm/OpenMMException.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using OpenMM::Vec3;
using std::vector;

namespace {

/** Below this distance over the width the closed form of the slope loses digits. */
constexpr double END_OF_SERIES = 0.7;
constexpr int NUM_TERMS = 16; // the next is below 1e-20 there

} // namespace

Coulomb::Coulomb(const CoulombKernel& kernel, GemsForce::ElectrostaticsForm form,
                 std::optional<double> cutoffAngstrom)
    : width(kernel.widthAngstrom), cutoff(std::numeric_limits<double>::infinity()), form(form) {
    if (form == GemsForce::Cutoff) {
        cutoff = cutoffAngstrom.value();
        const auto [value, slopeOverR] = bare(cutoff);
        shift = value;
        tilt = slopeOverR * cutoff;
        switchOn = kernel.switchOn * cutoff;
    }
}

Coulomb::Interaction Coulomb::bare(double r) const {
    const double x = r / width;
    if (x < END_OF_SERIES) { // erf(x) / x = 2 / sqrt(pi) sum_n (-x^2)^n / (n! (2n + 1))
        double value = 0.0, slope = 0.0, factor = 1.0;
        for (int n = 0; n < NUM_TERMS; n++) {
            value += factor / (2 * n + 1);
            factor /= -(n + 1); // of x^(2n), and then of x^(2n + 2)
            slope += factor * 2 * (n + 1) / (2 * n + 3);
            factor *= x * x;
        }
        const double scale = 2 * std::numbers::inv_sqrtpi / width;
        return {scale * value, scale * slope / (width * width)};
    }
    const double erf = std::erf(x);
    return {erf / r, (2 * std::numbers::inv_sqrtpi * x * std::exp(-x * x) - erf) / (r * r * r)};
}

Coulomb::Interaction Coulomb::interact(double r) const {
    const Interaction plain = bare(r);
    if (form == GemsForce::Plain) {
        return plain;
    }
    const auto [keep, slopeOfKeep] = switchFunction(r, switchOn, cutoff);
    const double beyond = r - cutoff;
    const double slope = (slopeOfKeep * beyond - (1 - keep)) * tilt;
    return {plain.value - shift - (1 - keep) * beyond * tilt, plain.slopeOverR + slope / r};
}

CoulombResult Coulomb::sumPairs(const vector<double>& charges, const PairList& pairs) const {
    CoulombResult result(charges.size());
    for (size_t p = 0; p < pairs.vectors.size(); p++) {
        const int64_t i = pairs.i[p], j = pairs.j[p];
        const Vec3& vector = pairs.vectors[p];
        const double r = std::sqrt(vector.dot(vector));
        if (i > j || r >= cutoff) { // each pair once, but both directions to an atom's own images
            continue;
        }
        const auto [value, slopeOverR] = interact(r);
        const double product = (i == j ? 0.5 : 1.0) * charges[i] * charges[j];
        const Vec3 gradient = vector * (COULOMB_EV_ANGSTROM * product * slopeOverR);
        result.potentials[i] += COULOMB_EV_ANGSTROM * charges[j] * value;
        if (i != j) {
            result.potentials[j] += COULOMB_EV_ANGSTROM * charges[i] * value;
            result.forces[i] += gradient;
            result.forces[j] -= gradient;
        }
        for (int a = 0; a < 3; a++) {
            result.strain[a] += vector * gradient[a];
        }
    }
    return result;
}

CoulombResult Coulomb::evaluate(const vector<double>& charges, const vector<Vec3>& positions,
                                const Box* box, const PairList& pairs, Workers& workers) const {
    if (form == GemsForce::Lattice && !box) {
        throw OpenMMException("GemsForce: electrostatics is Lattice, but the system has no box; "
                              "expected one.");
    }
    CoulombResult result = form == GemsForce::Lattice
                               ? LatticeSum(width, *box).evaluate(charges, positions, workers)
                               : sumPairs(charges, pairs);
    result.energyEv =
        0.5 * std::inner_product(charges.begin(), charges.end(), result.potentials.begin(), 0.0);
    return result;
}

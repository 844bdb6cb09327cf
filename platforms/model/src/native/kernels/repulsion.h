// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_KERNELS_REPULSION_H_
#define OPENMMGEMS_NATIVE_KERNELS_REPULSION_H_

#include "simd.h"

/** Repulsion of nuclei. Included by kernels.cpp alone. */

namespace OpenMMGems {

namespace {

template <class Real>
double repulsion(const RepulsionParameters<Real>& own, const Real* distance, const Real* kappa,
                 const Real* charge, size_t number, Real* slope) {
    using V = Vector<Real>;
    double energy = 0.0;
    for (size_t first = 0; first < number; first += WIDTH<Real>) {
        const V r = load(distance + first), decay = load(kappa + first);
        const V inverse = reciprocal(r);
        V phi = {}, slopeOfPhi = {};
        for (int k = 0; k < 4; k++) {
            const V rate = own.exponents[k] * decay;
            const V term = own.weights[k] * exponential(-rate * r);
            phi += term;
            slopeOfPhi -= rate * term;
        }
        const V inside = (own.cutoff - r) * (own.cutoff + r), part = reciprocal(inside);
        const Mask<Real> isInside = r < own.cutoff;
        const V f = isInside ? exponential(-r * r * part) : V{};
        const V slopeOfF = isInside ? -2 * own.cutoff * own.cutoff * r * part * part * f : V{};
        const V strength = load(charge + first) * inverse;
        const V value = strength * phi * f;
        store<Real>(strength * (slopeOfPhi * f + phi * slopeOfF) - value * inverse, slope + first);
        energy += static_cast<double>(total(value));
    }
    return energy;
}

} // namespace

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_KERNELS_REPULSION_H_

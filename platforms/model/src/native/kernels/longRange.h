// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_KERNELS_LONGRANGE_H_
#define OPENMMGEMS_NATIVE_KERNELS_LONGRANGE_H_

#include "simd.h"

/** Electrostatics and dispersion. Included by kernels.cpp alone. */

namespace OpenMMGems {

namespace {

template <class Real>
struct ValueAndSlopeOf {
    Vector<Real> value, slope;
};

/** Goes smoothly from one at "on" to zero at "off". */
template <class Real>
GEMS_INLINE ValueAndSlopeOf<Real> switchFunction(const LongRange<Real>& f, const Vector<Real>& r) {
    using V = Vector<Real>;
    constexpr auto SMALLEST = static_cast<Real>(1e-3); // exp(1000) is far beyond all digits
    const Real width = f.switchOff - f.switchOn;
    V x = (r - f.switchOn) * (1 / width);
    x = x < SMALLEST ? broadcast(SMALLEST) : x;
    x = x > 1 - SMALLEST ? broadcast(1 - SMALLEST) : x;
    const V a = reciprocal(x), b = reciprocal(Real(1) - x);
    const V s = reciprocal(Real(1) + exponential(b - a));
    return {s, -s * (Real(1) - s) * (a * a + b * b) * (1 / width)};
}

/** The potential of a unit charge: of point charges far away, damped near by. */
template <class Real>
GEMS_INLINE ValueAndSlopeOf<Real> potential(const LongRange<Real>& f, const Vector<Real>& r,
                                            const Vector<Real>& inverse,
                                            const Mask<Real>& counted) {
    using V = Vector<Real>;
    const V coulomb = inverse + f.coulombTilt * r + f.coulombShift;
    const V slope = f.coulombTilt - inverse * inverse;
    if (!any(counted & (r < f.switchOff))) {
        return {coulomb, slope};
    }
    const auto s = switchFunction(f, r);
    const V root = reciprocalRoot(r * r + Real(1));
    const V damped = root + f.dampedTilt * r + f.dampedShift;
    const V slopeOfDamped = f.dampedTilt - r * root * root * root;
    return {s.value * damped + (Real(1) - s.value) * coulomb,
            s.slope * (damped - coulomb) + s.value * slopeOfDamped + (Real(1) - s.value) * slope};
}

/** Energy of two atoms with C6 = 1 by damped terms of order six and eight. */
template <class Real>
GEMS_INLINE ValueAndSlopeOf<Real> attraction(const LongRange<Real>& f, const Vector<Real>& r,
                                             const Vector<Real>& inverse,
                                             const Vector<Real>& ratio) {
    using V = Vector<Real>;
    const V radius = f.dampingFactor * ratio + f.dampingOffset, radius2 = radius * radius;
    const V radius6 = radius2 * radius2 * radius2, radius8 = radius6 * radius2;
    const V r2 = r * r, r6 = r2 * r2 * r2, r8 = r6 * r2;
    const V d6 = reciprocal(r6 + radius6), d8 = reciprocal(r8 + radius8);
    V order6 = d6, order8 = d8;
    V slope6 = -6 * r6 * inverse * d6 * d6, slope8 = -8 * r8 * inverse * d8 * d8;
    if (f.hasCutoff) {
        const Real end = f.cutoff, end2 = end * end, end6 = end2 * end2 * end2, end8 = end6 * end2;
        const V at6 = reciprocal(end6 + radius6), at8 = reciprocal(end8 + radius8);
        const V tilt6 = 6 * end6 / end * at6 * at6, tilt8 = 8 * end8 / end * at8 * at8;
        order6 += tilt6 * (r - end) - at6;
        order8 += tilt8 * (r - end) - at8;
        slope6 += tilt6;
        slope8 += tilt8;
    }
    const V factor8 = f.scale8 * ratio * ratio;
    return {Real(-0.5) * (f.scale6 * order6 + factor8 * order8),
            Real(-0.5) * (f.scale6 * slope6 + factor8 * slope8)};
}

/** Sums over pairs that stay in registers. */
template <class Real>
struct PairSums {
    Vector<Real> electrostatics = {}, dispersion = {}, potential = {}, force[3] = {},
                 virial[6] = {};
};

template <class Real>
GEMS_INLINE void addForce(PairSums<Real>& sums, const Vector<Real>* d, const Vector<Real>& slope,
                          const Vector<Real>& inverse) {
    const Vector<Real> along = slope * inverse;
    constexpr int FIRST[6] = {0, 1, 2, 0, 0, 1}, SECOND[6] = {0, 1, 2, 1, 2, 2};
    for (int a = 0; a < 3; a++) {
        sums.force[a] += along * d[a];
    }
    for (int a = 0; a < 6; a++) {
        sums.virial[a] += along * d[FIRST[a]] * d[SECOND[a]];
    }
}

template <class Real>
GEMS_INLINE void longRangeVector(const LongRange<Real>& f, const LongRangeAtom<Real>& atom,
                                 const Cluster<Real>& cluster, const Real* offset,
                                 const Real* alpha, size_t lane, Real* field,
                                 PairSums<Real>& sums) {
    using V = Vector<Real>;
    constexpr auto SAME_PLACE = static_cast<Real>(1e-8); // the atom itself; square of angstrom
    const V d[3] = {load(cluster.x + lane) + offset[0], load(cluster.y + lane) + offset[1],
                    load(cluster.z + lane) + offset[2]};
    const V square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
    const Mask<Real> counted = (square < f.cutoff * f.cutoff) & (square > SAME_PLACE) &
                               (load(cluster.present + lane) > Real(0));
    if (!any(counted)) {
        return;
    }
    const V safe = counted ? square : broadcast(Real(1));
    const V inverse = reciprocalRoot(safe), r = safe * inverse;
    V slope = {};
    if (f.electrostatics) {
        const auto chi = potential(f, r, inverse, counted);
        const V charge = counted ? load(cluster.charge + lane) : V{};
        sums.potential += charge * chi.value;
        slope = (Real(0.5) * f.coulombConstant * atom.charge) * charge * chi.slope;
    }
    if (f.dispersion) {
        V c6[2] = {};
        for (size_t w = 0; w + 1 < f.numFrequencies; w += 2) {
            c6[0] += atom.alpha[w] * load(alpha + w * PANEL_LANES + lane);
            c6[1] += atom.alpha[w + 1] * load(alpha + (w + 1) * PANEL_LANES + lane);
        }
        const auto pair = attraction(f, r, inverse, atom.ratio * load(cluster.ratio + lane));
        const V value = counted ? pair.value : V{};
        const V both = counted ? c6[0] + c6[1] : V{};
        sums.dispersion += both * value;
        slope += both * pair.slope;
        for (size_t w = 0; w < f.numFrequencies; w++) {
            Real* target = field + w * PANEL_LANES + lane;
            store<Real>(load(target) + value * load(alpha + w * PANEL_LANES + lane), target);
        }
    }
    addForce(sums, d, slope, inverse);
}

template <class Real>
void longRange(const LongRange<Real>& f, const LongRangeAtom<Real>& atom,
               const Cluster<Real>* clusters, const Real* clusterAlpha, Real* field,
               LongRangeSums& result) {
    PairSums<Real> sums;
    for (size_t k = 0; k < f.numFrequencies * PANEL_LANES; k++) {
        field[k] = Real(0);
    }
    for (size_t k = 0; k < atom.numClusters; k++) {
        const size_t cluster = atom.cluster[k];
        for (size_t lane = 0; lane < PANEL_LANES; lane += WIDTH<Real>) {
            longRangeVector(f, atom, clusters[cluster], atom.offset + 3 * k,
                            clusterAlpha + cluster * f.numFrequencies * PANEL_LANES, lane, field,
                            sums);
        }
    }
    const double potentialSum = total(sums.potential);
    result.electrostatics = 0.5 * f.coulombConstant * atom.charge * potentialSum;
    result.chargeGradient = f.coulombConstant * potentialSum;
    result.dispersion = total(sums.dispersion);
    for (int a = 0; a < 3; a++) {
        result.force[a] = 2 * static_cast<double>(total(sums.force[a]));
    }
    for (int a = 0; a < 6; a++) {
        result.virial[a] = total(sums.virial[a]);
    }
}

} // namespace

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_KERNELS_LONGRANGE_H_

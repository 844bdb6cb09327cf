// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "NearPairs.h"
#include <algorithm>
#include <cmath>

namespace OpenMMGems {

using OpenMM::Vec3;

template <class Real>
void NearPairs<Real>::resize(const NeighbourLists& lists) {
    const size_t numListed = lists.near().entries.size();
    starts.resize(lists.numAtoms());
    ends.resize(lists.numAtoms());
    j = {};
    j.resize(numListed);
    for (auto* numbers : {&geometry, &gradient}) {
        *numbers = {};
        numbers->resize(4 * numListed);
    }
}

template <class Real>
void NearPairs<Real>::measure(const NeighbourLists& lists, double cutoff, size_t first, size_t end,
                              EvaluationFaults& faults) {
    const auto& list = lists.near();
    size_t place = list.start[first];
    for (size_t i = first; i < end; i++) {
        starts[i] = place;
        const Vec3 own = lists.position(i);
        for (size_t k = list.start[i]; k < list.start[i + 1]; k++) {
            const auto [other, image] = list.entries[k];
            const Vec3 apart = lists.position(other) + lists.shift(image) - own;
            const double square = apart.dot(apart);
            if (square >= cutoff * cutoff) {
                continue;
            }
            if (square < COINCIDENCE_ANGSTROM * COINCIDENCE_ANGSTROM) {
                faults.add(EvaluationFaults::ATOMS_COINCIDE, lists.getOrder()[i]);
            }
            const double r = std::sqrt(square), scale = 1 / r;
            j[place] = other;
            geometry[4 * place] = static_cast<Real>(r);
            for (int a = 0; a < 3; a++) {
                geometry[4 * place + 1 + a] = static_cast<Real>(apart[a] * scale);
            }
            place++;
        }
        ends[i] = place;
    }
    std::fill(gradient.begin() + static_cast<std::ptrdiff_t>(4 * list.start[first]),
              gradient.begin() + static_cast<std::ptrdiff_t>(4 * place), Real(0));
}

template <class Real>
Vec3 NearPairs<Real>::vectorGradient(size_t pair) const {
    const Real *g = &geometry[4 * pair], *of = &gradient[4 * pair];
    const Vec3 unit(g[1], g[2], g[3]), ofUnit(of[1], of[2], of[3]);
    return unit * (of[0] - ofUnit.dot(unit) / g[0]) + ofUnit / g[0];
}

template class NearPairs<float>;
template class NearPairs<double>;

} // namespace OpenMMGems

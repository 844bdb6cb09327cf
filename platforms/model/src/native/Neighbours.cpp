// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "Neighbours.h"
#include <cmath>

namespace OpenMMGems {

template <class Real>
Neighbours<Real> selectNeighbours(const PairList& pairs, size_t numAtoms, double cutoffAngstrom) {
    const size_t numListed = pairs.vectors.size();
    std::vector<double> distances(numListed);
    Neighbours<Real> chosen;
    chosen.start.assign(numAtoms + 1, 0);
    for (size_t p = 0; p < numListed; p++) {
        distances[p] = std::sqrt(pairs.vectors[p].dot(pairs.vectors[p]));
        if (distances[p] < cutoffAngstrom) {
            chosen.start[pairs.i[p] + 1]++;
        }
    }
    for (size_t i = 0; i < numAtoms; i++) {
        chosen.start[i + 1] += chosen.start[i];
    }
    const size_t numChosen = chosen.start[numAtoms];
    chosen.j.resize(numChosen);
    chosen.source.resize(numChosen);
    for (auto* array : {&chosen.r, &chosen.ux, &chosen.uy, &chosen.uz}) {
        array->resize(numChosen);
    }
    std::vector<size_t> next(chosen.start.begin(), chosen.start.end() - 1);
    for (size_t p = 0; p < numListed; p++) {
        if (distances[p] < cutoffAngstrom) {
            const size_t place = next[pairs.i[p]]++;
            const OpenMM::Vec3 unit = pairs.vectors[p] / distances[p];
            chosen.j[place] = static_cast<int>(pairs.j[p]);
            chosen.source[place] = p;
            chosen.r[place] = static_cast<Real>(distances[p]);
            chosen.ux[place] = static_cast<Real>(unit[0]);
            chosen.uy[place] = static_cast<Real>(unit[1]);
            chosen.uz[place] = static_cast<Real>(unit[2]);
        }
    }
    return chosen;
}

template Neighbours<float> selectNeighbours(const PairList&, size_t, double);
template Neighbours<double> selectNeighbours(const PairList&, size_t, double);

} // namespace OpenMMGems

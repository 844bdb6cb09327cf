// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "SpatialOrder.h"
#include <algorithm>
#include <numeric>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;

namespace {

/** Room around a molecule that is not periodic. */
constexpr double MARGIN = 1.0;

} // namespace

SpatialOrder::SpatialOrder(const vector<Vec3>& positions, const Box* box, size_t clusterSize)
    : wraps(positions.size(), Image{}) {
    vector<Vec3> inside = positions;
    if (box) {
        cell = *box;
        wrap(inside);
    } else {
        enclose(inside);
    }
    sort(inside, clusterSize);
}

void SpatialOrder::wrap(vector<Vec3>& positions) {
    const Box inverseBox = inverse(cell);
    for (size_t atom = 0; atom < positions.size(); atom++) {
        const Vec3 f = fractions(inverseBox, positions[atom]);
        for (int a = 0; a < 3; a++) {
            wraps[atom][a] = static_cast<int>(std::floor(f[a]));
        }
        positions[atom] -= combine(cell, wraps[atom]);
    }
}

void SpatialOrder::enclose(vector<Vec3>& positions) {
    Vec3 low = positions[0], high = positions[0];
    for (const Vec3& position : positions) {
        for (int a = 0; a < 3; a++) {
            low[a] = std::min(low[a], position[a] - MARGIN);
            high[a] = std::max(high[a], position[a] + MARGIN);
        }
    }
    const Vec3 size = high - low;
    cell = {Vec3(size[0], 0, 0), Vec3(0, size[1], 0), Vec3(0, 0, size[2])};
    origin = low;
    for (Vec3& position : positions) {
        position -= low;
    }
}

/** Columns of square base, taken in turns, in which atoms follow each other up or down. */
void SpatialOrder::sort(const vector<Vec3>& positions, size_t clusterSize) {
    const Box inverseCell = inverse(cell);
    const double volume = cell[0].dot(cell[1].cross(cell[2]));
    const double edge = std::cbrt(volume * static_cast<double>(clusterSize) /
                                  static_cast<double>(positions.size()));
    std::array<int, 2> columns;
    for (int a = 0; a < 2; a++) {
        columns[a] = std::max(1, static_cast<int>(std::lround(height(inverseCell, a) / edge)));
    }
    vector<std::pair<int, double>> keys(positions.size());
    for (size_t atom = 0; atom < positions.size(); atom++) {
        const Vec3 f = fractions(inverseCell, positions[atom]);
        const int x = std::clamp(static_cast<int>(f[0] * columns[0]), 0, columns[0] - 1);
        const int y = std::clamp(static_cast<int>(f[1] * columns[1]), 0, columns[1] - 1);
        const int rank = x * columns[1] + (x % 2 == 0 ? y : columns[1] - 1 - y);
        keys[atom] = {rank, rank % 2 == 0 ? f[2] : -f[2]};
    }
    order.resize(positions.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order,
                      [&](int a, int b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
}

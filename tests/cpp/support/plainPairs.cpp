// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "plainPairs.h"
#include <algorithm>
#include <cmath>

using OpenMM::Vec3;
using OpenMMGems::Box;
using std::vector;

PlainPair makePlainPair(int64_t i, int64_t j, const Vec3& v) {
    const auto round = [](double x) { return std::llround(x * 1e6); };
    return {i, j, round(v[0]), round(v[1]), round(v[2])};
}

vector<PlainPair> plainPairs(const vector<Vec3>& positions, const Box* box, double cutoff) {
    const int reach = box ? 3 : 0;
    const Box edges = box ? *box : Box{};
    vector<PlainPair> pairs;
    for (size_t i = 0; i < positions.size(); i++) {
        for (size_t j = 0; j < positions.size(); j++) {
            for (int a = -reach; a <= reach; a++) {
                for (int b = -reach; b <= reach; b++) {
                    for (int c = -reach; c <= reach; c++) {
                        const Vec3 v = positions[j] + edges[0] * a + edges[1] * b + edges[2] * c -
                                       positions[i];
                        const bool isSelf = i == j && a == 0 && b == 0 && c == 0;
                        if (!isSelf && v.dot(v) < cutoff * cutoff) {
                            pairs.push_back(
                                makePlainPair(static_cast<int64_t>(i), static_cast<int64_t>(j), v));
                        }
                    }
                }
            }
        }
    }
    std::sort(pairs.begin(), pairs.end());
    return pairs;
}

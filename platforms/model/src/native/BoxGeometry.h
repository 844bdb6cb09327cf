// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_BOXGEOMETRY_H_
#define OPENMMGEMS_NATIVE_BOXGEOMETRY_H_

#include "openmmgems/Evaluator.h"
#include <array>
#include <cmath>
#include <openmm/Vec3.h>

namespace OpenMMGems {

/** Multiples of the three box vectors. */
using Image = std::array<int, 3>;

/** Rows a, b, c of the matrix that turns positions into fractions of the box vectors. */
inline Box inverse(const Box& box) {
    const double volume = box[0].dot(box[1].cross(box[2]));
    return {box[1].cross(box[2]) / volume, box[2].cross(box[0]) / volume,
            box[0].cross(box[1]) / volume};
}

inline OpenMM::Vec3 fractions(const Box& inverseBox, const OpenMM::Vec3& position) {
    return {inverseBox[0].dot(position), inverseBox[1].dot(position), inverseBox[2].dot(position)};
}

/** Distance between opposite faces. */
inline double height(const Box& inverseBox, int axis) {
    return 1 / std::sqrt(inverseBox[axis].dot(inverseBox[axis]));
}

inline OpenMM::Vec3 combine(const Box& box, const Image& factors) {
    return box[0] * factors[0] + box[1] * factors[1] + box[2] * factors[2];
}

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_BOXGEOMETRY_H_

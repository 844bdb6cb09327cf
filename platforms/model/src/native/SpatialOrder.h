// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_SPATIALORDER_H_
#define OPENMMGEMS_NATIVE_SPATIALORDER_H_

#include "BoxGeometry.h"
#include <vector>

namespace OpenMMGems {

/** An order of atoms in which so many in a row, a cluster, are close in space. */
struct OPENMMGEMS_MODEL_EXPORT SpatialOrder {
    /**
     * @param positions    one per atom, finite
     * @param box          null if not periodic
     * @param clusterSize  atoms that shall be close together
     */
    SpatialOrder(const std::vector<OpenMM::Vec3>& positions, const Box* box, size_t clusterSize);
    std::vector<int> order;   ///< the atom at each place
    std::vector<Image> wraps; ///< of each atom: boxes to subtract from its position
    Box cell;                 ///< the box, or one around all atoms
    OpenMM::Vec3 origin;      ///< of the cell

private:
    void wrap(std::vector<OpenMM::Vec3>& positions);
    void enclose(std::vector<OpenMM::Vec3>& positions);
    void sort(const std::vector<OpenMM::Vec3>& positions, size_t clusterSize);
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_SPATIALORDER_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_LONGRANGETERMS_H_
#define OPENMMGEMS_NATIVE_LONGRANGETERMS_H_

#include "Dispersion.h"
#include "NearPairs.h"
#include "NeighbourLists.h"
#include "SpookyNetOptions.h"
#include "kernels/Kernels.h"
#include <optional>
#include <vector>

namespace OpenMMGems {

/**
 * Electrostatics and dispersion in one pass over the clusters around each atom. Every atom takes
 * its half of each pair; blocks of atoms can be worked on at the same time.
 */
template <class Real>
class LongRangeTerms {
public:
    LongRangeTerms(const TensorReader& reader, const SpookyNetOptions& options);
    bool exist() const { return parameters.electrostatics || parameters.dispersion; }
    bool hasDispersion() const { return dispersion.has_value(); }
    void setAtomicNumbers(const std::vector<int>& atomicNumbers);
    /** Range in which pairs must be near, angstrom. */
    double nearRange() const { return dispersion ? dispersion->bondRangeAngstrom() : 0.0; }
    /** Make room for what the lists hold. */
    void resize(const NeighbourLists& lists);
    /** What atoms bring to their pairs, from first to end, whole clusters. */
    void prepare(const NeighbourLists& lists, const NearPairs<Real>& pairs,
                 const std::vector<double>& charges, size_t first, size_t end);
    /** Sums for an atom, when all are prepared; adds to the gradient of its near pairs. */
    LongRangeSums evaluate(const NeighbourLists& lists, NearPairs<Real>& pairs, size_t atom) const;

private:
    void fillCluster(const NeighbourLists& lists, const std::vector<double>& charges,
                     size_t cluster);
    void listClusters(const NeighbourLists& lists, size_t atom, std::vector<int>& cluster,
                      std::vector<Real>& offset) const;
    LongRange<Real> parameters{};
    std::optional<Dispersion> dispersion;
    std::vector<Dispersion::Atom> weighed;
    AlignedVector<Cluster<Real>> clusters;
    std::vector<OpenMM::Vec3> centres;
    std::vector<Real> alphaOfAtoms;      ///< [atom, NUM_FREQUENCIES]
    AlignedVector<Real> alphaOfClusters; ///< [cluster, NUM_FREQUENCIES, LANES]
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_LONGRANGETERMS_H_

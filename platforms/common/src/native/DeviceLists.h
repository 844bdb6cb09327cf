// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_DEVICELISTS_H_
#define OPENMMGEMS_NATIVE_DEVICELISTS_H_

#include "DeviceProgram.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include <openmm/Vec3.h>
#include <vector>

namespace OpenMMGems {

/**
 * Positions of a force's atoms on the device, and their neighbour lists: see lists.cc. The order of
 * atoms in space is made on the host, at long intervals.
 */
class DeviceLists {
public:
    static constexpr int CLUSTER_SIZE = 32;
    /** Places in the array status, after those of faults. */
    enum Status {
        REBUILD = EvaluationFaults::NUM_KINDS,
        TOO_MANY_ENTRIES,
        TOO_MANY_PAIRS,
        MUST_SORT,
        STATUS_SIZE
    };
    /**
     * @param atomOfParticle  -1 for particles that are no atoms of the force
     * @param numAtoms        of the force
     */
    DeviceLists(const DeviceProgram& program, const std::vector<int>& atomOfParticle, int numAtoms,
                bool periodic);
    /** Constants of lists.cc; farCutoff in angstrom, infinite if all atoms interact. */
    static Defines getDefines(double farCutoff);
    /** Make the kernels, when the cutoffs in angstrom are new or arrays have grown. */
    void createKernels(double nearCutoff, double farCutoff);
    /** Take over the positions, and bring lists and pairs up to date; status starts from zero. */
    void update();
    /** After the atoms were moved in memory: molecules may be in other periodic images. */
    void followReordering();
    /**
     * Whether the lists could not be made, for lack of room or because clusters are spread over
     * several boxes. Then it will be better next time; kernels are to be made anew. Throws
     * OpenMMException if it would not.
     */
    bool grow(const std::vector<int>& statusOnHost);
    static EvaluationFaults faultsIn(const std::vector<int>& statusOnHost);
    /** The next update makes the lists anew. */
    void invalidate() { isValid = false; }
    /** Positions that update() took over, in angstrom, and their box. */
    std::vector<OpenMM::Vec3> downloadPositions() const;
    Box getBox() const;

    int maxEntries = 64, maxPairs = 64;
    OpenMM::ComputeArray atomOfPlace, positions, slotOfAtom, box, status;
    OpenMM::ComputeArray numEntries, entries;
    OpenMM::ComputeArray numPairs, pairAtom, pairVector, pairForce;

private:
    void makePairArrays();
    void followMolecules();
    bool updateBox();
    void sortAtoms();
    int largest(OpenMM::ComputeArray& numbers) const;
    const DeviceProgram& program;
    int numParticles, numAtoms, numClusters;
    bool periodic, isValid = false;
    int updatesSinceSorting = 0;
    std::vector<double> boxOnHost;
    std::vector<OpenMM::mm_int4> wrapsOnHost, offsetsOnHost;
    OpenMM::ComputeArray atomOfParticle, cellOffsets, wraps, reference, bounds;
    OpenMM::ComputeArray numCandidates, candidates;
    OpenMM::ComputeKernel followAtoms, boundClusters, listClusters, listCandidates, measurePairs;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_DEVICELISTS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "DeviceLists.h"
#include "native/SpatialOrder.h"
#include "openmmgems/Units.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <openmm/OpenMMException.h>

using namespace OpenMMGems;
using OpenMM::ComputeArray;
using OpenMM::mm_int4;
using OpenMM::Vec3;
using std::vector;

namespace {

/** Added to cutoffs in angstrom, so that lists stay right while atoms move. */
constexpr double SKIN = 1.0;
/** Clusters grow as atoms diffuse; OpenMM puts its own atoms in order as often. */
constexpr int UPDATES_BETWEEN_SORTING = 250;
/** Lists grow by more than is needed at the moment. */
constexpr double HEADROOM = 1.2;
/** Threads of the group that lists the clusters around a cluster. */
constexpr int LIST_THREADS = 64;

} // namespace

DeviceLists::DeviceLists(const DeviceProgram& program, const vector<int>& atoms, int numAtoms,
                         bool periodic)
    : program(program), numParticles(static_cast<int>(atoms.size())), numAtoms(numAtoms),
      numClusters((numAtoms + CLUSTER_SIZE - 1) / CLUSTER_SIZE), periodic(periodic),
      wrapsOnHost(numAtoms, mm_int4(0, 0, 0, 0)), offsetsOnHost(numParticles, mm_int4(0, 0, 0, 0)) {
    vector<int> order(numAtoms);
    std::iota(order.begin(), order.end(), 0);
    program.uploadInt(atomOfParticle, atoms, "gemsAtomOfParticle");
    program.uploadInt(atomOfPlace, order, "gemsAtomOfPlace");
    program.makeInt(status, STATUS_SIZE, "gemsStatus");
    cellOffsets.initialize<mm_int4>(program.context(), numParticles, "gemsCellOffsets");
    cellOffsets.upload(offsetsOnHost);
    wraps.initialize<mm_int4>(program.context(), numAtoms, "gemsWraps");
    wraps.upload(wrapsOnHost);
    program.makeInt(slotOfAtom, numAtoms, "gemsSlotOfAtom");
    program.makeMixed(positions, 4 * static_cast<size_t>(numAtoms), "gemsPositions");
    program.uploadMixed(reference, vector<double>(4 * static_cast<size_t>(numAtoms), 0.0),
                        "gemsReference");
    program.makeMixed(bounds, 16 * static_cast<size_t>(numClusters), "gemsClusterBounds");
    program.makeInt(numEntries, numClusters, "gemsNumEntries");
    program.makeInt(numCandidates, numAtoms, "gemsNumCandidates");
    program.makeInt(numPairs, numAtoms, "gemsNumPairs");
    makePairArrays();
    followReordering();
}

void DeviceLists::makePairArrays() {
    const size_t number = static_cast<size_t>(numAtoms) * maxPairs;
    program.makeInt(entries, 4 * static_cast<size_t>(numClusters) * maxEntries, "gemsEntries");
    program.makeInt(candidates, 2 * number, "gemsCandidates");
    program.makeInt(pairAtom, number, "gemsPairAtom");
    program.makeReal(pairVector, 4 * number, "gemsPairVector");
    program.makeReal(pairForce, 4 * number, "gemsPairForce");
}

Defines DeviceLists::getDefines(double farCutoff) {
    return {
        {"CLUSTER_SIZE", literal(CLUSTER_SIZE)},
        {"LIST_THREADS", literal(LIST_THREADS)},
        {"ANGSTROM_PER_NM", literal(ANGSTROM_PER_NM)},
        {"SKIN", literal(SKIN)},
        {"ALL_ARE_FAR", literal(std::isinf(farCutoff) ? 1 : 0)},
        {"REBUILD", literal(REBUILD)},
        {"TOO_MANY_ENTRIES", literal(TOO_MANY_ENTRIES)},
        {"TOO_MANY_PAIRS", literal(TOO_MANY_PAIRS)},
        {"MUST_SORT", literal(MUST_SORT)},
        {"BOX_TOO_NARROW", literal(EvaluationFaults::BOX_TOO_NARROW)},
        {"ATOMS_COINCIDE", literal(EvaluationFaults::ATOMS_COINCIDE)},
        {"EXPONENT_TOO_LARGE", literal(EvaluationFaults::EXPONENT_TOO_LARGE)},
        {"FORCE_NOT_FINITE", literal(EvaluationFaults::FORCE_NOT_FINITE)},
        {"FORCE_TOO_LARGE", literal(EvaluationFaults::FORCE_TOO_LARGE)},
        {"MOST_IMAGES", literal(EvaluationFaults::MOST_IMAGES)},
        {"NO_ATOM", literal(EvaluationFaults::NO_ATOM)},
    };
}

void DeviceLists::createKernels(double nearCutoff, double farCutoff) {
    using Mixed = DeviceProgram::Mixed;
    OpenMM::ComputeContext& cc = program.context();
    const double range = std::isinf(farCutoff) ? nearCutoff : std::max(nearCutoff, farCutoff);
    updateBox();
    followAtoms = program.kernel("followAtoms", numParticles, DeviceProgram::Later(), cc.getPosq());
    if (cc.getUseMixedPrecision()) {
        followAtoms->addArg(cc.getPosqCorrection());
    }
    for (OpenMM::ArrayInterface* array : std::initializer_list<OpenMM::ArrayInterface*>{
             &cc.getAtomIndexArray(), &cellOffsets, &atomOfParticle, &wraps, &box, &reference,
             &positions, &slotOfAtom, &status}) {
        followAtoms->addArg(*array);
    }
    boundClusters = program.kernel("boundClusters", numAtoms, atomOfPlace, positions, box, status,
                                   reference, bounds);
    listClusters = program.kernel("listClusters", numAtoms, Mixed{range + SKIN}, bounds, box,
                                  status, maxEntries, numEntries, entries);
    listCandidates = program.kernel("listCandidates", numAtoms, Mixed{nearCutoff + SKIN},
                                    atomOfPlace, positions, box, numEntries, entries, maxEntries,
                                    status, maxPairs, numCandidates, candidates);
    measurePairs = program.kernel("measurePairs", numAtoms, Mixed{nearCutoff}, atomOfPlace,
                                  positions, box, entries, maxEntries, numCandidates, candidates,
                                  maxPairs, numPairs, pairAtom, pairVector, pairForce, status);
}

/**
 * Box vectors and the rows of the inverse, where they have changed; returns whether they have. See
 * lists.cc about the inverse.
 */
bool DeviceLists::updateBox() {
    Box vectors;
    program.context().getPeriodicBoxVectors(vectors[0], vectors[1], vectors[2]);
    for (Vec3& vector : vectors) {
        vector *= ANGSTROM_PER_NM;
    }
    vector<double> numbers;
    for (const Box& matrix : {vectors, periodic ? inverse(vectors) : Box()}) {
        for (const Vec3& row : matrix) {
            numbers.insert(numbers.end(), {row[0], row[1], row[2]});
        }
    }
    const bool isNew = numbers != boxOnHost;
    if (isNew) {
        boxOnHost = numbers;
        program.uploadMixed(box, boxOnHost, "gemsBox");
    }
    return isNew;
}

void DeviceLists::followReordering() {
    updatesSinceSorting = UPDATES_BETWEEN_SORTING;
}

/**
 * Which molecules OpenMM has in other images of its box. It also changes that without reordering:
 * when positions are set, and when a change of the volume is tried or taken back.
 */
void DeviceLists::followMolecules() {
    const vector<mm_int4>& offsets = program.context().getPosCellOffsets();
    const auto first = offsets.begin(), end = first + numParticles;
    const auto isSame = [](const mm_int4& a, const mm_int4& b) {
        return a.x == b.x && a.y == b.y && a.z == b.z;
    };
    if (!periodic && !std::equal(first, end, offsetsOnHost.begin(), isSame)) {
        offsetsOnHost.assign(first, end);
        cellOffsets.upload(offsetsOnHost);
    }
}

/** Put the atoms in order by their positions on the device. */
void DeviceLists::sortAtoms() {
    followAtoms->setArg(1, 1);
    followAtoms->execute(numParticles);
    const vector<Vec3> current = downloadPositions();
    const Box vectors = getBox();
    const Box* given = periodic ? &vectors : nullptr;
    EvaluationFaults faults;
    faults.addPositions(current, given);
    faults.check(current, given);
    const SpatialOrder sorted(current, given, CLUSTER_SIZE);
    for (int atom = 0; atom < numAtoms; atom++) {
        wrapsOnHost[atom].x += sorted.wraps[atom][0];
        wrapsOnHost[atom].y += sorted.wraps[atom][1];
        wrapsOnHost[atom].z += sorted.wraps[atom][2];
    }
    wraps.upload(wrapsOnHost);
    atomOfPlace.upload(sorted.order);
    updatesSinceSorting = 0;
    isValid = false;
}

void DeviceLists::update() {
    if (updateBox()) {
        isValid = false;
    }
    followMolecules();
    if (updatesSinceSorting++ >= UPDATES_BETWEEN_SORTING) {
        sortAtoms();
    }
    program.context().clearBuffer(status);
    followAtoms->setArg(1, isValid ? 0 : 1);
    followAtoms->execute(numParticles);
    boundClusters->execute(numClusters);
    listClusters->execute(numClusters * LIST_THREADS, LIST_THREADS);
    listCandidates->execute(numClusters * CLUSTER_SIZE, CLUSTER_SIZE);
    measurePairs->execute(numAtoms);
    isValid = true;
}

int DeviceLists::largest(ComputeArray& numbers) const {
    vector<int> onHost;
    numbers.download(onHost);
    return *std::ranges::max_element(onHost);
}

EvaluationFaults DeviceLists::faultsIn(const vector<int>& statusOnHost) {
    std::array<int, EvaluationFaults::NUM_KINDS> words;
    std::copy_n(statusOnHost.begin(), words.size(), words.begin());
    return EvaluationFaults(words);
}

bool DeviceLists::grow(const vector<int>& statusOnHost) {
    if (statusOnHost[MUST_SORT] != 0) {
        if (updatesSinceSorting == 0) { // they have just been sorted: it would go on for ever
            EvaluationFaults faults;
            faults.add(EvaluationFaults::POSITION_TOO_FAR);
            faults.check({}, nullptr);
        }
        followReordering();
        return true;
    }
    if (statusOnHost[TOO_MANY_ENTRIES] == 0 && statusOnHost[TOO_MANY_PAIRS] == 0) {
        return false;
    }
    isValid = false;
    // Where entries are missing, so are pairs: their number will be known next time.
    maxEntries = std::max(maxEntries, static_cast<int>(HEADROOM * largest(numEntries)));
    maxPairs = std::max(maxPairs, static_cast<int>(HEADROOM * largest(numCandidates)));
    makePairArrays();
    return true;
}

vector<Vec3> DeviceLists::downloadPositions() const {
    vector<double> numbers;
    positions.download(numbers, /*convert=*/true);
    vector<Vec3> result(numAtoms);
    for (int atom = 0; atom < numAtoms; atom++) {
        result[atom] = Vec3(numbers[4 * atom], numbers[4 * atom + 1], numbers[4 * atom + 2]);
    }
    return result;
}

Box DeviceLists::getBox() const {
    const vector<double>& b = boxOnHost;
    return {Vec3(b[0], b[1], b[2]), Vec3(b[3], b[4], b[5]), Vec3(b[6], b[7], b[8])};
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "DeviceTerms.h"
#include "blocks.h"
#include "native/Electrostatics.h"
#include "openmmgems/Units.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

using namespace OpenMMGems;
using OpenMM::ComputeArray;
using std::string;
using std::vector;

namespace {

constexpr int REFERENCES = Dispersion::REFERENCES, FREQUENCIES = Dispersion::FREQUENCIES;
/** Frequencies are read four at a time. */
constexpr int ALPHA_VECTORS = (FREQUENCIES + 3) / 4, ALPHA_SIZE = 4 * ALPHA_VECTORS;
/**
 * Of an element: nuclear charge, hardness, ratio; of each reference charge and fallback weight; of
 * its Gaussians mask, factor and coordination number; its polarisabilities.
 */
constexpr int ELEMENT_REFERENCES = 4;
constexpr int ELEMENT_GAUSSIANS = ELEMENT_REFERENCES + 2 * REFERENCES;
constexpr int ELEMENT_ALPHA = (ELEMENT_GAUSSIANS + 9 * REFERENCES + 3) / 4 * 4;
constexpr int ELEMENT_SIZE = ELEMENT_ALPHA + REFERENCES * ALPHA_SIZE;
static_assert(Dispersion::GAUSSIANS == 3);

/** Threads on each atom of a cluster. */
constexpr int FAR_SHARES = 4;
constexpr int FAR_THREADS = FAR_SHARES * DeviceLists::CLUSTER_SIZE;

string list(const std::array<double, 4>& numbers) {
    string text = literal(numbers[0]);
    for (size_t k = 1; k < numbers.size(); k++) {
        text.append(", ").append(literal(numbers[k]));
    }
    return text;
}

void append(const Dispersion::Element& element, double ratio, vector<double>& numbers) {
    const size_t first = numbers.size();
    numbers.resize(first + ELEMENT_SIZE, 0.0);
    double* place = &numbers[first];
    place[0] = element.charge;
    place[1] = element.hardness;
    place[2] = ratio;
    for (int a = 0; a < REFERENCES; a++) {
        place[ELEMENT_REFERENCES + 2 * a] = element.referenceCharge[a];
        place[ELEMENT_REFERENCES + 2 * a + 1] = element.fallbackWeight[a];
        for (int k = 0; k < Dispersion::GAUSSIANS; k++) {
            double* gaussian = place + ELEMENT_GAUSSIANS + 3 * (3 * a + k);
            gaussian[0] = element.mask[a][k];
            gaussian[1] = element.factor[a][k];
            gaussian[2] = element.coordination[a][k];
        }
        std::ranges::copy(element.polarizability[a], place + ELEMENT_ALPHA + a * ALPHA_SIZE);
    }
}

} // namespace

DeviceTerms::DeviceTerms(const DeviceProgram& program, const TensorReader& tensors,
                         const SpookyNetOptions& options)
    : program(program), options(options) {
    if (tensors.has("zbl_repulsion_energy._apow")) {
        repulsion.emplace(tensors.part("zbl_repulsion_energy"), options.cutoff);
    }
    if (tensors.has("d4_dispersion_energy._s6")) {
        dispersion.emplace(tensors.part("d4_dispersion_energy"), options.longRangeCutoff);
    }
}

double DeviceTerms::getNearCutoff() const {
    return std::max(options.cutoff, dispersion ? dispersion->bondRangeAngstrom() : 0.0);
}

double DeviceTerms::getFarCutoff() const {
    return isLongRange() ? options.longRangeCutoff.value_or(std::numeric_limits<double>::infinity())
                         : 0.0;
}

void DeviceTerms::setAtomicNumbers(const vector<int>& atomicNumbers) {
    numAtoms = static_cast<int>(atomicNumbers.size());
    if (repulsion) {
        repulsion->setAtomicNumbers(atomicNumbers);
        vector<double> numbers;
        for (int atom = 0; atom < numAtoms; atom++) {
            numbers.push_back(repulsion->getCharges()[atom]);
            numbers.push_back(repulsion->getPowers()[atom]);
        }
        program.uploadReal(nuclear, numbers, "gemsNuclear");
    }
    if (dispersion) {
        dispersion->setAtomicNumbers(atomicNumbers);
        uploadDispersion();
    }
    if (isLongRange()) {
        program.makeReal(farForce, 4 * static_cast<size_t>(numAtoms), "gemsFarForce");
    }
}

void DeviceTerms::uploadDispersion() {
    const vector<int> types(dispersion->getTypes().begin(), dispersion->getTypes().end());
    program.uploadInt(typeOfAtom, types, "gemsTypes");
    vector<double> numbers;
    for (size_t type = 0; type < dispersion->getElements().size(); type++) {
        const size_t atom = std::ranges::find(types, static_cast<int>(type)) - types.begin();
        append(dispersion->getElements()[type], dispersion->ratio(atom), numbers);
    }
    program.uploadReal(elements, numbers, "gemsElements");
    numbers.clear();
    for (const Dispersion::Bond& bond : dispersion->getBonds()) {
        numbers.insert(numbers.end(), {bond.length, bond.height});
    }
    program.uploadReal(bonds, numbers, "gemsBonds");
    const size_t number = numAtoms;
    program.makeReal(coordination, number, "gemsCoordination");
    program.makeReal(ofCoordination, number, "gemsOfCoordination");
    program.makeReal(alpha, number * ALPHA_SIZE, "gemsAlpha");
    program.makeReal(ofAlpha, number * ALPHA_SIZE, "gemsOfAlpha");
    program.makeReal(slopes, number * 2 * REFERENCES, "gemsReferenceSlopes");
}

Defines DeviceTerms::getDefines() const {
    LongRange<double> parameters{};
    Defines defines = {
        {"COULOMB_EV_ANGSTROM", literal(COULOMB_EV_ANGSTROM)},
        {"FAR_SHARES", literal(FAR_SHARES)},
        {"FAR_THREADS", literal(FAR_THREADS)},
    };
    if (isLongRange() && options.longRangeCutoff) {
        defines["FAR_CUTOFF"] = literal(*options.longRangeCutoff);
        defines["FAR_CUTOFF_TO_6"] = literal(std::pow(*options.longRangeCutoff, 6));
        defines["FAR_CUTOFF_TO_8"] = literal(std::pow(*options.longRangeCutoff, 8));
    }
    if (repulsion) {
        defines.emplace("USE_REPULSION", "1");
        defines["REPULSION_EXPONENTS"] = list(repulsion->getExponents());
        defines["REPULSION_WEIGHTS"] = list(repulsion->getWeights());
    }
    if (hasElectrostatics()) {
        fillElectrostatics(options.cutoff, options.longRangeCutoff, parameters);
        defines.emplace("USE_ELECTROSTATICS", "1");
        defines["COULOMB_SHIFT"] = literal(parameters.coulombShift);
        defines["COULOMB_TILT"] = literal(parameters.coulombTilt);
        defines["DAMPED_SHIFT"] = literal(parameters.dampedShift);
        defines["DAMPED_TILT"] = literal(parameters.dampedTilt);
        defines["SWITCH_ON"] = literal(parameters.switchOn);
        defines["SWITCH_OFF"] = literal(parameters.switchOff);
    }
    if (dispersion) {
        dispersion->fill(parameters);
        defines.emplace("USE_DISPERSION", "1");
        defines["SCALE_6"] = literal(parameters.scale6);
        defines["SCALE_8"] = literal(parameters.scale8);
        defines["DAMPING_FACTOR"] = literal(parameters.dampingFactor);
        defines["DAMPING_OFFSET"] = literal(parameters.dampingOffset);
        defines["REFERENCES"] = literal(REFERENCES);
        defines["ALPHA_VECTORS"] = literal(ALPHA_VECTORS);
        defines["ELEMENT_REFERENCES"] = literal(ELEMENT_REFERENCES);
        defines["ELEMENT_GAUSSIANS"] = literal(ELEMENT_GAUSSIANS);
        defines["ELEMENT_ALPHA"] = literal(ELEMENT_ALPHA);
        defines["ELEMENT_SIZE"] = literal(ELEMENT_SIZE);
        defines["CHARGE_HEIGHT"] = literal(Dispersion::CHARGE_HEIGHT);
        defines["CHARGE_STEEPNESS"] = literal(Dispersion::CHARGE_STEEPNESS);
        defines["BOND_STEEPNESS"] = literal(Dispersion::BOND_STEEPNESS);
        defines["BOND_WIDTHS"] = literal(Dispersion::FAR_WIDTHS);
        defines["BOHR_PER_ANGSTROM"] = literal(1 / BOHR_ANGSTROM);
        defines["INVERSE_ROOT_PI"] = literal(std::numbers::inv_sqrtpi);
    }
    return defines;
}

void DeviceTerms::createKernels(DeviceLists& lists, ComputeArray& charges,
                                ComputeArray& chargeGradient, ComputeArray& energies) {
    const int numTypes = dispersion ? static_cast<int>(dispersion->getElements().size()) : 0;
    if (dispersion) {
        countBonds = program.kernel("countBonds", numAtoms, lists.atomOfPlace, lists.numPairs,
                                    lists.pairAtom, lists.pairVector, lists.maxPairs, typeOfAtom,
                                    bonds, numTypes, coordination);
        weighReferences = program.kernel("weighReferences", numAtoms, typeOfAtom, elements,
                                         coordination, charges, alpha, slopes);
        transposeReferences = program.kernel("transposeReferences", numAtoms, typeOfAtom, elements,
                                             slopes, ofAlpha, chargeGradient, ofCoordination);
    }
    if (isLongRange()) {
        addLongRange =
            program.kernel("addLongRange", numAtoms, lists.atomOfPlace, lists.positions, lists.box,
                           lists.numEntries, lists.entries, lists.maxEntries, charges);
        if (dispersion) {
            for (ComputeArray* array : {&typeOfAtom, &elements, &alpha, &ofAlpha}) {
                addLongRange->addArg(*array);
            }
        }
        for (ComputeArray* array : {&chargeGradient, &farForce, &energies}) {
            addLongRange->addArg(*array);
        }
    }
    if (repulsion || dispersion) {
        addNearTerms =
            program.kernel("addNearTerms", numAtoms, lists.atomOfPlace, lists.numPairs,
                           lists.pairAtom, lists.pairVector, lists.maxPairs, lists.pairForce);
        if (repulsion) {
            addNearTerms->addArg(nuclear);
        }
        if (dispersion) {
            addNearTerms->addArg(typeOfAtom);
            addNearTerms->addArg(bonds);
            addNearTerms->addArg(numTypes);
            addNearTerms->addArg(ofCoordination);
        }
        addNearTerms->addArg(energies);
    }
}

void DeviceTerms::execute() {
    const int numClusters = (numAtoms + DeviceLists::CLUSTER_SIZE - 1) / DeviceLists::CLUSTER_SIZE;
    if (dispersion) {
        countBonds->execute(numAtoms * SUM_THREADS, SUM_THREADS);
        weighReferences->execute(numAtoms);
    }
    if (isLongRange()) {
        addLongRange->execute(numClusters * FAR_THREADS, FAR_THREADS);
    }
    if (dispersion) {
        transposeReferences->execute(numAtoms);
    }
    if (repulsion || dispersion) {
        addNearTerms->execute(numAtoms * SUM_THREADS, SUM_THREADS);
    }
}

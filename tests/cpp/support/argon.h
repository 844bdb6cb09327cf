// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#ifndef OPENMMGEMS_TESTS_ARGON_H_
#define OPENMMGEMS_TESTS_ARGON_H_

#include "openmmgems/Evaluator.h"
#include <openmm/System.h>
#include <openmm/Vec3.h>
#include <string>
#include <vector>

/** A distorted cubic lattice of argon, in angstrom; the same for the same arguments. */
std::vector<OpenMM::Vec3> argonPositionsAngstrom(int atomsAlongEdge, double spacing = 3.9);

/** A triclinic box around argonPositionsAngstrom(3), shorter than the cutoff, in angstrom. */
OpenMMGems::Box triclinicBoxAngstrom();

/** The Lennard-Jones energy in eV by brute force over images. */
double lennardJonesEnergyEv(const std::vector<OpenMM::Vec3>& positionsAngstrom,
                            const OpenMMGems::Box* box);

/** A System of argon under a GemsForce. */
struct ArgonSystem {
    ArgonSystem(const std::string& modelFile, bool periodic);
    OpenMM::System system;
    OpenMMGems::GemsForce* force;        ///< owned by the system
    std::vector<OpenMM::Vec3> positions; ///< in nm
};

#endif // OPENMMGEMS_TESTS_ARGON_H_

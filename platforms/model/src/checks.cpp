// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "checks.h"
#include <cmath>
#include <openmm/OpenMMException.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using OpenMM::Vec3;
using std::to_string;

void OpenMMGems::checkNumPositions(size_t given, size_t expected) {
    if (given != expected) {
        throw OpenMMException("GemsForce: " + to_string(given) + " positions are given; expected " +
                              to_string(expected) + ", one per atom.");
    }
}

void OpenMMGems::checkFinite(const std::vector<Vec3>& positions) {
    for (size_t atom = 0; atom < positions.size(); atom++) {
        const Vec3& r = positions[atom];
        if (!std::isfinite(r[0]) || !std::isfinite(r[1]) || !std::isfinite(r[2])) {
            throw OpenMMException("GemsForce: position of atom " + to_string(atom) + " is (" +
                                  to_string(r[0]) + ", " + to_string(r[1]) + ", " +
                                  to_string(r[2]) +
                                  "); expected finite numbers. The simulation "
                                  "may have become unstable: try a smaller step or minimise.");
        }
    }
}

void OpenMMGems::checkBox(const Box* box, std::optional<double> cutoff) {
    if (box && !cutoff) {
        throw OpenMMException("GemsForce: the system is periodic and the model has no long-range "
                              "cutoff; expected one. Call setLongRangeCutoff().");
    }
}

void OpenMMGems::checkFinite(const Evaluation& evaluation, const std::string& modelFile) {
    if (!std::isfinite(evaluation.energyEv)) {
        throw OpenMMException("GemsForce: the energy of model '" + modelFile + "' is " +
                              to_string(evaluation.energyEv) +
                              "; expected a finite number. The structure may be far from what the "
                              "model was trained on.");
    }
    for (size_t atom = 0; atom < evaluation.forcesEvPerAngstrom.size(); atom++) {
        const Vec3& force = evaluation.forcesEvPerAngstrom[atom];
        if (!std::isfinite(force.dot(force))) {
            throw OpenMMException("GemsForce: the force on atom " + to_string(atom) +
                                  " is not finite; expected finite numbers. The structure may be "
                                  "far from what the model was trained on.");
        }
    }
}

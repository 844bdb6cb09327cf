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

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "checks.h"
#include <openmm/OpenMMException.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using std::string;
using std::to_string;

void OpenMMGems::checkNumPositions(size_t given, size_t expected) {
    if (given != expected) {
        throw OpenMMException("GemsForce: " + to_string(given) + " positions are given; expected " +
                              to_string(expected) + ", one per atom.");
    }
}

void OpenMMGems::checkPeriodicity(bool given, bool expected) {
    if (given != expected) {
        throw OpenMMException(string("GemsForce: the system has ") + (given ? "a" : "no") +
                              " box, unlike others; expected systems that all have one, or none.");
    }
}

void OpenMMGems::checkBox(const Box* box, std::optional<double> cutoff) {
    if (box && !cutoff) {
        throw OpenMMException("GemsForce: the system is periodic and the model has no long-range "
                              "cutoff; expected one. Call setLongRangeCutoff().");
    }
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#ifndef OPENMMGEMS_TESTS_PLATFORMS_H_
#define OPENMMGEMS_TESTS_PLATFORMS_H_

#include <map>
#include <openmm/Platform.h>
#include <string>
#include <vector>

/** A platform with the precision to ask it for. */
struct PlatformCase {
    std::string name;
    std::map<std::string, std::string> properties;
    /** Largest error of a force component relative to the largest force: rounding of float32. */
    double tolerance;
};

/** Load OpenMM's and our platforms, once; return those that run on this machine. */
const std::vector<PlatformCase>& platformsAtHand();

#endif // OPENMMGEMS_TESTS_PLATFORMS_H_

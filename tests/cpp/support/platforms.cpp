// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "platforms.h"
#include <openmm/Context.h>
#include <openmm/OpenMMException.h>
#include <openmm/System.h>
#include <openmm/VerletIntegrator.h>
#include <sstream>

using OpenMM::Platform;

namespace {

/** A device library that lacks its driver is no failure of the others. */
void loadLibraries() {
    Platform::loadPluginsFromDirectory(GEMS_OPENMM_PLUGINS);
    std::stringstream files(GEMS_PLUGINS);
    for (std::string file; std::getline(files, file, ':');) {
        try {
            Platform::loadPluginLibrary(file);
        } catch (const OpenMM::OpenMMException&) {
            if (file.find("CUDA") == std::string::npos &&
                file.find("OpenCL") == std::string::npos) {
                throw;
            }
        }
    }
}

bool hasDevice(const std::string& name) {
    OpenMM::System system;
    system.addParticle(1.0);
    OpenMM::VerletIntegrator integrator(0.001);
    try {
        const OpenMM::Context context(system, integrator, Platform::getPlatform(name));
        return true;
    } catch (const OpenMM::OpenMMException&) {
        return false;
    }
}

} // namespace

const std::vector<PlatformCase>& platformsAtHand() {
    static const std::vector<PlatformCase> cases = [] {
        loadLibraries();
        std::vector<PlatformCase> found = {{"Reference", {}, 1e-12}, {"CPU", {}, 1e-5}};
        for (const std::string name : {"OpenCL", "CUDA"}) {
            if (std::string(GEMS_PLUGINS).find(name) != std::string::npos && hasDevice(name)) {
                found.push_back({name, {{"Precision", "single"}}, 1e-5});
                found.push_back({name, {{"Precision", "mixed"}}, 1e-5});
                found.push_back({name, {{"Precision", "double"}}, 1e-9});
            }
        }
        return found;
    }();
    return cases;
}

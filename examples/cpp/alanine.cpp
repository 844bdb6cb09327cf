// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

/**
 * Runs a molecule from an XYZ file (angstrom) under a model, at constant energy:
 *
 *     alanine MODEL.pt MOLECULE.xyz [PLATFORM]
 */

#include <OpenMM.h>
#include <fstream>
#include <iostream>
#include <map>
#include <openmmgems/GemsForce.h>
#include <string>
#include <vector>

namespace {

struct Element {
    int atomicNumber;
    double massInDalton;
};

const std::map<std::string, Element> ELEMENTS = {
    {"H", {1, 1.008}}, {"C", {6, 12.011}}, {"N", {7, 14.007}}, {"O", {8, 15.999}}};

/** Adds the atoms of an XYZ file to a System and a force; returns their positions in nm. */
std::vector<OpenMM::Vec3> readMolecule(const std::string& file, OpenMM::System& system,
                                       OpenMMGems::GemsForce& force) {
    std::ifstream input(file);
    int numAtoms = 0;
    std::string line;
    input >> numAtoms;
    std::getline(input, line); // what follows the number
    std::getline(input, line); // the comment
    std::vector<OpenMM::Vec3> positions(numAtoms);
    for (OpenMM::Vec3& position : positions) {
        std::string symbol;
        if (!(input >> symbol >> position[0] >> position[1] >> position[2])) {
            throw OpenMM::OpenMMException("'" + file + "' is no XYZ file, or it is damaged.");
        }
        const Element& element = ELEMENTS.at(symbol);
        force.addAtom(system.addParticle(element.massInDalton), element.atomicNumber);
        position *= OpenMM::NmPerAngstrom;
    }
    return positions;
}

void run(const std::string& model, const std::string& molecule, const std::string& platform) {
    for (const char* folder : {PLUGIN_DIRS}) {
        OpenMM::Platform::loadPluginsFromDirectory(folder);
    }
    OpenMM::System system;
    auto* force = new OpenMMGems::GemsForce(model); // the System owns it
    const std::vector<OpenMM::Vec3> positions = readMolecule(molecule, system, *force);
    system.addForce(force);
    OpenMM::VerletIntegrator integrator(0.0005);
    OpenMM::Context context(system, integrator, OpenMM::Platform::getPlatform(platform));
    context.setPositions(positions);
    OpenMM::LocalEnergyMinimizer::minimize(context, 10.0, 50);
    context.setVelocitiesToTemperature(600.0, 1);
    std::cout << positions.size() << " atoms on platform " << platform
              << "\ntime (fs)  potential  kinetic  total energy (kJ/mol)\n";
    for (int report = 0; report <= 5; report++) {
        const OpenMM::State state = context.getState(OpenMM::State::Energy);
        std::cout << 1000 * state.getTime() << "  " << state.getPotentialEnergy() << "  "
                  << state.getKineticEnergy() << "  "
                  << state.getPotentialEnergy() + state.getKineticEnergy() << "\n";
        integrator.step(10);
    }
}

} // namespace

int main(int argc, char* argv[]) {
    if (argc != 3 && argc != 4) {
        std::cerr << "usage: alanine MODEL.pt MOLECULE.xyz [PLATFORM]\n";
        return 2;
    }
    try {
        run(argv[1], argv[2], argc > 3 ? argv[3] : "CPU");
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
    return 0;
}

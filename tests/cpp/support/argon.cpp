// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "argon.h"
#include "lennardJonesModel.h"
#include "openmmgems/Units.h"
#include <cmath>
#include <random>

using namespace OpenMMGems;
using OpenMM::Vec3;
using std::vector;

vector<Vec3> argonPositionsAngstrom(int atomsAlongEdge, double spacing) {
    std::mt19937 generator(7);
    const auto distortion = [&] { return 0.3 * (generator() / double(std::mt19937::max()) - 0.5); };
    vector<Vec3> positions;
    for (int x = 0; x < atomsAlongEdge; x++) {
        for (int y = 0; y < atomsAlongEdge; y++) {
            for (int z = 0; z < atomsAlongEdge; z++) {
                const double dx = distortion(), dy = distortion(), dz = distortion();
                positions.push_back(Vec3(x, y, z) * spacing + Vec3(dx, dy, dz));
            }
        }
    }
    return positions;
}

Box triclinicBoxAngstrom() {
    return {Vec3(12.0, 0.0, 0.0), Vec3(1.5, 12.5, 0.0), Vec3(-2.0, 1.0, 11.8)};
}

double lennardJonesEnergyEv(const vector<Vec3>& positions, const Box* box) {
    const int reach = box ? 2 : 0;
    const double s6 = std::pow(LJ_SIGMA_ANGSTROM / LJ_CUTOFF_ANGSTROM, 6);
    double energy = 0.0;
    for (const Vec3& from : positions) {
        for (const Vec3& to : positions) {
            for (int a = -reach; a <= reach; a++) {
                for (int b = -reach; b <= reach; b++) {
                    for (int c = -reach; c <= reach; c++) {
                        Vec3 v = to - from;
                        if (box) {
                            v += (*box)[0] * a + (*box)[1] * b + (*box)[2] * c;
                        }
                        const double r2 = v.dot(v);
                        if (r2 > 0 && r2 < LJ_CUTOFF_ANGSTROM * LJ_CUTOFF_ANGSTROM) {
                            const double r6 =
                                std::pow(LJ_SIGMA_ANGSTROM * LJ_SIGMA_ANGSTROM / r2, 3);
                            energy += 2 * LJ_EPSILON_EV * (r6 * r6 - r6 - (s6 * s6 - s6));
                        }
                    }
                }
            }
        }
    }
    return energy;
}

ArgonSystem::ArgonSystem(const std::string& modelFile, bool periodic)
    : force(new GemsForce(modelFile)) {
    for (const Vec3& position : argonPositionsAngstrom(3)) {
        positions.push_back(position / ANGSTROM_PER_NM);
        force->addAtom(system.addParticle(39.948), 18);
    }
    const Box box = triclinicBoxAngstrom();
    system.setDefaultPeriodicBoxVectors(box[0] / ANGSTROM_PER_NM, box[1] / ANGSTROM_PER_NM,
                                        box[2] / ANGSTROM_PER_NM);
    force->setUsesPeriodicBoundaryConditions(periodic);
    system.addForce(force);
}

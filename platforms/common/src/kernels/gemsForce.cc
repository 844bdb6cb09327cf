// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

/**
 * Gathers the positions of the atoms of a GemsForce, [atom, 3] in their order. One thread: one
 * particle after another in the device's order; each atom is written by one thread only.
 */
KERNEL void gatherPositions(int numParticles, GLOBAL const real4* RESTRICT posq,
#ifdef USE_MIXED_PRECISION
                            GLOBAL const real4* RESTRICT posqCorrection,
#endif
                            GLOBAL const int* RESTRICT particleOfSlot,
                            GLOBAL const int* RESTRICT atomOfParticle,
                            GLOBAL mixed* RESTRICT positions) {
    for (int slot = GLOBAL_ID; slot < numParticles; slot += GLOBAL_SIZE) {
        int atom = atomOfParticle[particleOfSlot[slot]];
        if (atom >= 0) {
            real4 position = posq[slot];
#ifdef USE_MIXED_PRECISION
            real4 correction = posqCorrection[slot];
            positions[3 * atom] = position.x + (mixed) correction.x;
            positions[3 * atom + 1] = position.y + (mixed) correction.y;
            positions[3 * atom + 2] = position.z + (mixed) correction.z;
#else
            positions[3 * atom] = position.x;
            positions[3 * atom + 1] = position.y;
            positions[3 * atom + 2] = position.z;
#endif
        }
    }
}

/**
 * Adds the forces of the atoms of a GemsForce to the force buffer. One thread: one particle after
 * another in the device's order; each writes its own entries only.
 */
KERNEL void addForces(int numParticles, int paddedNumParticles, GLOBAL const real* RESTRICT forces,
                      GLOBAL mm_long* RESTRICT forceBuffer,
                      GLOBAL const int* RESTRICT particleOfSlot,
                      GLOBAL const int* RESTRICT atomOfParticle, real scale) {
    for (int slot = GLOBAL_ID; slot < numParticles; slot += GLOBAL_SIZE) {
        int atom = atomOfParticle[particleOfSlot[slot]];
        if (atom >= 0) {
            forceBuffer[slot] += realToFixedPoint(scale * forces[3 * atom]);
            forceBuffer[slot + paddedNumParticles] +=
                realToFixedPoint(scale * forces[3 * atom + 1]);
            forceBuffer[slot + 2 * paddedNumParticles] +=
                realToFixedPoint(scale * forces[3 * atom + 2]);
        }
    }
}

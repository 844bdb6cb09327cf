// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

/**
 * Adds the forces of the atoms of a GemsForce to the force buffer. One thread: one particle after
 * another in the device's order; each writes its own entries only.
 */
KERNEL void addForces(GLOBAL const real* RESTRICT forces, GLOBAL mm_long* RESTRICT forceBuffer,
                      GLOBAL const int* RESTRICT particleOfSlot,
                      GLOBAL const int* RESTRICT atomOfParticle, real scale) {
    for (int slot = GLOBAL_ID; slot < NUM_PARTICLES; slot += GLOBAL_SIZE) {
        int atom = atomOfParticle[particleOfSlot[slot]];
        if (atom >= 0) {
            forceBuffer[slot] += realToFixedPoint(scale * forces[3 * atom]);
            forceBuffer[slot + PADDED_NUM_PARTICLES] +=
                realToFixedPoint(scale * forces[3 * atom + 1]);
            forceBuffer[slot + 2 * PADDED_NUM_PARTICLES] +=
                realToFixedPoint(scale * forces[3 * atom + 2]);
        }
    }
}

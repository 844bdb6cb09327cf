// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// What OpenMM gets: forces in kJ/mol/nm.

DEVICE void addForce(int paddedNumParticles, GLOBAL mm_ulong* RESTRICT forceBuffer, int slot,
                     real x, real y, real z) {
    ATOMIC_ADD(&forceBuffer[slot], (mm_ulong) realToFixedPoint(x));
    ATOMIC_ADD(&forceBuffer[slot + paddedNumParticles], (mm_ulong) realToFixedPoint(y));
    ATOMIC_ADD(&forceBuffer[slot + 2 * paddedNumParticles], (mm_ulong) realToFixedPoint(z));
}

DEVICE real sumOfSizes(real4 vector) {
    return fabs(vector.x) + fabs(vector.y) + fabs(vector.z);
}

/**
 * Adds the forces of pairs and long-range terms. Fixed point: the order does not matter. It has an
 * end, beyond which also a part of a force must not be: sizes are added up, not what may cancel.
 */
KERNEL void addAllForces(int numAtoms, int paddedNumParticles, real scale,
                         GLOBAL const int* RESTRICT atomOfPlace,
                         GLOBAL const int* RESTRICT numPairs, GLOBAL const int* RESTRICT pairAtom,
                         GLOBAL const real4* RESTRICT pairForce, int maxPairs,
#if defined(USE_ELECTROSTATICS) || defined(USE_DISPERSION)
                         GLOBAL const real4* RESTRICT farForce,
#endif
                         GLOBAL const int* RESTRICT slotOfAtom,
                         GLOBAL mm_ulong* RESTRICT forceBuffer, GLOBAL int* RESTRICT status) {
    for (int place = GLOBAL_ID; place < numAtoms; place += GLOBAL_SIZE) {
        int atom = atomOfPlace[place];
        real4 sum = make_real4(0, 0, 0, 0);
#if defined(USE_ELECTROSTATICS) || defined(USE_DISPERSION)
        sum = farForce[atom] * scale;
#endif
        real size = sumOfSizes(sum);
        for (int k = 0; k < numPairs[place]; k++) {
            mm_long pair = (mm_long) place * maxPairs + k;
            real4 force = pairForce[pair] * scale;
            sum += force;
            size += sumOfSizes(force);
            addForce(paddedNumParticles, forceBuffer, slotOfAtom[pairAtom[pair]], -force.x,
                     -force.y, -force.z);
        }
        addForce(paddedNumParticles, forceBuffer, slotOfAtom[atom], sum.x, sum.y, sum.z);
        if (!(size < (real) LARGEST_FORCE)) {
            status[size < (real) 1e30 ? FORCE_TOO_LARGE : FORCE_NOT_FINITE] = atom + 1;
        }
    }
}

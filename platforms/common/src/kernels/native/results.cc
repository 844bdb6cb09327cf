// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// What OpenMM gets: forces in kJ/mol/nm, energies in kJ/mol.

DEVICE void addForce(GLOBAL mm_ulong* RESTRICT forceBuffer, int slot, real x, real y, real z) {
    ATOMIC_ADD(&forceBuffer[slot], (mm_ulong) realToFixedPoint(x));
    ATOMIC_ADD(&forceBuffer[slot + PADDED_NUM_PARTICLES], (mm_ulong) realToFixedPoint(y));
    ATOMIC_ADD(&forceBuffer[slot + 2 * PADDED_NUM_PARTICLES], (mm_ulong) realToFixedPoint(z));
}

/** Adds the forces of pairs and long-range terms. Fixed point: the order does not matter. */
KERNEL void addAllForces(real scale, GLOBAL const int* RESTRICT atomOfPlace,
                         GLOBAL const int* RESTRICT numPairs, GLOBAL const int* RESTRICT pairAtom,
                         GLOBAL const real4* RESTRICT pairForce, int maxPairs,
#if defined(USE_ELECTROSTATICS) || defined(USE_DISPERSION)
                         GLOBAL const real4* RESTRICT farForce,
#endif
                         GLOBAL const int* RESTRICT slotOfAtom,
                         GLOBAL mm_ulong* RESTRICT forceBuffer, GLOBAL int* RESTRICT status) {
    for (int place = GLOBAL_ID; place < NUM_ATOMS; place += GLOBAL_SIZE) {
        int atom = atomOfPlace[place];
        real x = 0, y = 0, z = 0;
#if defined(USE_ELECTROSTATICS) || defined(USE_DISPERSION)
        real4 far = farForce[atom];
        x = far.x * scale;
        y = far.y * scale;
        z = far.z * scale;
#endif
        for (int k = 0; k < numPairs[place]; k++) {
            mm_long pair = (mm_long) place * maxPairs + k;
            real4 force = pairForce[pair] * scale;
            x += force.x;
            y += force.y;
            z += force.z;
            addForce(forceBuffer, slotOfAtom[pairAtom[pair]], -force.x, -force.y, -force.z);
        }
        addForce(forceBuffer, slotOfAtom[atom], x, y, z);
        real size = (x < 0 ? -x : x) + (y < 0 ? -y : y) + (z < 0 ? -z : z);
        if (!(size < (real) LARGEST_FORCE)) {
            status[BAD_FORCE] = atom + 1;
        }
    }
}

/** Adds the energy, and its derivative by the scale parameter if there is one. */
KERNEL void addEnergy(GLOBAL const mixed* RESTRICT energies, mixed scale,
#ifdef SCALE_DERIVATIVE
                      GLOBAL mixed* RESTRICT derivatives,
#endif
                      GLOBAL mixed* RESTRICT energyBuffer, GLOBAL int* RESTRICT status) {
    mixed sum = 0;
    for (int k = GLOBAL_ID; k < NUM_ENERGIES * NUM_ATOMS; k += GLOBAL_SIZE) {
        sum += energies[k];
    }
    sum *= (mixed) KJ_PER_MOL_PER_EV;
    energyBuffer[GLOBAL_ID] += scale * sum;
#ifdef SCALE_DERIVATIVE
    derivatives[GLOBAL_ID * NUM_DERIVATIVES + SCALE_DERIVATIVE] += sum;
#endif
    if (!((sum < 0 ? -sum : sum) < (mixed) LARGEST_ENERGY)) {
        status[BAD_ENERGY] = 1;
    }
}

/** The lists serve until they must be made anew. */
KERNEL void clearRebuild(GLOBAL int* RESTRICT status) {
    if (GLOBAL_ID == 0) {
        status[REBUILD] = 0;
    }
}

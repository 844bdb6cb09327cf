// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Sums over all atoms, in an order that does not depend on the device.

/** The sum over a thread group of SUM_THREADS threads, which all get it. */
DEVICE mixed sumOverGroup(mixed value, LOCAL_ARG mixed* shared) {
    SYNC_THREADS;
    shared[LOCAL_ID] = value;
    for (int step = SUM_THREADS / 2; step > 0; step /= 2) {
        SYNC_THREADS;
        if (LOCAL_ID < step) {
            shared[LOCAL_ID] += shared[LOCAL_ID + step];
        }
    }
    SYNC_THREADS;
    return shared[0];
}

/** Sums of NUM_PARTS parts of a number of each atom. Groups of SUM_THREADS threads. */
KERNEL void sumParts(int numAtoms, GLOBAL const mixed* RESTRICT numbers,
                     GLOBAL mixed* RESTRICT parts) {
    LOCAL mixed shared[SUM_THREADS];
    for (int part = GROUP_ID; part < NUM_PARTS; part += NUM_GROUPS) {
        mixed sum = 0;
        for (int atom = part * SUM_THREADS + LOCAL_ID; atom < numAtoms;
             atom += NUM_PARTS * SUM_THREADS) {
            sum += numbers[atom];
        }
        sum = sumOverGroup(sum, shared);
        if (LOCAL_ID == 0) {
            parts[part] = sum;
        }
    }
}

/** Shifts a number of each atom, all alike, so that their sum is as wanted. */
KERNEL void shiftToSum(int numAtoms, GLOBAL const mixed* RESTRICT parts, mixed wanted,
                       GLOBAL mixed* RESTRICT numbers) {
    mixed sum = 0;
    for (int part = 0; part < NUM_PARTS; part++) {
        sum += parts[part];
    }
    mixed shift = (wanted - sum) / numAtoms;
    for (int atom = GLOBAL_ID; atom < numAtoms; atom += GLOBAL_SIZE) {
        numbers[atom] += shift;
    }
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Positions and neighbour lists. Atoms have places in an order that keeps those close in space
// together; CLUSTER_SIZE atoms in a row are a cluster. Lists hold what may come within a range
// while no atom has moved farther than half the skin; they are made anew when status[REBUILD] is
// set, which like all of status is zero before. The images of atoms count by themselves. Lengths
// are in angstrom.
//
// box holds the box vectors, then the rows of the inverse: zeros where the force has no periodic
// boundaries, so that all atoms are at the fraction zero of the box and nothing reaches its images.

#define NUM_CLUSTERS ((numAtoms + CLUSTER_SIZE - 1) / CLUSTER_SIZE)

/** Clusters of atoms that were sorted are smaller than a box. */
#define LARGEST_EXTENT 2

/** What adding multiples of the box vectors does. */
DEVICE mixed4 boxShift(GLOBAL const mixed* RESTRICT box, int a, int b, int c) {
    return make_mixed4(a * box[0] + b * box[3] + c * box[6], a * box[1] + b * box[4] + c * box[7],
                       a * box[2] + b * box[5] + c * box[8], 0);
}

/**
 * Positions of the atoms, and whether the lists must be made anew. Multiples of the box vectors are
 * taken off: wraps keep clusters together; where the force has no periodic boundaries, cellOffsets
 * put molecules together that OpenMM has in other images of its box. The other ones are zero.
 */
KERNEL void followAtoms(int numParticles, int rebuild, GLOBAL const real4* RESTRICT posq,
#ifdef USE_MIXED_PRECISION
                        GLOBAL const real4* RESTRICT posqCorrection,
#endif
                        GLOBAL const int* RESTRICT particleOfSlot,
                        GLOBAL const int4* RESTRICT cellOffsets,
                        GLOBAL const int* RESTRICT atomOfParticle,
                        GLOBAL const int4* RESTRICT wraps,
                        GLOBAL const mixed* RESTRICT box,
                        GLOBAL const mixed4* RESTRICT reference,
                        GLOBAL mixed4* RESTRICT positions, GLOBAL int* RESTRICT slotOfAtom,
                        GLOBAL int* RESTRICT status) {
    for (int slot = GLOBAL_ID; slot < numParticles; slot += GLOBAL_SIZE) {
        int atom = atomOfParticle[particleOfSlot[slot]];
        if (atom < 0) {
            continue;
        }
        real4 stored = posq[slot];
        mixed4 position = make_mixed4(stored.x, stored.y, stored.z, 0);
#ifdef USE_MIXED_PRECISION
        real4 correction = posqCorrection[slot];
        position += make_mixed4(correction.x, correction.y, correction.z, 0);
#endif
        int4 wrap = wraps[atom], offset = cellOffsets[slot];
        position = position * (mixed) ANGSTROM_PER_NM -
                   boxShift(box, wrap.x + offset.x, wrap.y + offset.y, wrap.z + offset.z);
        mixed4 moved = position - reference[atom];
        mixed square = moved.x * moved.x + moved.y * moved.y + moved.z * moved.z;
        positions[atom] = position;
        slotOfAtom[atom] = slot;
        if (!(position.x * position.x + position.y * position.y + position.z * position.z <
              (mixed) 1e30)) {
            status[MUST_SORT] = 1; // the host will tell which atom it is
        }
        if (rebuild || !(square < (mixed) (0.24 * SKIN * SKIN))) {
            status[REBUILD] = 1;
        }
    }
}

/** The boxes around clusters, along the axes and in fractions of the box vectors. */
KERNEL void boundClusters(int numAtoms, GLOBAL const int* RESTRICT atomOfPlace,
                          GLOBAL const mixed4* RESTRICT positions, GLOBAL const mixed* RESTRICT box,
                          GLOBAL int* RESTRICT status, GLOBAL mixed4* RESTRICT reference,
                          GLOBAL mixed4* RESTRICT bounds) {
    if (status[REBUILD] == 0) {
        return;
    }
    for (int cluster = GLOBAL_ID; cluster < NUM_CLUSTERS; cluster += GLOBAL_SIZE) {
        mixed4 low = make_mixed4(0, 0, 0, 0), high = low, lowFraction = low, highFraction = low;
        int end = (cluster + 1) * CLUSTER_SIZE;
        end = end < numAtoms ? end : numAtoms;
        for (int place = cluster * CLUSTER_SIZE; place < end; place++) {
            mixed4 r = positions[atomOfPlace[place]];
            mixed4 f = make_mixed4(box[9] * r.x + box[10] * r.y + box[11] * r.z,
                                   box[12] * r.x + box[13] * r.y + box[14] * r.z,
                                   box[15] * r.x + box[16] * r.y + box[17] * r.z, 0);
            int isFirst = place == cluster * CLUSTER_SIZE;
            reference[atomOfPlace[place]] = r;
            low = make_mixed4(isFirst || r.x < low.x ? r.x : low.x,
                              isFirst || r.y < low.y ? r.y : low.y,
                              isFirst || r.z < low.z ? r.z : low.z, 0);
            high = make_mixed4(isFirst || r.x > high.x ? r.x : high.x,
                               isFirst || r.y > high.y ? r.y : high.y,
                               isFirst || r.z > high.z ? r.z : high.z, 0);
            lowFraction = make_mixed4(isFirst || f.x < lowFraction.x ? f.x : lowFraction.x,
                                      isFirst || f.y < lowFraction.y ? f.y : lowFraction.y,
                                      isFirst || f.z < lowFraction.z ? f.z : lowFraction.z, 0);
            highFraction = make_mixed4(isFirst || f.x > highFraction.x ? f.x : highFraction.x,
                                       isFirst || f.y > highFraction.y ? f.y : highFraction.y,
                                       isFirst || f.z > highFraction.z ? f.z : highFraction.z, 0);
        }
        mixed4 size = highFraction - lowFraction;
        if (size.x > LARGEST_EXTENT || size.y > LARGEST_EXTENT || size.z > LARGEST_EXTENT) {
            status[MUST_SORT] = 1;
        }
        bounds[4 * cluster] = low;
        bounds[4 * cluster + 1] = high;
        bounds[4 * cluster + 2] = lowFraction;
        bounds[4 * cluster + 3] = highFraction;
    }
}

DEVICE mixed gap(mixed low, mixed high, mixed lowOther, mixed highOther) {
    return lowOther > high ? lowOther - high : (low > highOther ? low - highOther : 0);
}

/**
 * First and last multiple of a box vector by which another cluster may come within reach: none if
 * they are too many, which status tells.
 */
DEVICE int2 imageRange(mixed low, mixed high, mixed lowOther, mixed highOther, mixed reach,
                       GLOBAL int* RESTRICT status) {
    mixed first = ceil(low - reach - highOther), last = floor(high + reach - lowOther);
    if (last - first < MOST_IMAGES) {
        return make_int2((int) first, (int) last);
    }
    status[BOX_TOO_NARROW] = NO_ATOM;
    return make_int2(0, -1);
}

/**
 * Counts the images of another cluster within range of a cluster, and lists as many as there is room
 * for: number of the cluster and of box vectors that are added.
 */
DEVICE int listImages(mixed range, GLOBAL const mixed4* RESTRICT bounds,
                      GLOBAL const mixed* RESTRICT box, int cluster, int other,
                      GLOBAL int4* RESTRICT entries, int room, GLOBAL int* RESTRICT status) {
    mixed4 low = bounds[4 * cluster], high = bounds[4 * cluster + 1];
    mixed4 lowOther = bounds[4 * other], highOther = bounds[4 * other + 1];
    mixed4 f = bounds[4 * cluster + 2], g = bounds[4 * cluster + 3];
    mixed4 fOther = bounds[4 * other + 2], gOther = bounds[4 * other + 3];
    // The height of the box along a vector is one over the length of the inverse's row.
    int2 a = imageRange(f.x, g.x, fOther.x, gOther.x,
                        range * SQRT(box[9] * box[9] + box[10] * box[10] + box[11] * box[11]), status);
    int2 b = imageRange(f.y, g.y, fOther.y, gOther.y,
                        range * SQRT(box[12] * box[12] + box[13] * box[13] + box[14] * box[14]), status);
    int2 c = imageRange(f.z, g.z, fOther.z, gOther.z,
                        range * SQRT(box[15] * box[15] + box[16] * box[16] + box[17] * box[17]), status);
    int number = 0;
    for (int x = a.x; x <= a.y; x++) {
        for (int y = b.x; y <= b.y; y++) {
            for (int z = c.x; z <= c.y; z++) {
                mixed4 shift = boxShift(box, x, y, z);
                mixed dx = gap(low.x, high.x, lowOther.x + shift.x, highOther.x + shift.x);
                mixed dy = gap(low.y, high.y, lowOther.y + shift.y, highOther.y + shift.y);
                mixed dz = gap(low.z, high.z, lowOther.z + shift.z, highOther.z + shift.z);
                if (ALL_ARE_FAR || dx * dx + dy * dy + dz * dz < range * range) {
                    if (number < room) {
                        entries[number] = make_int4(other, x, y, z);
                    }
                    number++;
                }
            }
        }
    }
    return number;
}

/**
 * Lists for each cluster those around it; numEntries tells how many there are, also when there is
 * no room for them. Groups of LIST_THREADS threads.
 */
KERNEL void listClusters(int numAtoms, mixed range, GLOBAL const mixed4* RESTRICT bounds,
                         GLOBAL const mixed* RESTRICT box, GLOBAL int* RESTRICT status,
                         int maxEntries, GLOBAL int* RESTRICT numEntries,
                         GLOBAL int4* RESTRICT entries) {
    LOCAL int numbers[LIST_THREADS];
    if (status[REBUILD] == 0) {
        return;
    }
    for (int cluster = GROUP_ID; cluster < NUM_CLUSTERS; cluster += NUM_GROUPS) {
        int total = 0;
        for (int first = 0; first < NUM_CLUSTERS; first += LIST_THREADS) {
            int other = first + LOCAL_ID;
            int number = other < NUM_CLUSTERS
                             ? listImages(range, bounds, box, cluster, other, entries, 0, status)
                             : 0;
            SYNC_THREADS;
            numbers[LOCAL_ID] = number;
            SYNC_THREADS;
            int before = total;
            for (int k = 0; k < LIST_THREADS; k++) {
                before += k < LOCAL_ID ? numbers[k] : 0;
                total += numbers[k];
            }
            if (number > 0 && before < maxEntries) {
                listImages(range, bounds, box, cluster, other,
                           entries + (mm_long) cluster * maxEntries + before, maxEntries - before,
                           status);
            }
        }
        if (LOCAL_ID == 0) {
            numEntries[cluster] = total;
            if (total > maxEntries) {
                status[TOO_MANY_ENTRIES] = 1;
            }
        }
    }
}

/**
 * Lists for each atom those that may come near: atom and number of its cluster's entry, the
 * lists of all atoms side by side. Groups of CLUSTER_SIZE threads.
 */
KERNEL void listCandidates(int numAtoms, mixed range, GLOBAL const int* RESTRICT atomOfPlace,
                           GLOBAL const mixed4* RESTRICT positions,
                           GLOBAL const mixed* RESTRICT box, GLOBAL const int* RESTRICT numEntries,
                           GLOBAL const int4* RESTRICT entries, int maxEntries,
                           GLOBAL int* RESTRICT status, int maxPairs,
                           GLOBAL int* RESTRICT numCandidates, GLOBAL int2* RESTRICT candidates) {
    LOCAL mixed x[CLUSTER_SIZE], y[CLUSTER_SIZE], z[CLUSTER_SIZE];
    LOCAL int atoms[CLUSTER_SIZE];
    if (status[REBUILD] == 0) {
        return;
    }
    for (int cluster = GROUP_ID; cluster < NUM_CLUSTERS; cluster += NUM_GROUPS) {
        int place = cluster * CLUSTER_SIZE + LOCAL_ID, isAtom = place < numAtoms;
        int atom = isAtom ? atomOfPlace[place] : 0, number = 0;
        int end = numEntries[cluster] < maxEntries ? numEntries[cluster] : maxEntries;
        mixed4 own = positions[atom];
        for (int k = 0; k < end; k++) {
            int4 entry = entries[(mm_long) cluster * maxEntries + k];
            int otherPlace = entry.x * CLUSTER_SIZE + LOCAL_ID;
            int other = otherPlace < numAtoms ? atomOfPlace[otherPlace] : -1;
            mixed4 r = positions[other < 0 ? 0 : other] + boxShift(box, entry.y, entry.z, entry.w);
            SYNC_THREADS;
            x[LOCAL_ID] = r.x;
            y[LOCAL_ID] = r.y;
            z[LOCAL_ID] = r.z;
            atoms[LOCAL_ID] = other;
            SYNC_THREADS;
            int isHome = entry.y == 0 && entry.z == 0 && entry.w == 0;
            for (int n = 0; n < CLUSTER_SIZE; n++) {
                mixed dx = x[n] - own.x, dy = y[n] - own.y, dz = z[n] - own.z;
                int isNear = dx * dx + dy * dy + dz * dz < range * range;
                if (isAtom && isNear && atoms[n] >= 0 && !(isHome && atoms[n] == atom)) {
                    if (number < maxPairs) {
                        candidates[(mm_long) number * numAtoms + place] = make_int2(atoms[n], k);
                    }
                    number++;
                }
            }
        }
        if (isAtom) {
            numCandidates[place] = number;
            if (number > maxPairs) {
                status[TOO_MANY_PAIRS] = 1;
            }
        }
    }
}

/**
 * The pairs that are near now: the other atom, the vector to it with its length, and the force
 * along it, which starts from zero.
 */
KERNEL void measurePairs(int numAtoms, mixed cutoff, GLOBAL const int* RESTRICT atomOfPlace,
                         GLOBAL const mixed4* RESTRICT positions, GLOBAL const mixed* RESTRICT box,
                         GLOBAL const int4* RESTRICT entries, int maxEntries,
                         GLOBAL const int* RESTRICT numCandidates,
                         GLOBAL const int2* RESTRICT candidates, int maxPairs,
                         GLOBAL int* RESTRICT numPairs, GLOBAL int* RESTRICT pairAtom,
                         GLOBAL real4* RESTRICT pairVector, GLOBAL real4* RESTRICT pairForce,
                         GLOBAL int* RESTRICT status) {
    for (int place = GLOBAL_ID; place < numAtoms; place += GLOBAL_SIZE) {
        mixed4 own = positions[atomOfPlace[place]];
        int number = 0, end = numCandidates[place] < maxPairs ? numCandidates[place] : maxPairs;
        for (int k = 0; k < end; k++) {
            int2 candidate = candidates[(mm_long) k * numAtoms + place];
            int4 entry = entries[(mm_long) (place / CLUSTER_SIZE) * maxEntries + candidate.y];
            mixed4 apart =
                positions[candidate.x] + boxShift(box, entry.y, entry.z, entry.w) - own;
            mixed square = apart.x * apart.x + apart.y * apart.y + apart.z * apart.z;
            if (square < cutoff * cutoff) {
                mm_long pair = (mm_long) place * maxPairs + number;
                pairAtom[pair] = candidate.x;
                pairVector[pair] =
                    make_real4((real) apart.x, (real) apart.y, (real) apart.z, (real) SQRT(square));
                pairForce[pair] = make_real4(0, 0, 0, 0);
                number++;
                if (square < (mixed) 1e-8) {
                    status[ATOMS_COINCIDE] = atomOfPlace[place] + 1;
                }
            }
        }
        numPairs[place] = number;
    }
}

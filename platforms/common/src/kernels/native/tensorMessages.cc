// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Messages between neighbours: by tensor cores. A group works on one atom at a time, and on
// PAIRS_AT_ONCE = 16 of its pairs: they are the rows of the left factor, radial functions, which
// is multiplied by the weights of each type of message. Each of the SIXTEENS warps has 16
// features, a thread four of them for two pairs: ROW and ROW + 8. See tensorProducts.cc.

#define BASIS_SIXTEENS (BASIS_QUADS / 4)
/** The thread's four of the features of an atom. */
#define QUAD_OF(matrix, atom)                                                                      \
    (((GLOBAL const real4*) (matrix))[(atom) * FEATURE_QUADS + 4 * WARP + COLUMN])

/** The thread's weights of the radial functions of one type. */
DEVICE void loadRadialWeights(GLOBAL const real* RESTRICT weights, int type, SplitNumbers* own) {
    GLOBAL const real4* quads = (GLOBAL const real4*) weights;
    UNROLL
    for (int k = 0; k < BASIS_SIXTEENS; k++) {
        splitRight(quads + ((type * BASIS_SIXTEENS + k) * SIXTEENS + WARP) * 64, own + k);
    }
}

/** values = the thread's radial functions of its two pairs. */
DEVICE void loadFunctions(LOCAL_ARG const real4* functions, SplitNumbers* values) {
    UNROLL
    for (int k = 0; k < BASIS_SIXTEENS; k++) {
        LOCAL_ARG const real4* row = functions + ROW * BASIS_QUADS + 4 * k + COLUMN;
        splitLeft(row[0], row[8 * BASIS_QUADS], values + k);
    }
}

/** Filters of one type for the thread's two pairs. */
DEVICE void findFilters(const SplitNumbers* values, const SplitNumbers* weights,
                        LOCAL_ARG real4* shared, real4* filters) {
    filters[0] = repeat(0);
    filters[1] = repeat(0);
    UNROLL
    for (int k = 0; k < BASIS_SIXTEENS; k++) {
        multiplySixteen(values + k, weights + k, (LOCAL_ARG real*) shared, filters, filters + 1);
    }
}

/** The sum over the threads that have the same features. */
DEVICE real sumOverPairs(real value, LOCAL_ARG real4* shared) {
    for (int digit = 4; digit <= 16; digit *= 2) {
        value += exchange(value, digit, (LOCAL_ARG real*) shared);
    }
    return value;
}

DEVICE real sumOfProducts(real4 a, real4 b) {
    return a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
}

/** Every atom collects s, p and d messages; s starts from what it sends to itself. */
KERNEL void collectMessages(int numAtoms, GLOBAL const int* RESTRICT atomOfPlace,
                            GLOBAL const int* RESTRICT numPairs,
                            GLOBAL const int* RESTRICT pairAtom,
                            GLOBAL const real4* RESTRICT pairVector, int maxPairs,
                            GLOBAL const real* RESTRICT radial,
                            GLOBAL const real* RESTRICT radialWeights,
                            GLOBAL real* RESTRICT stored) {
    LOCAL real4 values[PAIRS_AT_ONCE * BASIS_QUADS], directions[PAIRS_AT_ONCE * ANGULAR_QUADS];
    LOCAL real4 shared[QUADS_TO_SHOW(MESSAGE_THREADS)];
    GLOBAL const real* sources = SLOT(stored, MLP_SLOT + 1);
    SplitNumbers weightS[BASIS_SIXTEENS], weightP[BASIS_SIXTEENS], weightD[BASIS_SIXTEENS];
    loadRadialWeights(radialWeights, 0, weightS);
    loadRadialWeights(radialWeights, 1, weightP);
    loadRadialWeights(radialWeights, 2, weightD);
    for (int place = GROUP_ID; place < numAtoms; place += NUM_GROUPS) {
        int atom = atomOfPlace[place], number = numPairs[place];
        mm_long start = (mm_long) place * maxPairs;
        real4 sums[4 + NUM_D]; // s, p, d
        for (int c = 0; c < 4 + NUM_D; c++) {
            sums[c] = repeat(0);
        }
        for (int first = 0; first < number; first += PAIRS_AT_ONCE) {
            SYNC_THREADS;
            describePairs(pairVector + start, radial, first, number - first, 1, values, 0,
                          values, directions, LOCAL_ID, MESSAGE_THREADS);
            SYNC_THREADS;
            SplitNumbers functions[BASIS_SIXTEENS];
            real4 filterS[2], filterP[2], filterD[2];
            loadFunctions(values, functions);
            findFilters(functions, weightS, shared, filterS);
            findFilters(functions, weightP, shared, filterP);
            findFilters(functions, weightD, shared, filterD);
            UNROLL
            for (int k = 0; k < 2; k++) {
                int pair = ROW + 8 * k;
                int other = first + pair < number ? pairAtom[start + first + pair] : atom;
                real direction[NUM_ANGULAR];
                loadDirection(directions + pair * ANGULAR_QUADS, direction);
                real4 p = filterP[k] * QUAD_OF(SLOT(sources, 1), other);
                real4 d = filterD[k] * QUAD_OF(SLOT(sources, 2), other);
                sums[0] += filterS[k] * QUAD_OF(sources, other);
                for (int c = 0; c < 3; c++) {
                    sums[1 + c] += p * direction[c];
                }
                for (int c = 0; c < NUM_D; c++) {
                    sums[4 + c] += d * direction[3 + c];
                }
            }
        }
        for (int c = 0; c < 4 + NUM_D; c++) {
            real4 sum = make_real4(sumOverPairs(sums[c].x, shared), sumOverPairs(sums[c].y, shared),
                                   sumOverPairs(sums[c].z, shared),
                                   sumOverPairs(sums[c].w, shared));
            if (ROW == 0) {
                if (c == 0) {
                    sum += QUAD_OF(SLOT(stored, MLP_SLOT), atom);
                }
                GLOBAL real4* rows = (GLOBAL real4*) SLOT(stored, S_SLOT + c);
                rows[atom * FEATURE_QUADS + 4 * WARP + COLUMN] = sum;
            }
        }
    }
}

/**
 * The messages that an atom sent, in reverse: adds to the forces along its pairs, and unless this
 * is the first module finds the gradients by its sources. A pair's vector points from the atom to
 * its neighbour, the message's direction back.
 */
KERNEL void transposeMessages(int numAtoms, GLOBAL const int* RESTRICT atomOfPlace,
                              GLOBAL const int* RESTRICT numPairs,
                              GLOBAL const int* RESTRICT pairAtom,
                              GLOBAL const real4* RESTRICT pairVector, int maxPairs,
                              GLOBAL const real* RESTRICT radial,
                              GLOBAL const real* RESTRICT radialWeights,
                              GLOBAL const real* RESTRICT stored, GLOBAL real* RESTRICT gradients,
                              GLOBAL real4* RESTRICT pairForce, int isFirst) {
    LOCAL real4 values[PAIRS_AT_ONCE * BASIS_QUADS], slopes[PAIRS_AT_ONCE * BASIS_QUADS];
    LOCAL real4 directions[PAIRS_AT_ONCE * ANGULAR_QUADS], parts[PAIRS_AT_ONCE * SIXTEENS];
    LOCAL real4 shared[QUADS_TO_SHOW(MESSAGE_THREADS)];
    SplitNumbers weightS[BASIS_SIXTEENS], weightP[BASIS_SIXTEENS], weightD[BASIS_SIXTEENS];
    loadRadialWeights(radialWeights, 0, weightS);
    loadRadialWeights(radialWeights, 1, weightP);
    loadRadialWeights(radialWeights, 2, weightD);
    for (int place = GROUP_ID; place < numAtoms; place += NUM_GROUPS) {
        int atom = atomOfPlace[place], number = numPairs[place];
        mm_long start = (mm_long) place * maxPairs;
        real4 s = QUAD_OF(SLOT(stored, MLP_SLOT + 1), atom);
        real4 p = QUAD_OF(SLOT(stored, MLP_SLOT + 2), atom);
        real4 d = QUAD_OF(SLOT(stored, MLP_SLOT + 3), atom);
        real4 sums[3]; // gradients by s, p, d
        for (int c = 0; c < 3; c++) {
            sums[c] = repeat(0);
        }
        for (int first = 0; first < number; first += PAIRS_AT_ONCE) {
            SYNC_THREADS;
            describePairs(pairVector + start, radial, first, number - first, -1, values, 1,
                          slopes, directions, LOCAL_ID, MESSAGE_THREADS);
            SYNC_THREADS;
            SplitNumbers functions[BASIS_SIXTEENS];
            real4 filterS[2], filterP[2], filterD[2], slopeS[2], slopeP[2], slopeD[2];
            loadFunctions(values, functions);
            findFilters(functions, weightS, shared, filterS);
            findFilters(functions, weightP, shared, filterP);
            findFilters(functions, weightD, shared, filterD);
            loadFunctions(slopes, functions);
            findFilters(functions, weightS, shared, slopeS);
            findFilters(functions, weightP, shared, slopeP);
            findFilters(functions, weightD, shared, slopeD);
            UNROLL
            for (int k = 0; k < 2; k++) {
                int pair = ROW + 8 * k;
                int other = first + pair < number ? pairAtom[start + first + pair] : atom;
                real direction[NUM_ANGULAR], ofVector[3], ofAngular[NUM_D];
                loadDirection(directions + pair * ANGULAR_QUADS, direction);
                real4 h = QUAD_OF(SLOT(gradients, OF_H), other);
                real4 alongP = repeat(0), alongD = repeat(0);
                for (int c = 0; c < 3; c++) {
                    real4 component = QUAD_OF(SLOT(gradients, OF_P + c), other);
                    alongP += component * direction[c];
                    ofVector[c] = sumOfProducts(filterP[k] * p, component);
                }
                for (int c = 0; c < NUM_D; c++) {
                    real4 component = QUAD_OF(SLOT(gradients, OF_D + c), other);
                    alongD += component * direction[3 + c];
                    ofAngular[c] = sumOfProducts(filterD[k] * d, component);
                }
                transposeAngular(direction, ofAngular, ofVector);
                sums[0] += filterS[k] * h;
                sums[1] += filterP[k] * alongP;
                sums[2] += filterD[k] * alongD;
                real ofDistance = sumOfProducts(h * s, slopeS[k]) +
                                  sumOfProducts(alongP * p, slopeP[k]) +
                                  sumOfProducts(alongD * d, slopeD[k]);
                LOCAL_ARG real* scratch = (LOCAL_ARG real*) shared;
                real4 part = make_real4(
                    sumOverColumns(ofVector[0], scratch), sumOverColumns(ofVector[1], scratch),
                    sumOverColumns(ofVector[2], scratch), sumOverColumns(ofDistance, scratch));
                if (COLUMN == 0) {
                    parts[pair * SIXTEENS + WARP] = part;
                }
            }
            SYNC_THREADS;
            if ((int) LOCAL_ID < PAIRS_AT_ONCE && first + (int) LOCAL_ID < number) {
                LOCAL_ARG const real4* u = directions + LOCAL_ID * ANGULAR_QUADS;
                mm_long pair = start + first + LOCAL_ID;
                real4 sum = repeat(0);
                for (int warp = 0; warp < SIXTEENS; warp++) {
                    sum += parts[LOCAL_ID * SIXTEENS + warp];
                }
                real inverse = 1 / pairVector[pair].w;
                real along = sum.w - (sum.x * u->x + sum.y * u->y + sum.z * u->z) * inverse;
                pairForce[pair] -=
                    make_real4(along * u->x + sum.x * inverse, along * u->y + sum.y * inverse,
                               along * u->z + sum.z * inverse, 0);
            }
        }
        for (int c = 0; c < 3 && !isFirst; c++) {
            real4 sum = make_real4(sumOverPairs(sums[c].x, shared), sumOverPairs(sums[c].y, shared),
                                   sumOverPairs(sums[c].z, shared),
                                   sumOverPairs(sums[c].w, shared));
            if (ROW == 0) {
                GLOBAL real4* rows = (GLOBAL real4*) SLOT(gradients, OF_MLPS + 1 + c);
                rows[atom * FEATURE_QUADS + 4 * WARP + COLUMN] = sum;
            }
        }
    }
}

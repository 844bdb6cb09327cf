// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Messages between neighbours. A group works on RECEIVERS atoms at a time, PADDED_FEATURES threads
// on each: a thread has one feature, and its weights of the radial functions in registers. What
// all features of a pair share lies in local memory, for PAIRS_AT_ONCE pairs at a time.

#define LANE ((int) LOCAL_ID % PADDED_FEATURES)
#define RECEIVER ((int) LOCAL_ID / PADDED_FEATURES)

/** A thread's row of the weights of the radial functions of one type. */
DEVICE void loadRadialWeights(GLOBAL const real* RESTRICT weights, int type, real4* row) {
    for (int q = 0; q < BASIS_QUADS; q++) {
        GLOBAL const real* column =
            weights + 4 * (type * BASIS_QUADS + q) * PADDED_FEATURES + LANE;
        row[q] = make_real4(column[0], column[PADDED_FEATURES], column[2 * PADDED_FEATURES],
                            column[3 * PADDED_FEATURES]);
    }
}

/** The sum of the products of all components. */
DEVICE real multiplyQuads(const real4* a, LOCAL_ARG const real4* b) {
    real sum = 0;
    for (int q = 0; q < BASIS_QUADS; q++) {
        real4 other = b[q];
        sum += a[q].x * other.x + a[q].y * other.y + a[q].z * other.z + a[q].w * other.w;
    }
    return sum;
}

/** The largest number of pairs of the atoms that a group works on. */
DEVICE int largestNumber(int numAtoms, GLOBAL const int* RESTRICT numPairs, int firstPlace) {
    int largest = 0;
    for (int k = 0; k < RECEIVERS; k++) {
        int number = firstPlace + k < numAtoms ? numPairs[firstPlace + k] : 0;
        largest = number > largest ? number : largest;
    }
    return largest;
}

/** Every atom collects s, p and d messages; s starts from what it sends to itself. */
KERNEL void collectMessages(int numAtoms, GLOBAL const int* RESTRICT atomOfPlace,
                            GLOBAL const int* RESTRICT numPairs,
                            GLOBAL const int* RESTRICT pairAtom,
                            GLOBAL const real4* RESTRICT pairVector, int maxPairs,
                            GLOBAL const real* RESTRICT radial,
                            GLOBAL const real* RESTRICT radialWeights,
                            GLOBAL real* RESTRICT stored) {
    LOCAL real4 values[RECEIVERS * PAIRS_AT_ONCE * BASIS_QUADS];
    LOCAL real4 directions[RECEIVERS * PAIRS_AT_ONCE * ANGULAR_QUADS];
    LOCAL_ARG real4* ownValues = values + RECEIVER * PAIRS_AT_ONCE * BASIS_QUADS;
    LOCAL_ARG real4* ownDirections = directions + RECEIVER * PAIRS_AT_ONCE * ANGULAR_QUADS;
    GLOBAL const real* sources = SLOT(stored, MLP_SLOT + 1);
    real4 weightS[BASIS_QUADS], weightP[BASIS_QUADS], weightD[BASIS_QUADS];
    loadRadialWeights(radialWeights, 0, weightS);
    loadRadialWeights(radialWeights, 1, weightP);
    loadRadialWeights(radialWeights, 2, weightD);
    for (int firstPlace = GROUP_ID * RECEIVERS; firstPlace < numAtoms;
         firstPlace += NUM_GROUPS * RECEIVERS) {
        int place = firstPlace + RECEIVER, isAtom = place < numAtoms;
        int number = isAtom ? numPairs[place] : 0,
            largest = largestNumber(numAtoms, numPairs, firstPlace);
        int row = (isAtom ? atomOfPlace[place] : 0) * PADDED_FEATURES + LANE;
        mm_long start = (mm_long) place * maxPairs;
        real s = SLOT(stored, MLP_SLOT)[row], p[3], d[NUM_D];
        for (int c = 0; c < 3; c++) {
            p[c] = 0;
        }
        for (int c = 0; c < NUM_D; c++) {
            d[c] = 0;
        }
        for (int first = 0; first < largest; first += PAIRS_AT_ONCE) {
            int here = number - first < PAIRS_AT_ONCE ? number - first : PAIRS_AT_ONCE;
            SYNC_THREADS;
            describePairs(pairVector + start, radial, first, here, 1, ownValues, 0, ownValues,
                          ownDirections, LANE, PADDED_FEATURES);
            SYNC_THREADS;
            for (int pair = 0; pair < here; pair++) {
                LOCAL_ARG const real4* value = ownValues + pair * BASIS_QUADS;
                int other = pairAtom[start + first + pair] * PADDED_FEATURES + LANE;
                real filterP = multiplyQuads(weightP, value) * SLOT(sources, 1)[other];
                real filterD = multiplyQuads(weightD, value) * SLOT(sources, 2)[other];
                real direction[NUM_ANGULAR];
                loadDirection(ownDirections + pair * ANGULAR_QUADS, direction);
                s += multiplyQuads(weightS, value) * sources[other];
                for (int c = 0; c < 3; c++) {
                    p[c] += filterP * direction[c];
                }
                for (int c = 0; c < NUM_D; c++) {
                    d[c] += filterD * direction[3 + c];
                }
            }
        }
        if (isAtom) {
            SLOT(stored, S_SLOT)[row] = s;
            for (int c = 0; c < 3; c++) {
                SLOT(stored, P_SLOT + c)[row] = p[c];
            }
            for (int c = 0; c < NUM_D; c++) {
                SLOT(stored, D_SLOT + c)[row] = d[c];
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
    LOCAL real4 values[RECEIVERS * PAIRS_AT_ONCE * BASIS_QUADS];
    LOCAL real4 slopes[RECEIVERS * PAIRS_AT_ONCE * BASIS_QUADS];
    LOCAL real4 directions[RECEIVERS * PAIRS_AT_ONCE * ANGULAR_QUADS];
    LOCAL real parts[RECEIVERS * PAIRS_AT_ONCE * 4 * PART_STRIDE];
    LOCAL_ARG real4* ownValues = values + RECEIVER * PAIRS_AT_ONCE * BASIS_QUADS;
    LOCAL_ARG real4* ownSlopes = slopes + RECEIVER * PAIRS_AT_ONCE * BASIS_QUADS;
    LOCAL_ARG real4* ownDirections = directions + RECEIVER * PAIRS_AT_ONCE * ANGULAR_QUADS;
    LOCAL_ARG real* ownParts = parts + RECEIVER * PAIRS_AT_ONCE * 4 * PART_STRIDE;
    real4 weightS[BASIS_QUADS], weightP[BASIS_QUADS], weightD[BASIS_QUADS];
    loadRadialWeights(radialWeights, 0, weightS);
    loadRadialWeights(radialWeights, 1, weightP);
    loadRadialWeights(radialWeights, 2, weightD);
    for (int firstPlace = GROUP_ID * RECEIVERS; firstPlace < numAtoms;
         firstPlace += NUM_GROUPS * RECEIVERS) {
        int place = firstPlace + RECEIVER, isAtom = place < numAtoms;
        int number = isAtom ? numPairs[place] : 0,
            largest = largestNumber(numAtoms, numPairs, firstPlace);
        int row = (isAtom ? atomOfPlace[place] : 0) * PADDED_FEATURES + LANE;
        mm_long start = (mm_long) place * maxPairs;
        real s = SLOT(stored, MLP_SLOT + 1)[row], p = SLOT(stored, MLP_SLOT + 2)[row],
             d = SLOT(stored, MLP_SLOT + 3)[row];
        real ofS = 0, ofP = 0, ofD = 0;
        for (int first = 0; first < largest; first += PAIRS_AT_ONCE) {
            int here = number - first < PAIRS_AT_ONCE ? number - first : PAIRS_AT_ONCE;
            SYNC_THREADS;
            describePairs(pairVector + start, radial, first, here, -1, ownValues, 1, ownSlopes,
                          ownDirections, LANE, PADDED_FEATURES);
            SYNC_THREADS;
            for (int pair = 0; pair < here; pair++) {
                LOCAL_ARG const real4* value = ownValues + pair * BASIS_QUADS;
                LOCAL_ARG const real4* slope = ownSlopes + pair * BASIS_QUADS;
                int other = pairAtom[start + first + pair] * PADDED_FEATURES + LANE;
                real filterS = multiplyQuads(weightS, value);
                real filterP = multiplyQuads(weightP, value);
                real filterD = multiplyQuads(weightD, value);
                real direction[NUM_ANGULAR];
                loadDirection(ownDirections + pair * ANGULAR_QUADS, direction);
                real h = SLOT(gradients, OF_H)[other], alongP = 0, alongD = 0;
                real ofVector[3], ofAngular[NUM_D];
                for (int c = 0; c < 3; c++) {
                    real component = SLOT(gradients, OF_P + c)[other];
                    alongP += component * direction[c];
                    ofVector[c] = filterP * p * component;
                }
                for (int c = 0; c < NUM_D; c++) {
                    real component = SLOT(gradients, OF_D + c)[other];
                    alongD += component * direction[3 + c];
                    ofAngular[c] = filterD * d * component;
                }
                transposeAngular(direction, ofAngular, ofVector);
                ofS += filterS * h;
                ofP += filterP * alongP;
                ofD += filterD * alongD;
                LOCAL_ARG real* part = ownParts + pair * 4 * PART_STRIDE + LANE;
                part[0] = h * s * multiplyQuads(weightS, slope) +
                          alongP * p * multiplyQuads(weightP, slope) +
                          alongD * d * multiplyQuads(weightD, slope);
                part[PART_STRIDE] = ofVector[0];
                part[2 * PART_STRIDE] = ofVector[1];
                part[3 * PART_STRIDE] = ofVector[2];
            }
            SYNC_THREADS;
            for (int k = LANE; k < 4 * here; k += PADDED_FEATURES) {
                real sum = 0;
                for (int f = 0; f < NUM_FEATURES; f++) {
                    sum += ownParts[k * PART_STRIDE + f];
                }
                ownParts[k * PART_STRIDE] = sum;
            }
            SYNC_THREADS;
            for (int pair = LANE; pair < here; pair += PADDED_FEATURES) {
                LOCAL_ARG const real4* u = ownDirections + pair * ANGULAR_QUADS;
                LOCAL_ARG const real* sum = ownParts + pair * 4 * PART_STRIDE;
                real ofX = sum[PART_STRIDE], ofY = sum[2 * PART_STRIDE],
                     ofZ = sum[3 * PART_STRIDE];
                real inverse = 1 / pairVector[start + first + pair].w;
                real along = sum[0] - (ofX * u->x + ofY * u->y + ofZ * u->z) * inverse;
                pairForce[start + first + pair] -=
                    make_real4(along * u->x + ofX * inverse, along * u->y + ofY * inverse,
                               along * u->z + ofZ * inverse, 0);
            }
        }
        if (isAtom && !isFirst) {
            SLOT(gradients, OF_MLPS + 1)[row] = ofS;
            SLOT(gradients, OF_MLPS + 2)[row] = ofP;
            SLOT(gradients, OF_MLPS + 3)[row] = ofD;
        }
    }
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Messages between neighbours. A group works on RECEIVERS atoms at a time, PADDED_FEATURES threads
// on each: a thread has one feature, and its weights of the radial functions in registers. What
// all features of a pair share lies in local memory, for PAIRS_AT_ONCE pairs at a time.

#define LANE ((int) LOCAL_ID % PADDED_FEATURES)
#define RECEIVER ((int) LOCAL_ID / PADDED_FEATURES)
#define MESSAGE_THREADS (RECEIVERS * PADDED_FEATURES)
/** Numbers that all threads read are read four at a time; there are zeros up to whole fours. */
#define BASIS_QUADS ((NUM_BASIS + 3) / 4)
/** Of a pair: 3 numbers for the unit vector, and NUM_D of degree two. */
#define ANGULAR_QUADS ((3 + NUM_D + 3) / 4)
#define NUM_ANGULAR (4 * ANGULAR_QUADS)

/** Of degree two in the components of a unit vector. */
DEVICE void angular(real x, real y, real z, LOCAL_ARG real* numbers) {
    numbers[0] = x;
    numbers[1] = y;
    numbers[2] = z;
#ifdef IRREPS
    real root3 = (real) 1.7320508075688772;
    numbers[3] = root3 * x * y;
    numbers[4] = root3 * x * z;
    numbers[5] = root3 * y * z;
    numbers[6] = (real) 0.5 * (3 * z * z - 1);
    numbers[7] = (real) 0.5 * root3 * (x * x - y * y);
#else
    real root2 = (real) 1.4142135623730951;
    numbers[3] = x * x;
    numbers[4] = y * y;
    numbers[5] = z * z;
    numbers[6] = root2 * x * y;
    numbers[7] = root2 * x * z;
    numbers[8] = root2 * y * z;
#endif
}

/**
 * Of pairs first to first + PAIRS_AT_ONCE of the atom at a place: the radial functions, and their
 * slopes unless slopes is null, and the angular ones; beyond the last pair zero. radial holds the
 * coefficients [interval][function][RADIAL_COEFFICIENTS] of polynomials.
 */
DEVICE void describePairs(GLOBAL const real4* RESTRICT pairVector,
                          GLOBAL const real* RESTRICT radial, int firstPair, int number,
                          real sign, LOCAL_ARG real4* valueQuads, LOCAL_ARG real4* slopeQuads,
                          LOCAL_ARG real4* directionQuads) {
    LOCAL_ARG real* values = (LOCAL_ARG real*) valueQuads;
    LOCAL_ARG real* slopes = (LOCAL_ARG real*) slopeQuads;
    LOCAL_ARG real* directions = (LOCAL_ARG real*) directionQuads;
    for (int k = LANE; k < PAIRS_AT_ONCE * 4 * BASIS_QUADS; k += PADDED_FEATURES) {
        int pair = k / (4 * BASIS_QUADS), function = k % (4 * BASIS_QUADS);
        real value = 0, slope = 0;
        real r = pair < number ? pairVector[firstPair + pair].w : (real) CUTOFF;
        if (r < (real) CUTOFF && function < NUM_BASIS) {
            int interval = (int) (r * (real) INTERVALS_PER_ANGSTROM);
            real t = r * (real) INTERVALS_PER_ANGSTROM - interval;
            GLOBAL const real* c =
                radial + (interval * NUM_BASIS + function) * RADIAL_COEFFICIENTS;
            for (int power = RADIAL_COEFFICIENTS - 1; power >= 0; power--) {
                slope = slope * t + value;
                value = value * t + c[power];
            }
        }
        values[k] = value;
        if (slopes != 0) {
            slopes[k] = slope * (real) INTERVALS_PER_ANGSTROM;
        }
    }
    for (int pair = LANE; pair < PAIRS_AT_ONCE; pair += PADDED_FEATURES) {
        real4 vector =
            pair < number ? pairVector[firstPair + pair] : make_real4(0, 0, 1, (real) CUTOFF);
        real inverse = sign / vector.w;
        angular(vector.x * inverse, vector.y * inverse, vector.z * inverse,
                directions + pair * NUM_ANGULAR);
    }
}

/** A thread's row of the weights of the radial functions of one type. */
DEVICE void loadRadialWeights(GLOBAL const real* RESTRICT weights, int type, real4* row) {
    GLOBAL const real* column = weights + type * NUM_BASIS * PADDED_FEATURES + LANE;
    for (int q = 0; q < BASIS_QUADS; q++) {
        int k = 4 * q;
        row[q] = make_real4(column[k * PADDED_FEATURES],
                            k + 1 < NUM_BASIS ? column[(k + 1) * PADDED_FEATURES] : 0,
                            k + 2 < NUM_BASIS ? column[(k + 2) * PADDED_FEATURES] : 0,
                            k + 3 < NUM_BASIS ? column[(k + 3) * PADDED_FEATURES] : 0);
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

DEVICE void loadDirection(LOCAL_ARG const real4* quads, real* direction) {
    for (int q = 0; q < ANGULAR_QUADS; q++) {
        real4 quad = quads[q];
        direction[4 * q] = quad.x;
        direction[4 * q + 1] = quad.y;
        direction[4 * q + 2] = quad.z;
        direction[4 * q + 3] = quad.w;
    }
}

/** The largest number of pairs of the atoms that a group works on. */
DEVICE int largestNumber(GLOBAL const int* RESTRICT numPairs, int firstPlace) {
    int largest = 0;
    for (int k = 0; k < RECEIVERS; k++) {
        int number = firstPlace + k < NUM_ATOMS ? numPairs[firstPlace + k] : 0;
        largest = number > largest ? number : largest;
    }
    return largest;
}

/** Every atom collects s, p and d messages; s starts from what it sends to itself. */
KERNEL void collectMessages(GLOBAL const int* RESTRICT atomOfPlace,
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
    for (int firstPlace = GROUP_ID * RECEIVERS; firstPlace < NUM_ATOMS;
         firstPlace += NUM_GROUPS * RECEIVERS) {
        int place = firstPlace + RECEIVER, isAtom = place < NUM_ATOMS;
        int number = isAtom ? numPairs[place] : 0, largest = largestNumber(numPairs, firstPlace);
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
            describePairs(pairVector + start, radial, first, here, 1, ownValues, 0, ownDirections);
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

/** Gradient by a unit vector from those by the angular functions [NUM_D]. */
DEVICE void transposeAngular(const real* u, const real* of, real* ofVector) {
#ifdef IRREPS
    real root3 = (real) 1.7320508075688772;
    ofVector[0] += root3 * (u[1] * of[0] + u[2] * of[1] + u[0] * of[4]);
    ofVector[1] += root3 * (u[0] * of[0] + u[2] * of[2] - u[1] * of[4]);
    ofVector[2] += root3 * (u[0] * of[1] + u[1] * of[2]) + 3 * u[2] * of[3];
#else
    real root2 = (real) 1.4142135623730951;
    ofVector[0] += 2 * u[0] * of[0] + root2 * (u[1] * of[3] + u[2] * of[4]);
    ofVector[1] += 2 * u[1] * of[1] + root2 * (u[0] * of[3] + u[2] * of[5]);
    ofVector[2] += 2 * u[2] * of[2] + root2 * (u[0] * of[4] + u[1] * of[5]);
#endif
}

/**
 * The messages that an atom sent, in reverse: adds to the forces along its pairs, and unless this
 * is the first module finds the gradients by its sources. A pair's vector points from the atom to
 * its neighbour, the message's direction back.
 */
KERNEL void transposeMessages(GLOBAL const int* RESTRICT atomOfPlace,
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
    for (int firstPlace = GROUP_ID * RECEIVERS; firstPlace < NUM_ATOMS;
         firstPlace += NUM_GROUPS * RECEIVERS) {
        int place = firstPlace + RECEIVER, isAtom = place < NUM_ATOMS;
        int number = isAtom ? numPairs[place] : 0, largest = largestNumber(numPairs, firstPlace);
        int row = (isAtom ? atomOfPlace[place] : 0) * PADDED_FEATURES + LANE;
        mm_long start = (mm_long) place * maxPairs;
        real s = SLOT(stored, MLP_SLOT + 1)[row], p = SLOT(stored, MLP_SLOT + 2)[row],
             d = SLOT(stored, MLP_SLOT + 3)[row];
        real ofS = 0, ofP = 0, ofD = 0;
        for (int first = 0; first < largest; first += PAIRS_AT_ONCE) {
            int here = number - first < PAIRS_AT_ONCE ? number - first : PAIRS_AT_ONCE;
            SYNC_THREADS;
            describePairs(pairVector + start, radial, first, here, -1, ownValues, ownSlopes,
                          ownDirections);
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

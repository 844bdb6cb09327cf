// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// What all features of a pair of neighbours share: radial functions of the distance and functions
// of the direction. Threads read them four at a time; there are zeros up to BASIS_QUADS fours.

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
 * Of pairs first to first + PAIRS_AT_ONCE of the atom at a place: the radial functions, if wanted
 * their slopes, and the angular ones; beyond the last pair zero. radial holds the coefficients
 * [interval][function][RADIAL_COEFFICIENTS] of polynomials. Threads share the work.
 */
DEVICE void describePairs(GLOBAL const real4* RESTRICT pairVector,
                          GLOBAL const real* RESTRICT radial, int firstPair, int number,
                          real sign, LOCAL_ARG real4* valueQuads, int wantsSlopes,
                          LOCAL_ARG real4* slopeQuads, LOCAL_ARG real4* directionQuads,
                          int thread, int numThreads) {
    LOCAL_ARG real* values = (LOCAL_ARG real*) valueQuads;
    LOCAL_ARG real* slopes = (LOCAL_ARG real*) slopeQuads;
    LOCAL_ARG real* directions = (LOCAL_ARG real*) directionQuads;
    for (int k = thread; k < PAIRS_AT_ONCE * 4 * BASIS_QUADS; k += numThreads) {
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
        if (wantsSlopes) {
            slopes[k] = slope * (real) INTERVALS_PER_ANGSTROM;
        }
    }
    for (int pair = thread; pair < PAIRS_AT_ONCE; pair += numThreads) {
        real4 vector =
            pair < number ? pairVector[firstPair + pair] : make_real4(0, 0, 1, (real) CUTOFF);
        real inverse = sign / vector.w;
        angular(vector.x * inverse, vector.y * inverse, vector.z * inverse,
                directions + pair * NUM_ANGULAR);
    }
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

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Attention through random features. The sums over all atoms are, in this order, the sum of
// features times values [feature][value], its transpose, and the sum of features.

/** x omega, and h = |x|^2 scaled, of the thread's atoms. */
DEVICE void projectRandom(const real4* x, GLOBAL const real* RESTRICT omega,
                          LOCAL_ARG real4* shared, real4* u, real* h) {
    real4 square[TILE_QUADS];
    for (int n = 0; n < TILE_QUADS; n++) {
        square[n] = x[n] * x[n];
    }
    shareTile(square, shared);
    sumRows(shared, h);
    for (int n = 0; n < TILE_ATOMS; n++) {
        h[n] *= (real) SCALE_H;
    }
    shareTile(x, shared);
    clearTile(u);
    multiplyTile(shared, omega, u);
}

/** The n-th quad of a tile, with zeros in columns that only fill up. */
DEVICE real4 onlyFeatures(int n, real4 quad) {
    int column = 4 * FEATURES_OF_QUAD(n);
    return make_real4(column < NUM_FEATURES ? quad.x : 0, column + 1 < NUM_FEATURES ? quad.y : 0,
                      column + 2 < NUM_FEATURES ? quad.z : 0,
                      column + 3 < NUM_FEATURES ? quad.w : 0);
}

/** scale (exp(u - shift) + epsilon). */
DEVICE void makeFeatures(real4* u, const real* shift) {
    for (int n = 0; n < TILE_QUADS; n++) {
        real4 value = u[n] - repeat(shift[ATOM_OF_QUAD(n)]);
        value = make_real4(EXP(value.x), EXP(value.y), EXP(value.z), EXP(value.w)) +
                repeat((real) EPSILON_FEATURES);
        u[n] = (real) SCALE_FEATURES * onlyFeatures(n, value);
    }
}

/**
 * Features of queries, and the column of the largest of each atom; of keys what becomes their
 * features: u, h, and the largest u of each atom.
 */
KERNEL void projectQueriesAndKeys(int numAtoms, GLOBAL const real* RESTRICT weights,
                                  GLOBAL real* RESTRICT stored, GLOBAL int* RESTRICT queryColumn,
                                  GLOBAL real* RESTRICT keyShift,
                                  GLOBAL real* RESTRICT keyMaximum) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int item = GROUP_ID; item < 2 * NUM_BLOCKS; item += NUM_GROUPS) {
        int isKey = item / NUM_BLOCKS, block = item % NUM_BLOCKS;
        real4 x[TILE_QUADS], u[TILE_QUADS];
        real h[TILE_ATOMS];
        loadTile(numAtoms, SLOT(stored, isKey ? K_SLOT : Q_SLOT), block, x);
        projectRandom(x, weights + OMEGA_WEIGHTS, shared, u, h);
        shareTile(u, shared);
        real maximum[TILE_ATOMS];
        int largest[TILE_ATOMS];
        largestOfRows(shared, maximum, largest);
        for (int n = 0; n < TILE_ATOMS; n++) {
            int atom = TILE_ATOM(block, n);
            if (IS_FIRST_OF_ATOM && atom < numAtoms) {
                if (isKey) {
                    keyShift[atom] = h[n];
                    keyMaximum[atom] = maximum[n];
                } else {
                    queryColumn[atom] = largest[n];
                }
            }
            h[n] += maximum[n];
        }
        if (!isKey) {
            makeFeatures(u, h);
        }
        storeTile(numAtoms, u, SLOT(stored, isKey ? KEYS_SLOT : QUERY_FEATURES_SLOT), block);
    }
}

#ifdef EXACT_ATTENTION
/**
 * The largest key of all atoms, from which on keys count as equally large (those of mirror images
 * differ by rounding), and how many do. One group of SUM_THREADS threads.
 */
KERNEL void findLargestKey(int numAtoms, GLOBAL const real* RESTRICT keyMaximum,
                           GLOBAL const real* RESTRICT stored, GLOBAL real* RESTRICT largestKey) {
    LOCAL real shared[SUM_THREADS];
    LOCAL mixed sharedNumber[SUM_THREADS];
    if (GROUP_ID > 0) {
        return;
    }
    GLOBAL const real* keys = SLOT(stored, KEYS_SLOT);
    real maximum = keyMaximum[0];
    for (int atom = LOCAL_ID; atom < numAtoms; atom += SUM_THREADS) {
        maximum = keyMaximum[atom] > maximum ? keyMaximum[atom] : maximum;
    }
    shared[LOCAL_ID] = maximum;
    SYNC_THREADS;
    for (int k = 0; k < SUM_THREADS; k++) {
        maximum = shared[k] > maximum ? shared[k] : maximum;
    }
    real size = maximum > 1 ? maximum : (maximum < -1 ? -maximum : 1);
    real equal = maximum - (real) SAME_KEY * size;
    int number = 0;
    for (int atom = LOCAL_ID; atom < numAtoms; atom += SUM_THREADS) {
        for (int k = 0; keyMaximum[atom] >= equal && k < NUM_FEATURES; k++) {
            number += keys[atom * PADDED_FEATURES + k] >= equal ? 1 : 0;
        }
    }
    mixed total = sumOverGroup(number, sharedNumber);
    if (LOCAL_ID == 0) {
        largestKey[0] = maximum;
        largestKey[1] = equal;
        largestKey[2] = (real) total;
    }
}
#endif

/**
 * Features of keys; largestKey is what all keys are shifted by. Where that does not come from the
 * keys themselves, exponentials may become too large.
 */
KERNEL void finishKeys(int numAtoms, GLOBAL const real* RESTRICT keyShift,
                       GLOBAL const real* RESTRICT largestKey, GLOBAL real* RESTRICT stored,
                       GLOBAL int* RESTRICT status) {
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 u[TILE_QUADS];
        real shift[TILE_ATOMS];
        loadTile(numAtoms, SLOT(stored, KEYS_SLOT), block, u);
        loadColumn(numAtoms, keyShift, block, shift);
        for (int n = 0; n < TILE_ATOMS; n++) {
            shift[n] += largestKey[0];
        }
        makeFeatures(u, shift);
        for (int n = 0; n < TILE_QUADS; n++) {
            int atom = TILE_ATOM(block, ATOM_OF_QUAD(n));
            real limit = (real) (SCALE_FEATURES * LARGEST_EXPONENTIAL);
            int isLarge = u[n].x > limit || u[n].y > limit || u[n].z > limit || u[n].w > limit;
            if (isLarge && atom < numAtoms) {
                status[EXPONENT_TOO_LARGE] = atom + 1;
            }
        }
        storeTile(numAtoms, u, SLOT(stored, KEY_FEATURES_SLOT), block);
    }
}

/**
 * Parts, of partAtoms atoms each, of the sums over atoms of left^T right, and of left. Rows of left
 * count in their sum with leftFactor, rows of right with rightFactor. Groups of PRODUCT_THREADS =
 * 8 x 8 threads have PRODUCT_TILE^2 products of one part, a thread 4 x 4 of them.
 */
KERNEL void sumProducts(int numAtoms, int partAtoms, int numParts,
                        GLOBAL const real* RESTRICT leftArray, int leftSlot,
                        GLOBAL const real* RESTRICT leftFactor,
                        GLOBAL const real* RESTRICT rightArray, int rightSlot,
                        GLOBAL const real* RESTRICT rightFactor, GLOBAL real* RESTRICT parts) {
    LOCAL real left[PRODUCT_ATOMS * PRODUCT_TILE], right[PRODUCT_ATOMS * PRODUCT_TILE];
    LOCAL real factor[PRODUCT_ATOMS];
    GLOBAL const real* leftRows = SLOT(leftArray, leftSlot);
    GLOBAL const real* rightRows = SLOT(rightArray, rightSlot);
    int x = LOCAL_ID % 8, y = LOCAL_ID / 8;
    for (int item = GROUP_ID; item < NUM_PRODUCT_TILES * NUM_PRODUCT_TILES * numParts;
         item += NUM_GROUPS) {
        int part = item % numParts, tile = item / numParts;
        int firstLeft = tile / NUM_PRODUCT_TILES * PRODUCT_TILE;
        int firstRight = tile % NUM_PRODUCT_TILES * PRODUCT_TILE;
        int first = part * partAtoms, end = first + partAtoms;
        real product[16], sum[4];
        for (int k = 0; k < 16; k++) {
            product[k] = 0;
        }
        for (int k = 0; k < 4; k++) {
            sum[k] = 0;
        }
        end = end < numAtoms ? end : numAtoms;
        for (; first < end; first += PRODUCT_ATOMS) {
            SYNC_THREADS;
            for (int k = LOCAL_ID; k < PRODUCT_ATOMS * PRODUCT_TILE; k += PRODUCT_THREADS) {
                int atom = first + k / PRODUCT_TILE, column = k % PRODUCT_TILE;
                int isInside = atom < end;
                left[k] = isInside && firstLeft + column < PADDED_FEATURES
                              ? leftRows[atom * PADDED_FEATURES + firstLeft + column]
                              : 0;
                right[k] = isInside && firstRight + column < PADDED_FEATURES
                               ? rightFactor[atom] *
                                     rightRows[atom * PADDED_FEATURES + firstRight + column]
                               : 0;
                if (column == 0) {
                    factor[k / PRODUCT_TILE] = isInside ? leftFactor[atom] : 0;
                }
            }
            SYNC_THREADS;
            for (int n = 0; n < PRODUCT_ATOMS; n++) {
                for (int a = 0; a < 4; a++) {
                    real l = left[n * PRODUCT_TILE + 4 * y + a];
                    sum[a] += factor[n] * l;
                    for (int b = 0; b < 4; b++) {
                        product[4 * a + b] += l * right[n * PRODUCT_TILE + 4 * x + b];
                    }
                }
            }
        }
        GLOBAL real* result = parts + part * (MATRIX_SIZE + PADDED_FEATURES);
        for (int a = 0; a < 4; a++) {
            int row = firstLeft + 4 * y + a;
            for (int b = 0; b < 4; b++) {
                int column = firstRight + 4 * x + b;
                if (row < PADDED_FEATURES && column < PADDED_FEATURES) {
                    result[row * PADDED_FEATURES + column] = product[4 * a + b];
                }
            }
            if (firstRight == 0 && x == 0 && row < PADDED_FEATURES) {
                result[MATRIX_SIZE + row] = sum[a];
            }
        }
    }
}

/** Adds the parts. */
KERNEL void addParts(int numParts, GLOBAL const real* RESTRICT parts, GLOBAL real* RESTRICT sums) {
    for (int k = GLOBAL_ID; k < MATRIX_SIZE + PADDED_FEATURES; k += GLOBAL_SIZE) {
        mixed sum = 0;
        for (int part = 0; part < numParts; part++) {
            sum += parts[part * (MATRIX_SIZE + PADDED_FEATURES) + k];
        }
        if (k < MATRIX_SIZE) {
            int row = k / PADDED_FEATURES, column = k % PADDED_FEATURES;
            sums[MATRIX_PLACE(row, column)] = (real) sum;
            sums[MATRIX_SIZE + MATRIX_PLACE(column, row)] = (real) sum;
        } else {
            sums[MATRIX_SIZE + k] = (real) sum;
        }
    }
}

/** of = the gradient by u of keys without the part of the largest; total = its sums by atom. */
DEVICE void gradientByKeys(int numAtoms, GLOBAL const real* RESTRICT stored,
                           GLOBAL const real* RESTRICT gradientSums, int block,
                           LOCAL_ARG real4* shared, real4* of, real* total) {
    real4 tile[TILE_QUADS];
    real4 rest = repeat((real) (SCALE_FEATURES * EPSILON_FEATURES));
    loadTile(numAtoms, SLOT(stored, V_SLOT), block, tile);
    shareTile(tile, shared);
    clearTile(of);
    multiplyTile(shared, gradientSums + MATRIX_SIZE, of);
    loadTile(numAtoms, SLOT(stored, KEY_FEATURES_SLOT), block, tile);
    for (int n = 0; n < TILE_QUADS; n++) {
        of[n] = (of[n] + quadOf(gradientSums + 2 * MATRIX_SIZE, n)) * (tile[n] - rest);
    }
    shareTile(of, shared);
    sumRows(shared, total);
}

/** The same for queries, whose largest key is each atom's own. */
DEVICE void gradientByQueries(int numAtoms, GLOBAL const real* RESTRICT stored,
                              GLOBAL const real* RESTRICT keySums,
                              GLOBAL const int* RESTRICT queryColumn,
                              GLOBAL const real* RESTRICT inverseNorm,
                              GLOBAL const real* RESTRICT tau,
                              GLOBAL const real* RESTRICT gradients, int block,
                              LOCAL_ARG real4* shared, real4* of, real* total) {
    real4 tile[TILE_QUADS];
    real norm[TILE_ATOMS], factor[TILE_ATOMS];
    real4 rest = repeat((real) (SCALE_FEATURES * EPSILON_FEATURES));
    loadTile(numAtoms, SLOT(gradients, OF_SUM), block, tile);
    loadColumn(numAtoms, inverseNorm, block, norm);
    loadColumn(numAtoms, tau, block, factor);
    for (int n = 0; n < TILE_QUADS; n++) {
        tile[n] *= norm[ATOM_OF_QUAD(n)];
    }
    shareTile(tile, shared);
    clearTile(of);
    multiplyTile(shared, keySums + MATRIX_SIZE, of);
    loadTile(numAtoms, SLOT(stored, QUERY_FEATURES_SLOT), block, tile);
    for (int n = 0; n < TILE_QUADS; n++) {
        real4 ofNorm = factor[ATOM_OF_QUAD(n)] * quadOf(keySums + 2 * MATRIX_SIZE, n);
        of[n] = (of[n] + ofNorm) * (tile[n] - rest);
    }
    shareTile(of, shared);
    sumRows(shared, total);
    for (int n = 0; n < TILE_QUADS; n++) {
        int atom = TILE_ATOM(block, ATOM_OF_QUAD(n));
        int column = queryColumn[atom < numAtoms ? atom : numAtoms - 1] - 4 * FEATURES_OF_QUAD(n);
        real ofLargest = total[ATOM_OF_QUAD(n)];
        of[n].x -= column == 0 ? ofLargest : 0;
        of[n].y -= column == 1 ? ofLargest : 0;
        of[n].z -= column == 2 ? ofLargest : 0;
        of[n].w -= column == 3 ? ofLargest : 0;
    }
}

#ifdef EXACT_ATTENTION
/** The part of each atom in the gradient by the largest key. */
KERNEL void sumKeyGradients(int numAtoms, GLOBAL const real* RESTRICT stored,
                            GLOBAL const real* RESTRICT gradientSums,
                            GLOBAL mixed* RESTRICT totals) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 of[TILE_QUADS];
        real total[TILE_ATOMS];
        gradientByKeys(numAtoms, stored, gradientSums, block, shared, of, total);
        for (int n = 0; n < TILE_ATOMS; n++) {
            int atom = TILE_ATOM(block, n);
            if (IS_FIRST_OF_ATOM && atom < numAtoms) {
                totals[atom] = total[n];
            }
        }
    }
}

/** The largest keys take their part of the gradient. */
DEVICE void subtractLargest(int numAtoms, GLOBAL const real* RESTRICT stored,
                            GLOBAL const real* RESTRICT largestKey,
                            GLOBAL const mixed* RESTRICT totalParts, int block, real4* of) {
    real4 keys[TILE_QUADS];
    mixed total = 0;
    for (int part = 0; part < NUM_PARTS; part++) {
        total += totalParts[part];
    }
    real share = (real) total / largestKey[2], equal = largestKey[1];
    loadTile(numAtoms, SLOT(stored, KEYS_SLOT), block, keys);
    for (int n = 0; n < TILE_QUADS; n++) {
        of[n] -= onlyFeatures(
            n, make_real4(keys[n].x >= equal ? share : 0, keys[n].y >= equal ? share : 0,
                          keys[n].z >= equal ? share : 0, keys[n].w >= equal ? share : 0));
    }
}
#endif

/** Gradients by queries, keys and values. */
KERNEL void transposeAttention(int numAtoms, GLOBAL const real* RESTRICT weights,
                               GLOBAL const real* RESTRICT stored,
                               GLOBAL const real* RESTRICT keySums,
                               GLOBAL const real* RESTRICT gradientSums,
                               GLOBAL const int* RESTRICT queryColumn,
                               GLOBAL const real* RESTRICT inverseNorm,
                               GLOBAL const real* RESTRICT tau,
#ifdef EXACT_ATTENTION
                               GLOBAL const real* RESTRICT largestKey,
                               GLOBAL const mixed* RESTRICT totalParts,
#endif
                               GLOBAL real* RESTRICT gradients) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int item = GROUP_ID; item < 3 * NUM_BLOCKS; item += NUM_GROUPS) {
        int which = item / NUM_BLOCKS, block = item % NUM_BLOCKS; // query, key, value
        real4 of[TILE_QUADS], result[TILE_QUADS], x[TILE_QUADS];
        real total[TILE_ATOMS];
        clearTile(result);
        if (which == 2) {
            loadTile(numAtoms, SLOT(stored, KEY_FEATURES_SLOT), block, x);
            shareTile(x, shared);
            multiplyTile(shared, gradientSums, result);
        } else {
            if (which == 0) {
                gradientByQueries(numAtoms, stored, keySums, queryColumn, inverseNorm, tau,
                                  gradients, block, shared, of, total);
            } else {
                gradientByKeys(numAtoms, stored, gradientSums, block, shared, of, total);
#ifdef EXACT_ATTENTION
                subtractLargest(numAtoms, stored, largestKey, totalParts, block, of);
#endif
            }
            shareTile(of, shared);
            multiplyTile(shared, weights + OMEGA_WEIGHTS + MATRIX_SIZE, result);
            loadTile(numAtoms, SLOT(stored, which == 0 ? Q_SLOT : K_SLOT), block, x);
            for (int n = 0; n < TILE_QUADS; n++) {
                result[n] -= (real) (2 * SCALE_H) * total[ATOM_OF_QUAD(n)] * x[n];
            }
        }
        storeTile(numAtoms, result, SLOT(gradients, OF_MLPS + 4 + which), block);
    }
}

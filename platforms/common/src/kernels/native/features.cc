// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// A module's layers, forward and in reverse. What a module keeps of all atoms is in "stored", in
// the slots *_SLOT; gradients are in "gradients", in the slots OF_*. Groups have DENSE_THREADS
// threads.

/** Stored x = residual blocks of the input. */
KERNEL void applyPre(int numAtoms, GLOBAL const real* RESTRICT inputs, int inputSlot,
                     GLOBAL const real* RESTRICT weights, GLOBAL real* RESTRICT stored) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 x[TILE_QUADS];
        loadTile(numAtoms, SLOT(inputs, inputSlot), block, x);
        applyStack(numAtoms, x, weights + PRE_WEIGHTS, PRE_DEPTH, SLOT(stored, PRE_SLOT), block,
                   shared);
        storeTile(numAtoms, x, SLOT(stored, X_SLOT), block);
    }
}

/**
 * The seven functions of x: what an atom sends to itself, its s, p and d sources, and its query,
 * key and value. layout holds for each: place of its weights, depth, slot of what it keeps.
 */
KERNEL void applyMlps(int numAtoms, GLOBAL const real* RESTRICT weights,
                      GLOBAL const int* RESTRICT layout, GLOBAL real* RESTRICT stored) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int item = GROUP_ID; item < NUM_MLPS * NUM_BLOCKS; item += NUM_GROUPS) {
        int which = item / NUM_BLOCKS, block = item % NUM_BLOCKS;
        real4 x[TILE_QUADS];
        loadTile(numAtoms, SLOT(stored, X_SLOT), block, x);
        applyMlp(numAtoms, x, weights + layout[3 * which], layout[3 * which + 1],
                 SLOT(stored, layout[3 * which + 2]), block, shared);
        storeTile(numAtoms, x, SLOT(stored, MLP_SLOT + which), block);
    }
}

/** Gradients by x of each of the seven functions, from those by their results. */
KERNEL void transposeMlps(int numAtoms, GLOBAL const real* RESTRICT weights,
                          GLOBAL const int* RESTRICT layout, GLOBAL const real* RESTRICT stored,
                          GLOBAL real* RESTRICT gradients) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int item = GROUP_ID; item < NUM_MLPS * NUM_BLOCKS; item += NUM_GROUPS) {
        int which = item / NUM_BLOCKS, block = item % NUM_BLOCKS;
        real4 gradient[TILE_QUADS];
        loadTile(numAtoms, SLOT(gradients, OF_MLPS + which), block, gradient);
        transposeMlp(numAtoms, gradient, weights + layout[3 * which], layout[3 * which + 1],
                     SLOT(stored, X_SLOT), SLOT(stored, layout[3 * which + 2]), block, shared);
        storeTile(numAtoms, gradient, SLOT(gradients, OF_X_BY_MLPS + which), block);
    }
}

/** left and right: what the two halves of a projection make of the stored component of a sum. */
DEVICE void projectComponent(int numAtoms, GLOBAL const real* RESTRICT component,
                             GLOBAL const real* RESTRICT projection, int block,
                             LOCAL_ARG real4* shared, real4* left, real4* right) {
    real4 sum[TILE_QUADS];
    loadTile(numAtoms, component, block, sum);
    shareTile(sum, shared);
    clearTile(left);
    multiplyTile(shared, projection, left);
    clearTile(right);
    multiplyTile(shared, projection + MATRIX_SIZE, right);
}

/** h += scalar products of the projected components. */
DEVICE void addProducts(int numAtoms, GLOBAL const real* RESTRICT components, int numComponents,
                        GLOBAL const real* RESTRICT projection, int block, LOCAL_ARG real4* shared,
                        real4* h) {
    for (int c = 0; c < numComponents; c++) {
        real4 left[TILE_QUADS], right[TILE_QUADS];
        projectComponent(numAtoms, SLOT(components, c), projection, block, shared, left, right);
        for (int n = 0; n < TILE_QUADS; n++) {
            h[n] += left[n] * right[n];
        }
    }
}

/** From the collected messages to h, what goes through the last function of the local part. */
KERNEL void projectMessages(int numAtoms, GLOBAL const real* RESTRICT weights,
                            GLOBAL real* RESTRICT stored) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 h[TILE_QUADS];
        loadTile(numAtoms, SLOT(stored, S_SLOT), block, h);
        addProducts(numAtoms, SLOT(stored, P_SLOT), 3, weights + P_WEIGHTS, block, shared, h);
        addProducts(numAtoms, SLOT(stored, D_SLOT), NUM_D, weights + D_WEIGHTS, block, shared, h);
        storeTile(numAtoms, h, SLOT(stored, H_SLOT), block);
    }
}

/** Gradients by the components of the collected messages from that by h. */
KERNEL void transposeProjections(int numAtoms, GLOBAL const real* RESTRICT weights,
                                 GLOBAL const real* RESTRICT stored,
                                 GLOBAL real* RESTRICT gradients) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int item = GROUP_ID; item < (3 + NUM_D) * NUM_BLOCKS; item += NUM_GROUPS) {
        int component = item / NUM_BLOCKS, block = item % NUM_BLOCKS;
        GLOBAL const real* projection = weights + (component < 3 ? P_WEIGHTS : D_WEIGHTS);
        real4 left[TILE_QUADS], right[TILE_QUADS], ofH[TILE_QUADS];
        projectComponent(numAtoms, SLOT(stored, P_SLOT + component), projection, block, shared,
                         left, right);
        loadTile(numAtoms, SLOT(gradients, OF_H), block, ofH);
        for (int n = 0; n < TILE_QUADS; n++) {
            left[n] *= ofH[n];
            right[n] *= ofH[n];
        }
        clearTile(ofH);
        shareTile(right, shared);
        multiplyTile(shared, projection + 2 * MATRIX_SIZE, ofH);
        shareTile(left, shared);
        multiplyTile(shared, projection + 3 * MATRIX_SIZE, ofH);
        storeTile(numAtoms, ofH, SLOT(gradients, OF_P + component), block);
    }
}

/** Sum = x + local interactions + attention. */
KERNEL void addInteractions(int numAtoms, GLOBAL const real* RESTRICT weights,
                            GLOBAL const real* RESTRICT keySums, GLOBAL real* RESTRICT stored,
                            GLOBAL real* RESTRICT inverseNorm) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 sum[TILE_QUADS], query[TILE_QUADS], result[TILE_QUADS];
        real norm[TILE_ATOMS];
        loadTile(numAtoms, SLOT(stored, H_SLOT), block, sum);
        applyMlp(numAtoms, sum, weights + LOCAL_WEIGHTS, LOCAL_DEPTH, SLOT(stored, LOCAL_SLOT),
                 block, shared);
        addStored(numAtoms, SLOT(stored, X_SLOT), block, sum);
        loadTile(numAtoms, SLOT(stored, QUERY_FEATURES_SLOT), block, query);
        shareTile(query, shared);
        clearTile(result);
        multiplyTile(shared, keySums, result);
        for (int n = 0; n < TILE_QUADS; n++) {
            query[n] *= quadOf(keySums + 2 * MATRIX_SIZE, n);
        }
        shareTile(query, shared);
        sumRows(shared, norm);
        for (int n = 0; n < TILE_ATOMS; n++) {
            norm[n] = 1 / (norm[n] + (real) EPSILON_NORM);
        }
        for (int n = 0; n < TILE_QUADS; n++) {
            result[n] *= norm[ATOM_OF_QUAD(n)];
            sum[n] += result[n];
        }
        storeColumn(numAtoms, norm, inverseNorm, block);
        storeTile(numAtoms, result, SLOT(stored, ATTENTION_SLOT), block);
        storeTile(numAtoms, sum, SLOT(stored, SUM_SLOT), block);
    }
}

/** From the sum to the module's result y, and to its output, which is added up over modules. */
KERNEL void applyOutput(int numAtoms, GLOBAL const real* RESTRICT weights,
                        GLOBAL real* RESTRICT stored, GLOBAL real* RESTRICT output, int isFirst) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 x[TILE_QUADS];
        loadTile(numAtoms, SLOT(stored, SUM_SLOT), block, x);
        applyStack(numAtoms, x, weights + POST_WEIGHTS, POST_DEPTH, SLOT(stored, POST_SLOT), block,
                   shared);
        storeTile(numAtoms, x, SLOT(stored, Y_SLOT), block);
        applyMlp(numAtoms, x, weights + OUTPUT_WEIGHTS, OUTPUT_DEPTH, SLOT(stored, OUTPUT_SLOT),
                 block, shared);
        if (!isFirst) {
            addStored(numAtoms, output, block, x);
        }
        storeTile(numAtoms, x, output, block);
    }
}

/** The gradient by y of a module through the next one's x: weights and nextStored are its. */
KERNEL void transposePre(int numAtoms, GLOBAL const real* RESTRICT weights,
                         GLOBAL const real* RESTRICT stored, GLOBAL const real* RESTRICT nextStored,
                         GLOBAL real* RESTRICT gradients) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 gradient[TILE_QUADS];
        loadTile(numAtoms, SLOT(gradients, OF_SUM), block, gradient);
        for (int which = 0; which < NUM_MLPS; which++) {
            addStored(numAtoms, SLOT(gradients, OF_X_BY_MLPS + which), block, gradient);
        }
        transposeStack(numAtoms, gradient, weights + PRE_WEIGHTS, PRE_DEPTH, SLOT(stored, Y_SLOT),
                       SLOT(nextStored, PRE_SLOT), block, shared);
        storeTile(numAtoms, gradient, SLOT(gradients, OF_SUM), block);
    }
}

/** From the module's output, and unless it is the last its y, to the sum. */
KERNEL void transposeOutput(int numAtoms, GLOBAL const real* RESTRICT weights,
                            GLOBAL const real* RESTRICT stored,
                            GLOBAL const mixed* RESTRICT outputWeights,
                            GLOBAL const mixed* RESTRICT chargeGradient,
                            GLOBAL real* RESTRICT gradients, int isLast) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 gradient[TILE_QUADS];
        for (int n = 0; n < TILE_QUADS; n++) {
            int atom = TILE_ATOM(block, ATOM_OF_QUAD(n));
            mixed ofCharge = chargeGradient[atom < numAtoms ? atom : numAtoms - 1];
            GLOBAL const mixed* w = outputWeights + 4 * FEATURES_OF_QUAD(n);
            gradient[n] = make_real4((real) (w[0] + ofCharge * w[PADDED_FEATURES]),
                                     (real) (w[1] + ofCharge * w[PADDED_FEATURES + 1]),
                                     (real) (w[2] + ofCharge * w[PADDED_FEATURES + 2]),
                                     (real) (w[3] + ofCharge * w[PADDED_FEATURES + 3]));
        }
        transposeMlp(numAtoms, gradient, weights + OUTPUT_WEIGHTS, OUTPUT_DEPTH,
                     SLOT(stored, Y_SLOT), SLOT(stored, OUTPUT_SLOT), block, shared);
        if (!isLast) {
            addStored(numAtoms, SLOT(gradients, OF_SUM), block, gradient);
        }
        transposeStack(numAtoms, gradient, weights + POST_WEIGHTS, POST_DEPTH,
                       SLOT(stored, SUM_SLOT), SLOT(stored, POST_SLOT), block, shared);
        storeTile(numAtoms, gradient, SLOT(gradients, OF_SUM), block);
    }
}

/**
 * From the sum to h, and to tau, with which query features count in the gradient by the sum of key
 * features.
 */
KERNEL void transposeInteractions(int numAtoms, GLOBAL const real* RESTRICT weights,
                                  GLOBAL const real* RESTRICT stored,
                                  GLOBAL const real* RESTRICT inverseNorm,
                                  GLOBAL real* RESTRICT tau, GLOBAL real* RESTRICT gradients) {
    LOCAL real4 shared[SHARED_QUADS];
    for (int block = GROUP_ID; block < NUM_BLOCKS; block += NUM_GROUPS) {
        real4 gradient[TILE_QUADS], product[TILE_QUADS];
        real norm[TILE_ATOMS], sums[TILE_ATOMS];
        loadTile(numAtoms, SLOT(gradients, OF_SUM), block, gradient);
        loadTile(numAtoms, SLOT(stored, ATTENTION_SLOT), block, product);
        for (int n = 0; n < TILE_QUADS; n++) {
            product[n] *= gradient[n];
        }
        shareTile(product, shared);
        sumRows(shared, sums);
        loadColumn(numAtoms, inverseNorm, block, norm);
        for (int n = 0; n < TILE_ATOMS; n++) {
            sums[n] *= -norm[n];
        }
        storeColumn(numAtoms, sums, tau, block);
        transposeMlp(numAtoms, gradient, weights + LOCAL_WEIGHTS, LOCAL_DEPTH, SLOT(stored, H_SLOT),
                     SLOT(stored, LOCAL_SLOT), block, shared);
        storeTile(numAtoms, gradient, SLOT(gradients, OF_H), block);
    }
}

/**
 * Energy in eV of each atom, relative to the free atom so that single precision has digits for the
 * difference; and its charge, before charges are corrected for their sum.
 */
KERNEL void readOut(int numAtoms, GLOBAL const real* RESTRICT output,
                    GLOBAL const mixed* RESTRICT outputWeights,
                    GLOBAL const mixed* RESTRICT chargeBias, GLOBAL mixed* RESTRICT energies,
                    GLOBAL mixed* RESTRICT charges) {
    for (int atom = GLOBAL_ID; atom < numAtoms; atom += GLOBAL_SIZE) {
        mixed energy = 0, charge = chargeBias[atom];
        for (int f = 0; f < NUM_FEATURES; f++) {
            real value = output[atom * PADDED_FEATURES + f];
            energy += outputWeights[f] * value;
            charge += outputWeights[PADDED_FEATURES + f] * value;
        }
        energies[NETWORK_ENERGY * numAtoms + atom] = energy;
        charges[atom] = charge;
    }
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Layers of the network. Matrices of features are [atom][PADDED_FEATURES]; columns that only fill
// up are zero. They pass through the layers in blocks of BLOCK_ATOMS atoms, one block to a thread
// group. A thread has a tile of a block in its registers, TILE_QUADS times four features of an
// atom: products.cc and tensorProducts.cc tell which.
//
// The number of atoms is an argument, so that one program is for all systems: functions hand it on
// as numAtoms, by which name macros know it.
//
// A layer is an activation function followed by a linear map. Its weights lie one after another:
// alpha, beta and bias [PADDED_FEATURES], the matrix [input][output], and its transpose.

#define FEATURE_QUADS (PADDED_FEATURES / 4)
#define NUM_BLOCKS ((numAtoms + BLOCK_ATOMS - 1) / BLOCK_ATOMS)

#define MATRIX_SIZE (PADDED_FEATURES * PADDED_FEATURES)
#define BETA PADDED_FEATURES
#define BIAS (2 * PADDED_FEATURES)
#define FORWARD (3 * PADDED_FEATURES)
#define BACKWARD (FORWARD + MATRIX_SIZE)
#define LAYER_SIZE (FORWARD + 2 * MATRIX_SIZE)

/** Matrices of all atoms follow each other in an array: this is the one with a number. */
#define SLOT(array, number) ((array) + (mm_long) (number) * numAtoms * PADDED_FEATURES)

DEVICE real4 repeat(real x) {
    return make_real4(x, x, x, x);
}

/** Beyond the last atom there are zeros. */
DEVICE void loadTile(int numAtoms, GLOBAL const real* RESTRICT matrix, int block, real4* tile) {
    GLOBAL const real4* rows = (GLOBAL const real4*) matrix;
    for (int n = 0; n < TILE_QUADS; n++) {
        int atom = TILE_ATOM(block, ATOM_OF_QUAD(n));
        tile[n] = atom < numAtoms ? rows[atom * FEATURE_QUADS + FEATURES_OF_QUAD(n)] : repeat(0);
    }
}

DEVICE void storeTile(int numAtoms, const real4* tile, GLOBAL real* RESTRICT matrix, int block) {
    GLOBAL real4* rows = (GLOBAL real4*) matrix;
    for (int n = 0; n < TILE_QUADS; n++) {
        int atom = TILE_ATOM(block, ATOM_OF_QUAD(n));
        if (atom < numAtoms) {
            rows[atom * FEATURE_QUADS + FEATURES_OF_QUAD(n)] = tile[n];
        }
    }
}

DEVICE void addStored(int numAtoms, GLOBAL const real* RESTRICT matrix, int block, real4* tile) {
    real4 other[TILE_QUADS];
    loadTile(numAtoms, matrix, block, other);
    for (int n = 0; n < TILE_QUADS; n++) {
        tile[n] += other[n];
    }
}

DEVICE void clearTile(real4* tile) {
    for (int n = 0; n < TILE_QUADS; n++) {
        tile[n] = repeat(0);
    }
}

/** The four numbers of a vector over features that go with the n-th quad of the tile. */
DEVICE real4 quadOf(GLOBAL const real* RESTRICT vector, int n) {
    return ((GLOBAL const real4*) vector)[FEATURES_OF_QUAD(n)];
}

/** Numbers of the atoms of the thread's tile, one each. */
DEVICE void loadColumn(int numAtoms, GLOBAL const real* RESTRICT numbers, int block, real* column) {
    for (int n = 0; n < TILE_ATOMS; n++) {
        int atom = TILE_ATOM(block, n);
        column[n] = atom < numAtoms ? numbers[atom] : 0;
    }
}

DEVICE void storeColumn(int numAtoms, const real* column, GLOBAL real* RESTRICT numbers,
                        int block) {
    for (int n = 0; n < TILE_ATOMS; n++) {
        int atom = TILE_ATOM(block, n);
        if (IS_FIRST_OF_ATOM && atom < numAtoms) {
            numbers[atom] = column[n];
        }
    }
}

#ifdef SWISH
DEVICE real activate(real x, real alpha, real beta) {
    return alpha * x / (1 + EXP(-beta * x));
}

DEVICE real activationSlope(real x, real alpha, real beta) {
    real z = beta * x, sigmoid = 1 / (1 + EXP(-z));
    return alpha * sigmoid * (1 + z * (1 - sigmoid));
}
#else
/** The shifted softplus function. */
DEVICE real activate(real x, real alpha, real beta) {
    real z = beta * x;
    real softplus = (z > 0 ? z : 0) + LOG(1 + EXP(z > 0 ? -z : z));
    return beta == 0 ? alpha * x / 2 : alpha * (softplus - (real) LN2) / beta;
}

DEVICE real activationSlope(real x, real alpha, real beta) {
    return alpha / (1 + EXP(-beta * x));
}
#endif

/** y += L f(x). */
DEVICE void applyLayer(const real4* x, GLOBAL const real* RESTRICT layer,
                       LOCAL_ARG real4* shared, real4* y) {
    real4 activated[TILE_QUADS];
    for (int n = 0; n < TILE_QUADS; n++) {
        real4 alpha = quadOf(layer, n), beta = quadOf(layer + BETA, n);
        activated[n] = make_real4(
            activate(x[n].x, alpha.x, beta.x), activate(x[n].y, alpha.y, beta.y),
            activate(x[n].z, alpha.z, beta.z), activate(x[n].w, alpha.w, beta.w));
        y[n] += quadOf(layer + BIAS, n);
    }
    shareTile(activated, shared);
    multiplyTile(shared, layer + FORWARD, y);
}

/** result = the gradient with respect to x, which is stored, from that with respect to y. */
DEVICE void transposeLayer(int numAtoms, const real4* gradient, GLOBAL const real* RESTRICT layer,
                           GLOBAL const real* RESTRICT stored, int block, LOCAL_ARG real4* shared,
                           real4* result) {
    shareTile(gradient, shared);
    clearTile(result);
    multiplyTile(shared, layer + BACKWARD, result);
    real4 x[TILE_QUADS];
    loadTile(numAtoms, stored, block, x);
    for (int n = 0; n < TILE_QUADS; n++) {
        real4 alpha = quadOf(layer, n), beta = quadOf(layer + BETA, n);
        result[n] *= make_real4(
            activationSlope(x[n].x, alpha.x, beta.x), activationSlope(x[n].y, alpha.y, beta.y),
            activationSlope(x[n].z, alpha.z, beta.z), activationSlope(x[n].w, alpha.w, beta.w));
    }
}

/**
 * Residual blocks, x -> x + L2 f2 L1 f1 x, depth of them. The inputs of all activations but the
 * first are stored, 2 depth - 1 matrices.
 */
DEVICE void applyStack(int numAtoms, real4* x, GLOBAL const real* RESTRICT weights, int depth,
                       GLOBAL real* RESTRICT stored, int block, LOCAL_ARG real4* shared) {
    for (int n = 0; n < depth; n++) {
        GLOBAL const real* layer = weights + 2 * n * LAYER_SIZE;
        real4 inner[TILE_QUADS];
        if (n > 0) {
            storeTile(numAtoms, x, SLOT(stored, 2 * n - 1), block);
        }
        clearTile(inner);
        applyLayer(x, layer, shared, inner);
        storeTile(numAtoms, inner, SLOT(stored, 2 * n), block);
        applyLayer(inner, layer + LAYER_SIZE, shared, x);
    }
}

/** The gradient with respect to the result becomes that with respect to the input. */
DEVICE void transposeStack(int numAtoms, real4* gradient, GLOBAL const real* RESTRICT weights,
                           int depth, GLOBAL const real* RESTRICT input,
                           GLOBAL const real* RESTRICT stored, int block, LOCAL_ARG real4* shared) {
    for (int n = depth - 1; n >= 0; n--) {
        GLOBAL const real* layer = weights + 2 * n * LAYER_SIZE;
        real4 inner[TILE_QUADS], outer[TILE_QUADS];
        transposeLayer(numAtoms, gradient, layer + LAYER_SIZE, SLOT(stored, 2 * n), block, shared,
                       inner);
        transposeLayer(numAtoms, inner, layer, n > 0 ? SLOT(stored, 2 * n - 1) : input, block,
                       shared, outer);
        for (int k = 0; k < TILE_QUADS; k++) {
            gradient[k] += outer[k];
        }
    }
}

#define STACK_SLOTS(depth) ((depth) > 0 ? 2 * (depth) - 1 : 0)

/** A stack and one more layer; the input of that layer is stored after those of the stack. */
DEVICE void applyMlp(int numAtoms, real4* x, GLOBAL const real* RESTRICT weights, int depth,
                     GLOBAL real* RESTRICT stored, int block, LOCAL_ARG real4* shared) {
    applyStack(numAtoms, x, weights, depth, stored, block, shared);
    storeTile(numAtoms, x, SLOT(stored, STACK_SLOTS(depth)), block);
    real4 y[TILE_QUADS];
    clearTile(y);
    applyLayer(x, weights + 2 * depth * LAYER_SIZE, shared, y);
    for (int n = 0; n < TILE_QUADS; n++) {
        x[n] = y[n];
    }
}

DEVICE void transposeMlp(int numAtoms, real4* gradient, GLOBAL const real* RESTRICT weights,
                         int depth, GLOBAL const real* RESTRICT input,
                         GLOBAL const real* RESTRICT stored, int block, LOCAL_ARG real4* shared) {
    real4 inner[TILE_QUADS];
    transposeLayer(numAtoms, gradient, weights + 2 * depth * LAYER_SIZE,
                   SLOT(stored, STACK_SLOTS(depth)), block, shared, inner);
    for (int n = 0; n < TILE_QUADS; n++) {
        gradient[n] = inner[n];
    }
    transposeStack(numAtoms, gradient, weights, depth, input, stored, block, shared);
}

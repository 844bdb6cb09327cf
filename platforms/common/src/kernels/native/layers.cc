// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Layers of the network. Matrices of features are [atom][PADDED_FEATURES]; columns that only fill
// up are zero. They pass through the layers in blocks of BLOCK_ATOMS atoms, one block to a thread
// group. A thread has a tile of a block in its registers, TILE_ATOMS atoms x 4 features; what is
// multiplied by weights lies in local memory, [feature][atom of the block].
//
// A layer is an activation function followed by a linear map. Its weights lie one after another:
// alpha, beta and bias [PADDED_FEATURES], the matrix [input][output], and its transpose.

#define TILE_ATOMS 8
#define FEATURE_TILES (PADDED_FEATURES / 4)
#define DENSE_THREADS (ATOM_TILES * FEATURE_TILES)
#define BLOCK_ATOMS (ATOM_TILES * TILE_ATOMS)
#define NUM_BLOCKS ((NUM_ATOMS + BLOCK_ATOMS - 1) / BLOCK_ATOMS)
#define QUADS (BLOCK_ATOMS / 4)
#define ATOM_TILE ((int) LOCAL_ID % ATOM_TILES)
#define FEATURE_TILE ((int) LOCAL_ID / ATOM_TILES)

#define MATRIX_SIZE (PADDED_FEATURES * PADDED_FEATURES)
#define BETA PADDED_FEATURES
#define BIAS (2 * PADDED_FEATURES)
#define FORWARD (3 * PADDED_FEATURES)
#define BACKWARD (FORWARD + MATRIX_SIZE)
#define LAYER_SIZE (FORWARD + 2 * MATRIX_SIZE)

/** Matrices of all atoms follow each other in an array: this is the one with a number. */
#define SLOT(array, number) ((array) + (mm_long) (number) * NUM_ATOMS * PADDED_FEATURES)

DEVICE real4 repeat(real x) {
    return make_real4(x, x, x, x);
}

/** Beyond the last atom there are zeros. */
DEVICE void loadTile(GLOBAL const real* RESTRICT matrix, int block, real4* tile) {
    GLOBAL const real4* rows = (GLOBAL const real4*) matrix;
    for (int n = 0; n < TILE_ATOMS; n++) {
        int atom = block * BLOCK_ATOMS + ATOM_TILE * TILE_ATOMS + n;
        tile[n] = atom < NUM_ATOMS ? rows[atom * FEATURE_TILES + FEATURE_TILE] : repeat(0);
    }
}

DEVICE void storeTile(const real4* tile, GLOBAL real* RESTRICT matrix, int block) {
    GLOBAL real4* rows = (GLOBAL real4*) matrix;
    for (int n = 0; n < TILE_ATOMS; n++) {
        int atom = block * BLOCK_ATOMS + ATOM_TILE * TILE_ATOMS + n;
        if (atom < NUM_ATOMS) {
            rows[atom * FEATURE_TILES + FEATURE_TILE] = tile[n];
        }
    }
}

DEVICE void addStored(GLOBAL const real* RESTRICT matrix, int block, real4* tile) {
    real4 other[TILE_ATOMS];
    loadTile(matrix, block, other);
    for (int n = 0; n < TILE_ATOMS; n++) {
        tile[n] += other[n];
    }
}

DEVICE void clearTile(real4* tile) {
    for (int n = 0; n < TILE_ATOMS; n++) {
        tile[n] = repeat(0);
    }
}

/** Puts a tile into local memory; all of the block is there when this returns. */
DEVICE void shareTile(const real4* tile, LOCAL_ARG real4* shared) {
    LOCAL_ARG real4* to = shared + 4 * FEATURE_TILE * QUADS + 2 * ATOM_TILE;
    SYNC_THREADS;
    for (int part = 0; part < 2; part++) {
        real4 a = tile[4 * part], b = tile[4 * part + 1], c = tile[4 * part + 2],
              d = tile[4 * part + 3];
        to[part] = make_real4(a.x, b.x, c.x, d.x);
        to[part + QUADS] = make_real4(a.y, b.y, c.y, d.y);
        to[part + 2 * QUADS] = make_real4(a.z, b.z, c.z, d.z);
        to[part + 3 * QUADS] = make_real4(a.w, b.w, c.w, d.w);
    }
    SYNC_THREADS;
}

/** tile += shared times a matrix [input][output]. */
DEVICE void multiplyShared(LOCAL_ARG const real4* shared, GLOBAL const real* RESTRICT matrix,
                           real4* tile) {
    GLOBAL const real4* column = (GLOBAL const real4*) matrix + FEATURE_TILE;
    LOCAL_ARG const real4* row = shared + 2 * ATOM_TILE;
    for (int k = 0; k < NUM_FEATURES; k++) {
        real4 w = column[k * FEATURE_TILES];
        real4 low = row[k * QUADS], high = row[k * QUADS + 1];
        tile[0] += low.x * w;
        tile[1] += low.y * w;
        tile[2] += low.z * w;
        tile[3] += low.w * w;
        tile[4] += high.x * w;
        tile[5] += high.y * w;
        tile[6] += high.z * w;
        tile[7] += high.w * w;
    }
}

/** For each atom of the thread's tile the sum over features of shared times a vector. */
DEVICE void dotShared(LOCAL_ARG const real4* shared, GLOBAL const real* RESTRICT vector,
                      real* sums) {
    LOCAL_ARG const real* row = (LOCAL_ARG const real*) shared + ATOM_TILE * TILE_ATOMS;
    for (int n = 0; n < TILE_ATOMS; n++) {
        sums[n] = 0;
    }
    for (int k = 0; k < NUM_FEATURES; k++) {
        for (int n = 0; n < TILE_ATOMS; n++) {
            sums[n] += row[k * BLOCK_ATOMS + n] * vector[k];
        }
    }
}

/** The same with a vector of ones. */
DEVICE void sumShared(LOCAL_ARG const real4* shared, real* sums) {
    LOCAL_ARG const real* row = (LOCAL_ARG const real*) shared + ATOM_TILE * TILE_ATOMS;
    for (int n = 0; n < TILE_ATOMS; n++) {
        sums[n] = 0;
    }
    for (int k = 0; k < NUM_FEATURES; k++) {
        for (int n = 0; n < TILE_ATOMS; n++) {
            sums[n] += row[k * BLOCK_ATOMS + n];
        }
    }
}

/** Numbers of the atoms of the thread's tile, one each. */
DEVICE void loadColumn(GLOBAL const real* RESTRICT numbers, int block, real* column) {
    for (int n = 0; n < TILE_ATOMS; n++) {
        int atom = block * BLOCK_ATOMS + ATOM_TILE * TILE_ATOMS + n;
        column[n] = atom < NUM_ATOMS ? numbers[atom] : 0;
    }
}

DEVICE void storeColumn(const real* column, GLOBAL real* RESTRICT numbers, int block) {
    for (int n = 0; n < TILE_ATOMS; n++) {
        int atom = block * BLOCK_ATOMS + ATOM_TILE * TILE_ATOMS + n;
        if (FEATURE_TILE == 0 && atom < NUM_ATOMS) {
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
    real4 alpha = ((GLOBAL const real4*) layer)[FEATURE_TILE];
    real4 beta = ((GLOBAL const real4*) (layer + BETA))[FEATURE_TILE];
    real4 bias = ((GLOBAL const real4*) (layer + BIAS))[FEATURE_TILE];
    real4 activated[TILE_ATOMS];
    for (int n = 0; n < TILE_ATOMS; n++) {
        activated[n] = make_real4(
            activate(x[n].x, alpha.x, beta.x), activate(x[n].y, alpha.y, beta.y),
            activate(x[n].z, alpha.z, beta.z), activate(x[n].w, alpha.w, beta.w));
        y[n] += bias;
    }
    shareTile(activated, shared);
    multiplyShared(shared, layer + FORWARD, y);
}

/** result = the gradient with respect to x, which is stored, from that with respect to y. */
DEVICE void transposeLayer(const real4* gradient, GLOBAL const real* RESTRICT layer,
                           GLOBAL const real* RESTRICT stored, int block,
                           LOCAL_ARG real4* shared, real4* result) {
    real4 alpha = ((GLOBAL const real4*) layer)[FEATURE_TILE];
    real4 beta = ((GLOBAL const real4*) (layer + BETA))[FEATURE_TILE];
    shareTile(gradient, shared);
    clearTile(result);
    multiplyShared(shared, layer + BACKWARD, result);
    real4 x[TILE_ATOMS];
    loadTile(stored, block, x);
    for (int n = 0; n < TILE_ATOMS; n++) {
        result[n] *= make_real4(
            activationSlope(x[n].x, alpha.x, beta.x), activationSlope(x[n].y, alpha.y, beta.y),
            activationSlope(x[n].z, alpha.z, beta.z), activationSlope(x[n].w, alpha.w, beta.w));
    }
}

/**
 * Residual blocks, x -> x + L2 f2 L1 f1 x, depth of them. The inputs of all activations but the
 * first are stored, 2 depth - 1 matrices.
 */
DEVICE void applyStack(real4* x, GLOBAL const real* RESTRICT weights, int depth,
                       GLOBAL real* RESTRICT stored, int block, LOCAL_ARG real4* shared) {
    for (int n = 0; n < depth; n++) {
        GLOBAL const real* layer = weights + 2 * n * LAYER_SIZE;
        real4 inner[TILE_ATOMS];
        if (n > 0) {
            storeTile(x, SLOT(stored, 2 * n - 1), block);
        }
        clearTile(inner);
        applyLayer(x, layer, shared, inner);
        storeTile(inner, SLOT(stored, 2 * n), block);
        applyLayer(inner, layer + LAYER_SIZE, shared, x);
    }
}

/** The gradient with respect to the result becomes that with respect to the input. */
DEVICE void transposeStack(real4* gradient, GLOBAL const real* RESTRICT weights, int depth,
                           GLOBAL const real* RESTRICT input, GLOBAL const real* RESTRICT stored,
                           int block, LOCAL_ARG real4* shared) {
    for (int n = depth - 1; n >= 0; n--) {
        GLOBAL const real* layer = weights + 2 * n * LAYER_SIZE;
        real4 inner[TILE_ATOMS], outer[TILE_ATOMS];
        transposeLayer(gradient, layer + LAYER_SIZE, SLOT(stored, 2 * n), block, shared, inner);
        transposeLayer(inner, layer, n > 0 ? SLOT(stored, 2 * n - 1) : input, block, shared, outer);
        for (int k = 0; k < TILE_ATOMS; k++) {
            gradient[k] += outer[k];
        }
    }
}

#define STACK_SLOTS(depth) ((depth) > 0 ? 2 * (depth) - 1 : 0)

/** A stack and one more layer; the input of that layer is stored after those of the stack. */
DEVICE void applyMlp(real4* x, GLOBAL const real* RESTRICT weights, int depth,
                     GLOBAL real* RESTRICT stored, int block, LOCAL_ARG real4* shared) {
    applyStack(x, weights, depth, stored, block, shared);
    storeTile(x, SLOT(stored, STACK_SLOTS(depth)), block);
    real4 y[TILE_ATOMS];
    clearTile(y);
    applyLayer(x, weights + 2 * depth * LAYER_SIZE, shared, y);
    for (int n = 0; n < TILE_ATOMS; n++) {
        x[n] = y[n];
    }
}

DEVICE void transposeMlp(real4* gradient, GLOBAL const real* RESTRICT weights, int depth,
                         GLOBAL const real* RESTRICT input, GLOBAL const real* RESTRICT stored,
                         int block, LOCAL_ARG real4* shared) {
    real4 inner[TILE_ATOMS];
    transposeLayer(gradient, weights + 2 * depth * LAYER_SIZE, SLOT(stored, STACK_SLOTS(depth)),
                   block, shared, inner);
    for (int n = 0; n < TILE_ATOMS; n++) {
        gradient[n] = inner[n];
    }
    transposeStack(gradient, weights, depth, input, stored, block, shared);
}

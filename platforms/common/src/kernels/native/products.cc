// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Tiles of blocks of atoms, and their products with matrices: on any device. A thread has
// TILE_ATOMS atoms x 4 features; what is multiplied lies in local memory, [feature][atom of the
// block]. See tensorProducts.cc, which has the same functions for other tiles.

#define TILE_ATOMS 8
#define TILE_QUADS TILE_ATOMS
#define FEATURE_TILES (PADDED_FEATURES / 4)
#define ATOM_TILES (BLOCK_ATOMS / TILE_ATOMS)
#define ATOM_TILE ((int) LOCAL_ID % ATOM_TILES)
#define FEATURE_TILE ((int) LOCAL_ID / ATOM_TILES)

/** The number of the n-th atom of the thread's tile. */
#define TILE_ATOM(block, n) ((block) * BLOCK_ATOMS + ATOM_TILE * TILE_ATOMS + (n))
/** Which atom of the tile, and which four features, the n-th quad of the tile holds. */
#define ATOM_OF_QUAD(n) (n)
#define FEATURES_OF_QUAD(n) FEATURE_TILE
/** One of the threads that share an atom. */
#define IS_FIRST_OF_ATOM (FEATURE_TILE == 0)
/** Where a matrix keeps a number. */
#define MATRIX_PLACE(row, column) ((row) * PADDED_FEATURES + (column))

#define QUADS (BLOCK_ATOMS / 4)
#define SHARED_QUADS (PADDED_FEATURES * QUADS)

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

/** y += the shared tile times a matrix. */
DEVICE void multiplyTile(LOCAL_ARG real4* shared, GLOBAL const real* RESTRICT matrix,
                         real4* y) {
    GLOBAL const real4* column = (GLOBAL const real4*) matrix + FEATURE_TILE;
    LOCAL_ARG const real4* row = shared + 2 * ATOM_TILE;
    for (int k = 0; k < NUM_FEATURES; k++) {
        real4 w = column[k * FEATURE_TILES];
        real4 low = row[k * QUADS], high = row[k * QUADS + 1];
        y[0] += low.x * w;
        y[1] += low.y * w;
        y[2] += low.z * w;
        y[3] += low.w * w;
        y[4] += high.x * w;
        y[5] += high.y * w;
        y[6] += high.z * w;
        y[7] += high.w * w;
    }
}

/** For each atom of the tile the sum over features of what is shared. */
DEVICE void sumRows(LOCAL_ARG real4* shared, real* sums) {
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

/** For each atom of the tile the largest of the shared features, and its column. */
DEVICE void largestOfRows(LOCAL_ARG real4* shared, real* maximum, int* columns) {
    LOCAL_ARG const real* row = (LOCAL_ARG const real*) shared + ATOM_TILE * TILE_ATOMS;
    for (int n = 0; n < TILE_ATOMS; n++) {
        maximum[n] = row[n];
        columns[n] = 0;
    }
    for (int k = 1; k < NUM_FEATURES; k++) {
        for (int n = 0; n < TILE_ATOMS; n++) {
            real value = row[k * BLOCK_ATOMS + n];
            columns[n] = value > maximum[n] ? k : columns[n];
            maximum[n] = value > maximum[n] ? value : maximum[n];
        }
    }
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

// Tiles of blocks of atoms, and their products with matrices: by tensor cores. A warp of 32 threads
// has 16 atoms with all their features. Threads hold them as the instruction wants the left factor
// of a product, and as it leaves the result: each four features of two atoms, ROW and ROW + 8, of
// every SIXTEEN features. So the result of a layer is what the next one starts from, and threads
// need nothing of each other. (Which of 16 columns the instruction counts as first is free, as
// long as rows of the right factor follow; see MATRIX_PLACE.)
//
// The instruction multiplies numbers of 11 binary digits and adds in single precision. A number is
// the sum of two such, but for one part in 2^23; of the four products the smallest is left out.
// Source: Ootomo and Yokota, Int. J. High Perform. Comput. Appl. 36, 475 (2022).
//
// Where there are no tensor cores (those of compute capability 7.5 and before know no TF32) the same
// is computed through local memory, for tests.

#define TILE_ATOMS 2
#define SIXTEENS (PADDED_FEATURES / 16)
#define TILE_QUADS (2 * SIXTEENS)
#define WARP ((int) LOCAL_ID / 32)
#define LANE_OF_WARP ((int) LOCAL_ID % 32)
#define ROW (LANE_OF_WARP / 4)
#define COLUMN (LANE_OF_WARP % 4)

/** The number of the n-th atom of the thread's tile. */
#define TILE_ATOM(block, n) ((block) * BLOCK_ATOMS + 16 * WARP + ROW + 8 * (n))
/** Which atom of the tile, and which four features, the n-th quad of the tile holds. */
#define ATOM_OF_QUAD(n) ((n) % 2)
#define FEATURES_OF_QUAD(n) (4 * ((n) / 2) + COLUMN)
/** One of the threads that share an atom. */
#define IS_FIRST_OF_ATOM (COLUMN == 0)
/**
 * Where a matrix keeps a number: in the order in which threads read it. Of 16 x 16 numbers a thread
 * needs four rows of two columns: those which the instruction takes for a quarter of its eight
 * rows, and for the column ROW of each of two products.
 */
#define MATRIX_PLACE(row, column)                                                                  \
    ((((row) / 16 * SIXTEENS + (column) / 16) * 2 + (column) % 4 / 2) * 128 +                      \
     ((column) % 16 / 4 * 2 + (column) % 2) * 16 + (row) % 16)

/** Room for what threads of a group show each other: six numbers each. */
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800 && !defined(USE_DOUBLE_PRECISION)
#define HAS_TENSOR_CORES
#define QUADS_TO_SHOW(threads) 1
#define UNROLL _Pragma("unroll")
#define ROLLED _Pragma("unroll 1")
#else
#define QUADS_TO_SHOW(threads) (2 * (threads))
#define UNROLL
#define ROLLED
#endif
#define SHARED_QUADS (TILE_QUADS * DENSE_THREADS + QUADS_TO_SHOW(DENSE_THREADS))

/** A thread's numbers of a factor, and what is left of them after rounding to 11 digits. */
typedef struct {
    real high[8], low[8];
} SplitNumbers;

#ifdef USE_DOUBLE_PRECISION
DEVICE real roundToElevenDigits(real x) {
    return x; // to compare with other evaluators
}
#elif defined(__CUDA_ARCH__)
DEVICE real roundToElevenDigits(real x) {
    return __uint_as_float(roundBitsToElevenDigits(__float_as_uint(x)));
}
#else
DEVICE real roundToElevenDigits(real x) {
    return as_float(roundBitsToElevenDigits(as_uint(x)));
}
#endif

DEVICE real restOfRounding(real x, real rounded) {
    return roundToElevenDigits(x - rounded);
}

#ifdef HAS_TENSOR_CORES
/** result [16][8] += left [16][8] right [8][8]; operands are spread over a warp as PTX says. */
DEVICE void multiplyInWarp(const real* left, real right0, real right1, LOCAL_ARG real* shared,
                           real* result) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(result[0]), "+f"(result[1]), "+f"(result[2]), "+f"(result[3])
                 : "r"(__float_as_uint(left[0])), "r"(__float_as_uint(left[1])),
                   "r"(__float_as_uint(left[2])), "r"(__float_as_uint(left[3])),
                   "r"(__float_as_uint(right0)), "r"(__float_as_uint(right1)));
}

/** The value of the thread of the warp whose number differs in one binary digit. */
DEVICE real exchange(real value, int digit, LOCAL_ARG real* shared) {
    return __shfl_xor_sync(0xffffffff, value, digit);
}
#else
DEVICE void multiplyInWarp(const real* left, real right0, real right1, LOCAL_ARG real* shared,
                           real* result) {
    LOCAL_ARG real* own = shared + 6 * LOCAL_ID;
    LOCAL_ARG const real* warp = shared + 6 * 32 * WARP;
    SYNC_THREADS;
    for (int k = 0; k < 4; k++) {
        own[k] = left[k];
    }
    own[4] = right0;
    own[5] = right1;
    SYNC_THREADS;
    for (int n = 0; n < 4; n++) {
        int column = 2 * COLUMN + n % 2;
        for (int k = 0; k < 8; k++) {
            result[n] += warp[6 * (4 * ROW + k % 4) + n / 2 + k / 4 * 2] *
                         warp[6 * (4 * column + k % 4) + 4 + k / 4];
        }
    }
}

DEVICE real exchange(real value, int digit, LOCAL_ARG real* shared) {
    SYNC_THREADS;
    shared[LOCAL_ID] = value;
    SYNC_THREADS;
    return shared[LOCAL_ID ^ digit];
}
#endif

DEVICE void splitNumbers(const real* numbers, SplitNumbers* split) {
    UNROLL
    for (int k = 0; k < 8; k++) {
        split->high[k] = roundToElevenDigits(numbers[k]);
        split->low[k] = restOfRounding(numbers[k], split->high[k]);
    }
}

/** Of 16 columns of the left factor, those of the thread: four in each of its two rows. */
DEVICE void splitLeft(real4 row, real4 lowerRow, SplitNumbers* split) {
    real numbers[8] = {row.x, lowerRow.x, row.y, lowerRow.y, row.z, lowerRow.z, row.w, lowerRow.w};
    splitNumbers(numbers, split);
}

/** Of 16 x 16 numbers of a matrix, those of the thread: see MATRIX_PLACE. */
DEVICE void splitRight(GLOBAL const real4* RESTRICT matrix, SplitNumbers* split) {
    real4 first = matrix[LANE_OF_WARP], second = matrix[32 + LANE_OF_WARP];
    real numbers[8] = {first.x,  first.y,  first.z,  first.w,
                       second.x, second.y, second.z, second.w};
    splitNumbers(numbers, split);
}

/** row and lowerRow += x times 16 rows and 16 columns of a matrix. */
DEVICE void multiplySixteen(const SplitNumbers* x, const SplitNumbers* matrix,
                            LOCAL_ARG real* shared, real4* row, real4* lowerRow) {
    real result[8] = {row->x, row->y, lowerRow->x, lowerRow->y,
                      row->z, row->w, lowerRow->z, lowerRow->w};
    UNROLL
    for (int k = 0; k < 12; k++) { // eight columns after eight, of each the smaller products first
        int columns = k / 6, rows = k % 6 / 3, term = k % 3;
        const real* left = (term == 0 ? x->low : x->high) + 4 * rows;
        const real* right = (term == 1 ? matrix->low : matrix->high) + 4 * columns + 2 * rows;
        multiplyInWarp(left, right[0], right[1], shared, result + 4 * columns);
    }
    *row = make_real4(result[0], result[1], result[4], result[5]);
    *lowerRow = make_real4(result[2], result[3], result[6], result[7]);
}

/** The sum over the threads that share an atom, which all get it. */
DEVICE real sumOverColumns(real value, LOCAL_ARG real* shared) {
    value += exchange(value, 1, shared);
    return value + exchange(value, 2, shared);
}

/**
 * Puts a tile into local memory, where no other thread looks at it: from there, other than from
 * registers, a loop can read it.
 */
DEVICE void shareTile(const real4* tile, LOCAL_ARG real4* shared) {
    for (int n = 0; n < TILE_QUADS; n++) {
        shared[n * DENSE_THREADS + LOCAL_ID] = tile[n];
    }
}

/** y += the shared tile times a matrix. */
DEVICE void multiplyTile(LOCAL_ARG real4* shared, GLOBAL const real* RESTRICT matrix, real4* y) {
    LOCAL_ARG real* scratch = (LOCAL_ARG real*) (shared + TILE_QUADS * DENSE_THREADS);
    GLOBAL const real4* quads = (GLOBAL const real4*) matrix;
    ROLLED
    for (int k = 0; k < SIXTEENS; k++) {
        LOCAL_ARG const real4* row = shared + 2 * k * DENSE_THREADS + LOCAL_ID;
        SplitNumbers left;
        splitLeft(row[0], row[DENSE_THREADS], &left);
        UNROLL
        for (int n = 0; n < SIXTEENS; n++) {
            SplitNumbers right;
            splitRight(quads + (k * SIXTEENS + n) * 64, &right);
            multiplySixteen(&left, &right, scratch, y + 2 * n, y + 2 * n + 1);
        }
    }
}

/** For each atom of the tile the sum over features of what is shared. */
DEVICE void sumRows(LOCAL_ARG real4* shared, real* sums) {
    LOCAL_ARG real* scratch = (LOCAL_ARG real*) (shared + TILE_QUADS * DENSE_THREADS);
    for (int atom = 0; atom < TILE_ATOMS; atom++) {
        real sum = 0;
        for (int n = atom; n < TILE_QUADS; n += TILE_ATOMS) {
            real4 quad = shared[n * DENSE_THREADS + LOCAL_ID];
            sum += quad.x + quad.y + quad.z + quad.w;
        }
        sums[atom] = sumOverColumns(sum, scratch);
    }
}

/** Takes over a value, if it is larger, and its column. */
DEVICE void takeLarger(real value, real column, real* maximum, real* largest) {
    int isLarger = value > *maximum || (value == *maximum && column < *largest);
    *maximum = isLarger ? value : *maximum;
    *largest = isLarger ? column : *largest;
}

/** For each atom of the tile the largest of the shared features, and its column. */
DEVICE void largestOfRows(LOCAL_ARG real4* shared, real* maximum, int* columns) {
    LOCAL_ARG real* scratch = (LOCAL_ARG real*) (shared + TILE_QUADS * DENSE_THREADS);
    for (int atom = 0; atom < TILE_ATOMS; atom++) {
        real most = (real) -1e30, largest = NUM_FEATURES;
        for (int n = atom; n < TILE_QUADS; n += TILE_ATOMS) {
            LOCAL_ARG const real* quad = (LOCAL_ARG const real*) (shared + n * DENSE_THREADS +
                                                                  LOCAL_ID);
            for (int k = 0; k < 4; k++) {
                int column = 4 * FEATURES_OF_QUAD(n) + k;
                if (column < NUM_FEATURES) {
                    takeLarger(quad[k], column, &most, &largest);
                }
            }
        }
        for (int digit = 1; digit <= 2; digit *= 2) {
            real otherMost = exchange(most, digit, scratch);
            real otherLargest = exchange(largest, digit, scratch);
            takeLarger(otherMost, otherLargest, &most, &largest);
        }
        maximum[atom] = most;
        columns[atom] = (int) largest;
    }
}

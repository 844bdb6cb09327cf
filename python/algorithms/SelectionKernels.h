// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_ALGORITHMS_SELECTIONKERNELS_H_
#define OPENMMGEMS_ALGORITHMS_SELECTIONKERNELS_H_

#include <cstddef>

namespace OpenMMGems {

/** Frames that lie interleaved, and are superposed at once. */
constexpr size_t FRAME_LANES = 8;
/** Columns whose largest number is remembered. */
constexpr size_t COLUMN_BLOCK = 128;

/** Frames [numAtoms * 3, FRAME_LANES] with their sums of squares [FRAME_LANES]. */
struct FramePanel {
    const double* positions;
    const double* norms;
    size_t numAtoms;
};

/** One row of messages: responsibility = scale * similarity - shift, but for corrections. */
struct MessageRow {
    const float* similarity;
    size_t numColumns;
    float scale, shift;
};

/** The inner loops of the selection of conformations, as compiled for one instruction set. */
struct SelectionKernels {
    /**
     * The least sums of squared distances between a frame and those of a panel.
     * @param frame    [numAtoms * 3]
     * @param norm     its sum of squares
     * @param squares  [FRAME_LANES]
     */
    void (*superpose)(const double* frame, double norm, const FramePanel& panel, double* squares);
    /**
     * availability = damping * availability
     *                - (1 - damping) max(0, max(0, responsibility) - support).
     * @param support  sums of the columns' positive responsibilities
     * @param largest  of availability + similarity, for each block of columns
     */
    void (*updateAvailabilities)(const MessageRow& row, const float* support, float damping,
                                 float* availability, float* largest);
    /** Adds the positive responsibilities to the sums of their columns. */
    void (*addSupport)(const MessageRow& row, double* sums);
};

/** For this machine, or for the instruction set that OPENMMGEMS_INSTRUCTION_SET names. */
const SelectionKernels& selectionKernels();

} // namespace OpenMMGems

#endif // OPENMMGEMS_ALGORITHMS_SELECTIONKERNELS_H_

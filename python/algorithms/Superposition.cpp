// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "Superposition.h"
#include "SelectionKernels.h"
#include "threads.h"
#include <algorithm>

using namespace OpenMMGems;

namespace {

/** Frames on each side of a block: a side of 80 atoms fits a core's cache. */
constexpr size_t BLOCK_FRAMES = 64;
static_assert(BLOCK_FRAMES % FRAME_LANES == 0);

size_t numBlocksFor(size_t numFrames) {
    return (numFrames + BLOCK_FRAMES - 1) / BLOCK_FRAMES;
}

} // namespace

Superposition::Superposition(const double* positions, size_t numFrames, size_t numAtoms,
                             const double* masses)
    : numFrames(numFrames), numAtoms(numAtoms) {
    const size_t numPanels = (numFrames + FRAME_LANES - 1) / FRAME_LANES;
    const size_t length = 3 * numAtoms;
    panels.assign(numPanels * length * FRAME_LANES, 0.0);
    norms.assign(numPanels * FRAME_LANES, 0.0);
    for (size_t frame = 0; frame < numFrames; frame++) {
        const double* source = positions + frame * length;
        double centre[3] = {}, totalMass = 0.0;
        for (size_t i = 0; i < length; i++) {
            const double mass = masses ? masses[i / 3] : 1.0;
            centre[i % 3] += mass * source[i];
            totalMass += mass / 3.0;
        }
        double* target =
            panels.data() + frame / FRAME_LANES * length * FRAME_LANES + frame % FRAME_LANES;
        for (size_t i = 0; i < length; i++) {
            const double x = source[i] - centre[i % 3] / totalMass;
            target[i * FRAME_LANES] = x;
            norms[frame] += x * x;
        }
    }
}

std::vector<double> Superposition::gather(size_t begin, size_t end) const {
    const size_t length = 3 * numAtoms;
    std::vector<double> result((end - begin) * length);
    for (size_t frame = begin; frame < end; frame++) {
        const double* source =
            panels.data() + frame / FRAME_LANES * length * FRAME_LANES + frame % FRAME_LANES;
        double* target = result.data() + (frame - begin) * length;
        for (size_t i = 0; i < length; i++) {
            target[i] = source[i * FRAME_LANES];
        }
    }
    return result;
}

void Superposition::compareBlock(const Superposition& others, const Block& block) const {
    const SelectionKernels& kernels = selectionKernels();
    const size_t length = 3 * numAtoms;
    const std::vector<double> rows = gather(block.row, block.endRow);
    double squares[FRAME_LANES];
    for (size_t column = block.column; column < block.endColumn; column += FRAME_LANES) {
        const FramePanel panel = {others.panels.data() + column * length,
                                  others.norms.data() + column, numAtoms};
        const size_t count = std::min(FRAME_LANES, block.endColumn - column);
        for (size_t row = block.row; row < block.endRow; row++) {
            const size_t place = row - block.row;
            kernels.superpose(rows.data() + place * length, norms[row], panel, squares);
            float* target = block.target + place * block.stride + column;
            for (size_t lane = 0; lane < count; lane++) {
                target[lane] = -static_cast<float>(squares[lane]);
            }
        }
    }
}

void Superposition::compare(const Superposition& others, size_t begin, size_t end, float* target,
                            int numThreads) const {
    const size_t numColumns = others.numFrames, numColumnBlocks = numBlocksFor(numColumns);
    const size_t numItems = numBlocksFor(end - begin) * numColumnBlocks;
    forEachItem(numItems, numThreads, [&](size_t item) {
        const size_t row = begin + item / numColumnBlocks * BLOCK_FRAMES;
        const size_t column = item % numColumnBlocks * BLOCK_FRAMES;
        compareBlock(others, {row, std::min(row + BLOCK_FRAMES, end), column,
                              std::min(column + BLOCK_FRAMES, numColumns),
                              target + (row - begin) * numColumns, numColumns});
    });
}

void Superposition::compareAll(float* target, int numThreads) const {
    const size_t numBlocks = numBlocksFor(numFrames);
    forEachItem(numBlocks * numBlocks, numThreads, [&](size_t item) {
        const size_t row = item / numBlocks * BLOCK_FRAMES;
        const size_t column = item % numBlocks * BLOCK_FRAMES;
        if (column < row) {
            return;
        }
        const Block block = {row,
                             std::min(row + BLOCK_FRAMES, numFrames),
                             column,
                             std::min(column + BLOCK_FRAMES, numFrames),
                             target + row * numFrames,
                             numFrames};
        compareBlock(*this, block);
        for (size_t j = column; j < block.endColumn; j++) {
            for (size_t i = row; i < std::min(j, block.endRow); i++) {
                target[j * numFrames + i] = target[i * numFrames + j];
            }
            if (column == row) {
                target[j * numFrames + j] = 0.0F;
            }
        }
    });
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_ALGORITHMS_SUPERPOSITION_H_
#define OPENMMGEMS_ALGORITHMS_SUPERPOSITION_H_

#include <cstddef>
#include <vector>

namespace OpenMMGems {

/**
 * Centred frames of one molecule, and how similar they are: minus the sum over atoms of squared
 * distances after the best proper rotation. For each pair only the covariance [3, 3] of the
 * positions is made, in double precision throughout.
 */
class Superposition {
public:
    /**
     * @param positions  [numFrames, numAtoms, 3], any length unit
     * @param masses     [numAtoms] for the centre of mass; null: the mean position is the centre
     */
    Superposition(const double* positions, size_t numFrames, size_t numAtoms, const double* masses);
    size_t getNumFrames() const { return numFrames; }
    size_t getNumAtoms() const { return numAtoms; }
    /**
     * Some of these frames with all of others.
     * @param others      frames of the same number of atoms, in the same unit
     * @param begin, end  which of these frames
     * @param target      [end - begin, others.getNumFrames()], in the unit squared
     * @param numThreads  0: all cores; results do not depend on it
     */
    void compare(const Superposition& others, size_t begin, size_t end, float* target,
                 int numThreads) const;
    /** All pairs of these frames, each once. @param target  [numFrames, numFrames], symmetric */
    void compareAll(float* target, int numThreads) const;

private:
    /** Where results go; the frames of a block are consecutive. */
    struct Block {
        size_t row, endRow, column, endColumn;
        float* target;
        size_t stride;
    };
    /** One after the other what lies interleaved: [count, numAtoms * 3]. */
    std::vector<double> gather(size_t begin, size_t end) const;
    void compareBlock(const Superposition& others, const Block& block) const;
    size_t numFrames, numAtoms;
    std::vector<double> panels; ///< [numPanels, numAtoms * 3, FRAME_LANES]
    std::vector<double> norms;  ///< [numPanels * FRAME_LANES]
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_ALGORITHMS_SUPERPOSITION_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_ALGORITHMS_AFFINITYPROPAGATION_H_
#define OPENMMGEMS_ALGORITHMS_AFFINITYPROPAGATION_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace OpenMMGems {

/**
 * Affinity propagation (Frey and Dueck 2007, doi:10.1126/science.1136800), damped.
 *
 * Responsibilities r(i,k) are not stored. The damped sum of s(i,k) - max(a + s) is the similarity
 * times a number that is the same everywhere, minus a number for each row, but where a row had its
 * largest a + s: these few are corrected by a short list for each row. In memory are the
 * similarities, which are only read, and as many availabilities a(i,k), all in single precision;
 * sums of columns, rows' numbers and the diagonals are in double precision.
 */
class AffinityPropagation {
public:
    /**
     * @param similarity   [number, number], kept by the caller; its diagonal is not used
     * @param preferences  [number], the diagonal
     * @param damping      part of a message that is kept in each iteration, from 0 to below 1
     */
    AffinityPropagation(const float* similarity, std::vector<double> preferences, double damping);
    /** One iteration. @param numThreads  0: all cores; results do not depend on it */
    void iterate(int numThreads);
    /** 1 for what is an exemplar after the last iteration, otherwise 0. */
    std::vector<uint8_t> getExemplars() const;

private:
    struct Correction {
        size_t column;
        float value;
    };
    struct Row {
        double shift = 0.0;
        double responsibility = 0.0, availability = 0.0; ///< of itself
        std::vector<Correction> corrections;
    };
    /** The largest availability + similarity of a row, and the largest of the others. */
    struct Largest {
        double first, second;
        size_t column;
    };
    void updateRow(size_t i, std::vector<float>& largest, double* sums);
    void updateAvailabilities(size_t i, std::vector<float>& largest);
    Largest findLargest(size_t i, const std::vector<float>& largest) const;
    void updateResponsibilities(size_t i, const Largest& found);
    void addSupport(size_t i, double* sums) const;
    void collectSupport(size_t numChunks, int numThreads);
    float largestOfBlock(size_t i, size_t block) const;
    size_t number;
    const float* similarity;
    std::vector<double> preferences;
    double damping, scale = 0.0, nextScale = 0.0;
    std::vector<float> availability;  ///< [number, number], -inf on the diagonal
    std::vector<Row> rows;            ///< [number]
    std::vector<float> support;       ///< [number], sums of columns' positive responsibilities
    std::vector<double> sumsOfChunks; ///< [chunks of rows, number]
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_ALGORITHMS_AFFINITYPROPAGATION_H_

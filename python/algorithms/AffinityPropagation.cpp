// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "AffinityPropagation.h"
#include "SelectionKernels.h"
#include "threads.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

using namespace OpenMMGems;

namespace {

/** Rows are summed in so many chunks at most, whatever the number of threads. */
constexpr size_t MAX_CHUNKS = 64;
/** Corrections smaller than this part of the row's shift are below single precision. */
constexpr double NEGLIGIBLE = 1e-9;

float positive(float value) {
    return std::max(value, 0.0F);
}

} // namespace

AffinityPropagation::AffinityPropagation(const float* similarity, std::vector<double> preferences,
                                         double damping)
    : number(preferences.size()), similarity(similarity), preferences(std::move(preferences)),
      damping(damping), availability(number * number, 0.0F), rows(number), support(number, 0.0F) {
    for (size_t i = 0; i < number; i++) {
        availability[i * number + i] = -std::numeric_limits<float>::infinity();
    }
}

std::vector<uint8_t> AffinityPropagation::getExemplars() const {
    std::vector<uint8_t> result(number);
    for (size_t i = 0; i < number; i++) {
        result[i] = rows[i].availability + rows[i].responsibility > 0.0;
    }
    return result;
}

void AffinityPropagation::iterate(int numThreads) {
    const size_t numChunks = std::min(MAX_CHUNKS, number);
    nextScale = damping * scale + (1.0 - damping);
    sumsOfChunks.assign(numChunks * number, 0.0);
    forEachItem(numChunks, numThreads, [&](size_t chunk) {
        std::vector<float> largest((number + COLUMN_BLOCK - 1) / COLUMN_BLOCK);
        for (size_t i = chunk * number / numChunks; i < (chunk + 1) * number / numChunks; i++) {
            updateRow(i, largest, sumsOfChunks.data() + chunk * number);
        }
    });
    scale = nextScale;
    collectSupport(numChunks, numThreads);
}

/** Availabilities follow from the last iteration's responsibilities: one pass over memory. */
void AffinityPropagation::updateRow(size_t i, std::vector<float>& largest, double* sums) {
    updateAvailabilities(i, largest);
    updateResponsibilities(i, findLargest(i, largest));
    addSupport(i, sums);
}

void AffinityPropagation::updateAvailabilities(size_t i, std::vector<float>& largest) {
    const float* similar = similarity + i * number;
    float* available = availability.data() + i * number;
    const Row& row = rows[i];
    const MessageRow messages = {similar, number, static_cast<float>(scale),
                                 static_cast<float>(row.shift)};
    const float kept = static_cast<float>(damping);
    std::vector<float> before;
    for (const Correction& correction : row.corrections) {
        before.push_back(available[correction.column]);
    }
    selectionKernels().updateAvailabilities(messages, support.data(), kept, available,
                                            largest.data());
    for (size_t c = 0; c < before.size(); c++) {
        const auto& [k, value] = row.corrections[c];
        const float responsibility = messages.scale * similar[k] - messages.shift + value;
        const float uncorrected = available[k] + similar[k];
        available[k] =
            kept * before[c] - (1.0F - kept) * positive(positive(responsibility) - support[k]);
        // Corrections only make availabilities smaller.
        if (const size_t block = k / COLUMN_BLOCK; uncorrected >= largest[block]) {
            largest[block] = largestOfBlock(i, block);
        }
    }
}

float AffinityPropagation::largestOfBlock(size_t i, size_t block) const {
    const float* similar = similarity + i * number;
    const float* available = availability.data() + i * number;
    float result = -std::numeric_limits<float>::infinity();
    const size_t end = std::min((block + 1) * COLUMN_BLOCK, number);
    for (size_t k = block * COLUMN_BLOCK; k < end; k++) {
        result = std::max(result, available[k] + similar[k]);
    }
    return result;
}

AffinityPropagation::Largest
AffinityPropagation::findLargest(size_t i, const std::vector<float>& largest) const {
    Largest found = {rows[i].availability + preferences[i],
                     -std::numeric_limits<double>::infinity(), i};
    const auto consider = [&](double value, size_t column) {
        if (value > found.first) {
            found = {value, found.first, column};
        } else if (value > found.second) {
            found.second = value;
        }
    };
    const size_t best = std::max_element(largest.begin(), largest.end()) - largest.begin();
    for (size_t k = best * COLUMN_BLOCK; k < std::min((best + 1) * COLUMN_BLOCK, number); k++) {
        consider(availability[i * number + k] + similarity[i * number + k], k);
    }
    for (size_t block = 0; block < largest.size(); block++) {
        if (block != best) {
            found.second = std::max(found.second, std::min<double>(largest[block], found.first));
        }
    }
    return found;
}

void AffinityPropagation::updateResponsibilities(size_t i, const Largest& found) {
    Row& row = rows[i];
    row.shift = damping * row.shift + (1.0 - damping) * found.first;
    const double added = (1.0 - damping) * (found.first - found.second);
    bool isListed = false;
    for (Correction& correction : row.corrections) {
        const bool isFound = correction.column == found.column;
        correction.value = static_cast<float>(damping * correction.value + (isFound ? added : 0.0));
        isListed = isListed || isFound;
    }
    if (!isListed) {
        row.corrections.push_back({found.column, static_cast<float>(added)});
    }
    std::erase_if(row.corrections, [&](const Correction& correction) {
        return correction.value <= NEGLIGIBLE * std::abs(row.shift);
    });
    row.responsibility = nextScale * preferences[i] - row.shift;
    for (const Correction& correction : row.corrections) {
        row.responsibility += correction.column == i ? correction.value : 0.0F;
    }
}

void AffinityPropagation::addSupport(size_t i, double* sums) const {
    const Row& row = rows[i];
    const double own = sums[i]; // of the row itself: not in this sum
    const MessageRow messages = {similarity + i * number, number, static_cast<float>(nextScale),
                                 static_cast<float>(row.shift)};
    selectionKernels().addSupport(messages, sums);
    for (const auto& [k, value] : row.corrections) {
        const float without = messages.scale * messages.similarity[k] - messages.shift;
        sums[k] += double(positive(without + value)) - positive(without);
    }
    sums[i] = own;
}

void AffinityPropagation::collectSupport(size_t numChunks, int numThreads) {
    const size_t numBlocks = (number + COLUMN_BLOCK - 1) / COLUMN_BLOCK;
    forEachItem(numBlocks, numThreads, [&](size_t block) {
        const size_t end = std::min((block + 1) * COLUMN_BLOCK, number);
        for (size_t k = block * COLUMN_BLOCK; k < end; k++) {
            double sum = 0.0;
            for (size_t chunk = 0; chunk < numChunks; chunk++) {
                sum += sumsOfChunks[chunk * number + k];
            }
            rows[k].availability = damping * rows[k].availability + (1.0 - damping) * sum;
            support[k] = static_cast<float>(rows[k].responsibility + sum);
        }
    });
}

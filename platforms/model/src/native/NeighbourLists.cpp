// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "NeighbourLists.h"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <ranges>

namespace OpenMMGems {

using OpenMM::Vec3;
using std::vector;

namespace {

/** Added to cutoffs, so that lists stay right while atoms move. */
constexpr double SKIN = 1.0;
/** Room around a molecule that is not periodic. */
constexpr double MARGIN = 1.0;

/** Rows a, b, c of the matrix that turns positions into fractions of the box vectors. */
Box inverse(const Box& box) {
    const double volume = box[0].dot(box[1].cross(box[2]));
    return {box[1].cross(box[2]) / volume, box[2].cross(box[0]) / volume,
            box[0].cross(box[1]) / volume};
}

Vec3 fractions(const Box& inverseBox, const Vec3& position) {
    return {inverseBox[0].dot(position), inverseBox[1].dot(position), inverseBox[2].dot(position)};
}

/** Distance between opposite faces. */
double height(const Box& inverseBox, int axis) {
    return 1 / std::sqrt(inverseBox[axis].dot(inverseBox[axis]));
}

Vec3 combine(const Box& box, const std::array<int, 3>& factors) {
    return box[0] * factors[0] + box[1] * factors[1] + box[2] * factors[2];
}

/** Square of the distance from a point to the nearest of a box. */
double squareToBox(const Vec3& point, const Vec3& low, const Vec3& high) {
    double sum = 0.0;
    for (int a = 0; a < 3; a++) {
        const double d = std::max({low[a] - point[a], point[a] - high[a], 0.0});
        sum += d * d;
    }
    return sum;
}

/** Largest factor by which the change from one box to another shortens a vector, at most. */
double largestShrinkage(const Box& before, const Box& after) {
    const Box inverseBefore = inverse(before);
    double sum = 0.0;
    for (int column = 0; column < 3; column++) {
        Vec3 axis;
        axis[column] = 1.0;
        const Vec3 f = fractions(inverseBefore, axis);
        const Vec3 change = after[0] * f[0] + after[1] * f[1] + after[2] * f[2] - axis;
        sum += change.dot(change);
    }
    return std::sqrt(sum);
}

} // namespace

/** Clusters by cells of space, to find those near a point. */
class NeighbourLists::Grid {
public:
    /** @param cell  the box, or one around all atoms */
    Grid(const vector<ClusterBox>& boxes, const Box& cell, const Vec3& origin, bool periodic)
        : boxes(boxes), inverseCell(inverse(cell)), cell(cell), origin(origin), periodic(periodic) {
        const double number = std::cbrt(static_cast<double>(boxes.size()));
        for (int a = 0; a < 3; a++) {
            sizes[a] = std::max(1, static_cast<int>(number));
        }
        members.resize(static_cast<size_t>(sizes[0]) * sizes[1] * sizes[2]);
        for (size_t c = 0; c < boxes.size(); c++) {
            const Vec3 f = fractions(inverseCell, boxes[c].centre - origin);
            Image bin;
            for (int a = 0; a < 3; a++) {
                // Centres may lie outside: clusters reach across the faces of the box.
                bin[a] = std::clamp(static_cast<int>(std::floor(f[a] * sizes[a])), 0, sizes[a] - 1);
                overhang[a] = std::max({overhang[a], -f[a], f[a] - 1.0});
            }
            members[place(bin)].push_back(static_cast<int>(c));
            largestRadius = std::max(largestRadius, boxes[c].radius);
        }
    }

    /** visit(cluster, image) for all clusters that may have an atom within a range of a box. */
    template <class Visit>
    void search(const ClusterBox& of, double range, Visit visit) const {
        const Vec3 f = fractions(inverseCell, of.centre - origin);
        Image low, high;
        for (int a = 0; a < 3; a++) {
            const double reach =
                (range + of.radius + largestRadius) / height(inverseCell, a) + overhang[a];
            const double limit = periodic ? 1e6 : 2.0;
            low[a] = static_cast<int>(std::floor(std::max(f[a] - reach, -limit) * sizes[a]));
            high[a] = static_cast<int>(std::floor(std::min(f[a] + reach, limit) * sizes[a]));
            if (!periodic) {
                low[a] = std::max(low[a], 0);
                high[a] = std::min(high[a], sizes[a] - 1);
            }
        }
        Image bin;
        for (bin[0] = low[0]; bin[0] <= high[0]; bin[0]++) {
            for (bin[1] = low[1]; bin[1] <= high[1]; bin[1]++) {
                for (bin[2] = low[2]; bin[2] <= high[2]; bin[2]++) {
                    searchBin(of, range, bin, visit);
                }
            }
        }
    }

private:
    template <class Visit>
    void searchBin(const ClusterBox& of, double range, const Image& bin, Visit visit) const {
        Image image, wrapped;
        for (int a = 0; a < 3; a++) {
            image[a] = static_cast<int>(std::floor(static_cast<double>(bin[a]) / sizes[a]));
            wrapped[a] = bin[a] - image[a] * sizes[a];
        }
        const Vec3 shift = combine(cell, image);
        for (int c : members[place(wrapped)]) {
            const Vec3 apart = boxes[c].centre + shift - of.centre;
            const double reach = range + of.radius + boxes[c].radius;
            if (apart.dot(apart) < reach * reach) {
                visit(c, image, shift);
            }
        }
    }
    size_t place(const Image& bin) const {
        return (static_cast<size_t>(bin[0]) * sizes[1] + bin[1]) * sizes[2] + bin[2];
    }
    const vector<ClusterBox>& boxes;
    Box inverseCell, cell;
    Vec3 origin;
    bool periodic;
    Image sizes{};
    double largestRadius = 0.0;
    std::array<double, 3> overhang{};
    vector<vector<int>> members;
};

NeighbourLists::NeighbourLists(double nearCutoff, double farCutoff)
    : nearCutoff(nearCutoff), farCutoff(farCutoff) {}

bool NeighbourLists::allAreFar() const {
    return std::isinf(farCutoff);
}

bool NeighbourLists::update(const vector<Vec3>& newPositions, const Box* box) {
    const bool isNew = !isValid(newPositions, box);
    if (isNew) {
        build(newPositions, box);
    }
    follow(newPositions, box);
    return isNew;
}

/**
 * A listed cutoff R + SKIN stands for the present R if no pair can have come nearer than R: with
 * the box changed by 1 + E and atoms moved by d besides, a distance r becomes at least
 * r (1 - |E|) - 2 |d|.
 */
bool NeighbourLists::isValid(const vector<Vec3>& newPositions, const Box* box) const {
    if (order.size() != newPositions.size() || (box != nullptr) != referenceBox.has_value()) {
        return false;
    }
    const double largest = std::isinf(farCutoff) ? nearCutoff : std::max(nearCutoff, farCutoff);
    double allowed = SKIN;
    Box inverseBefore;
    if (box) {
        allowed -= largestShrinkage(*referenceBox, *box) * (largest + SKIN);
        inverseBefore = inverse(*referenceBox);
    }
    const double square = allowed * std::abs(allowed) / 4;
    return std::ranges::all_of(std::views::iota(size_t(0), order.size()), [&](size_t atom) {
        Vec3 moved = newPositions[atom];
        if (box) {
            const Vec3 f = fractions(inverseBefore, reference[atom]);
            moved -= (*box)[0] * f[0] + (*box)[1] * f[1] + (*box)[2] * f[2];
        } else {
            moved -= reference[atom];
        }
        return moved.dot(moved) < square;
    });
}

void NeighbourLists::follow(const vector<Vec3>& newPositions, const Box* box) {
    for (size_t place = 0; place < order.size(); place++) {
        positions[place] = newPositions[order[place]];
        if (box) {
            positions[place] -= combine(*box, wraps[order[place]]);
        }
    }
    shifts.resize(images.size());
    for (size_t k = 0; k < images.size(); k++) {
        shifts[k] = box ? combine(*box, images[k]) : Vec3();
    }
}

void NeighbourLists::build(const vector<Vec3>& newPositions, const Box* box) {
    reference = newPositions;
    referenceBox = box ? std::optional<Box>(*box) : std::nullopt;
    vector<Vec3> wrapped = newPositions;
    wraps.assign(newPositions.size(), Image{});
    Box cell;
    Vec3 low = wrapped[0], high = wrapped[0];
    if (box) {
        cell = *box;
        const Box inverseBox = inverse(cell);
        for (size_t atom = 0; atom < wrapped.size(); atom++) {
            const Vec3 f = fractions(inverseBox, wrapped[atom]);
            for (int a = 0; a < 3; a++) {
                wraps[atom][a] = static_cast<int>(std::floor(f[a]));
            }
            wrapped[atom] -= combine(cell, wraps[atom]);
        }
        low = Vec3();
    } else {
        for (const Vec3& position : wrapped) {
            for (int a = 0; a < 3; a++) {
                low[a] = std::min(low[a], position[a] - MARGIN);
                high[a] = std::max(high[a], position[a] + MARGIN);
            }
        }
        const Vec3 size = high - low;
        cell = {Vec3(size[0], 0, 0), Vec3(0, size[1], 0), Vec3(0, 0, size[2])};
        for (Vec3& position : wrapped) {
            position -= low;
        }
    }
    sortAtoms(wrapped, cell);
    positions.resize(order.size());
    images.clear();
    indexOfImage.clear();
    imageIndex({0, 0, 0});
    follow(newPositions, box);
    const vector<ClusterBox> boxes = makeClusterBoxes();
    const Grid grid(boxes, cell, low, box != nullptr);
    listNear(boxes, grid);
    listFar(boxes, grid);
}

/** Columns of square base, taken in turns, in which atoms follow each other up or down. */
void NeighbourLists::sortAtoms(const vector<Vec3>& wrapped, const Box& cell) {
    const Box inverseCell = inverse(cell);
    const double volume = cell[0].dot(cell[1].cross(cell[2]));
    const double edge = std::cbrt(volume * CLUSTER_SIZE / static_cast<double>(wrapped.size()));
    std::array<int, 2> columns;
    for (int a = 0; a < 2; a++) {
        columns[a] = std::max(1, static_cast<int>(std::lround(height(inverseCell, a) / edge)));
    }
    vector<std::pair<int, double>> keys(wrapped.size());
    for (size_t atom = 0; atom < wrapped.size(); atom++) {
        const Vec3 f = fractions(inverseCell, wrapped[atom]);
        const int x = std::clamp(static_cast<int>(f[0] * columns[0]), 0, columns[0] - 1);
        const int y = std::clamp(static_cast<int>(f[1] * columns[1]), 0, columns[1] - 1);
        const int rank = x * columns[1] + (x % 2 == 0 ? y : columns[1] - 1 - y);
        keys[atom] = {rank, rank % 2 == 0 ? f[2] : -f[2]};
    }
    order.resize(wrapped.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order,
                      [&](int a, int b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
}

vector<NeighbourLists::ClusterBox> NeighbourLists::makeClusterBoxes() const {
    vector<ClusterBox> boxes;
    for (size_t first = 0; first < order.size(); first += CLUSTER_SIZE) {
        ClusterBox box{positions[first], positions[first], Vec3(), 0.0};
        for (size_t k = first; k < std::min(first + CLUSTER_SIZE, order.size()); k++) {
            for (int a = 0; a < 3; a++) {
                box.low[a] = std::min(box.low[a], positions[k][a]);
                box.high[a] = std::max(box.high[a], positions[k][a]);
            }
        }
        box.centre = (box.low + box.high) * 0.5;
        const Vec3 half = (box.high - box.low) * 0.5;
        box.radius = std::sqrt(half.dot(half));
        boxes.push_back(box);
    }
    return boxes;
}

int NeighbourLists::imageIndex(const Image& image) {
    const auto [found, isNew] = indexOfImage.try_emplace(image, static_cast<int>(images.size()));
    if (isNew) {
        images.push_back(image);
    }
    return found->second;
}

void NeighbourLists::listNear(const vector<ClusterBox>& boxes, const Grid& grid) {
    const double range = nearCutoff + SKIN;
    nearList.start.assign(1, 0);
    nearList.entries.clear();
    struct Candidate {
        int cluster, image;
        Vec3 shift;
    };
    vector<Candidate> candidates;
    for (size_t c = 0; c < boxes.size(); c++) {
        candidates.clear();
        grid.search(boxes[c], range, [&](int other, const Image& image, const Vec3& shift) {
            candidates.push_back({other, imageIndex(image), shift});
        });
        const size_t end = std::min((c + 1) * CLUSTER_SIZE, order.size());
        for (size_t i = c * CLUSTER_SIZE; i < end; i++) {
            for (const Candidate& candidate : candidates) {
                const Vec3 point = positions[i] - candidate.shift;
                const ClusterBox& box = boxes[candidate.cluster];
                if (squareToBox(point, box.low, box.high) >= range * range) {
                    continue;
                }
                const size_t first = candidate.cluster * CLUSTER_SIZE;
                for (size_t j = first; j < std::min(first + CLUSTER_SIZE, order.size()); j++) {
                    const Vec3 apart = positions[j] - point;
                    if (apart.dot(apart) < range * range && (j != i || candidate.image != 0)) {
                        nearList.entries.push_back({static_cast<int>(j), candidate.image});
                    }
                }
            }
            nearList.start.push_back(nearList.entries.size());
        }
    }
}

void NeighbourLists::listFar(const vector<ClusterBox>& boxes, const Grid& grid) {
    farList.start.assign(1, 0);
    farList.entries.clear();
    const double range = farCutoff + SKIN;
    vector<vector<FarEntry>> found(CLUSTER_SIZE);
    for (size_t c = 0; c < boxes.size(); c++) {
        const size_t first = c * CLUSTER_SIZE;
        const size_t end = std::min(first + CLUSTER_SIZE, order.size());
        for (auto& list : found) {
            list.clear();
        }
        if (farCutoff > 0 && !allAreFar()) {
            grid.search(boxes[c], range, [&](int other, const Image& image, const Vec3& shift) {
                const int index = imageIndex(image);
                for (size_t i = first; i < end; i++) {
                    const ClusterBox& box = boxes[other];
                    if (squareToBox(positions[i] - shift, box.low, box.high) < range * range) {
                        found[i - first].push_back({other, index});
                    }
                }
            });
        }
        for (size_t i = first; i < end; i++) {
            const auto& list = found[i - first];
            farList.entries.insert(farList.entries.end(), list.begin(), list.end());
            farList.start.push_back(farList.entries.size());
        }
    }
}

} // namespace OpenMMGems

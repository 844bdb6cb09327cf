// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "NeighbourLists.h"
#include "SpatialOrder.h"
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

    /** The farthest images that search() visits. */
    Image largestImage(double range) const {
        Image largest{};
        for (int a = 0; periodic && a < 3; a++) {
            largest[a] = 1 + static_cast<int>(std::ceil(reach(range, largestRadius, a)));
        }
        return largest;
    }

    /** visit(cluster, image, shift) for all clusters that may have an atom within a range of a box.
     */
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
    /** How far clusters within a range may be along a box vector, in units of it. */
    double reach(double range, double radius, int axis) const {
        return (range + radius + largestRadius) / height(inverseCell, axis) + overhang[axis];
    }
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

NeighbourLists::NeighbourLists(double nearCutoff, double farCutoff, Workers& workers)
    : nearCutoff(nearCutoff), farCutoff(farCutoff), workers(workers) {}

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
    if (reference.size() != newPositions.size() || (box != nullptr) != referenceBox.has_value()) {
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
    shifts.clear();
    const Image& n = largestImage;
    for (int x = -n[0]; x <= n[0]; x++) {
        for (int y = -n[1]; y <= n[1]; y++) {
            for (int z = -n[2]; z <= n[2]; z++) {
                shifts.push_back(box ? combine(*box, {x, y, z}) : Vec3());
            }
        }
    }
}

int NeighbourLists::imageIndex(const Image& image) const {
    const Image& n = largestImage;
    return ((image[0] + n[0]) * (2 * n[1] + 1) + image[1] + n[1]) * (2 * n[2] + 1) + image[2] +
           n[2];
}

void NeighbourLists::build(const vector<Vec3>& newPositions, const Box* box) {
    reference.clear(); // until all is done nothing is valid
    SpatialOrder sorted(newPositions, box, CLUSTER_SIZE);
    order = std::move(sorted.order);
    wraps = std::move(sorted.wraps);
    positions.resize(order.size());
    follow(newPositions, box);
    const vector<ClusterBox> boxes = makeClusterBoxes();
    const Grid grid(boxes, sorted.cell, sorted.origin, box != nullptr);
    largestImage =
        grid.largestImage(allAreFar() ? nearCutoff + SKIN : std::max(nearCutoff, farCutoff) + SKIN);
    listNear(boxes, grid);
    listFar(boxes, grid);
    referenceBox = box ? std::optional<Box>(*box) : std::nullopt;
    reference = newPositions;
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

/** Threads list whole clusters for themselves, so that memory is filled where it is read. */
template <class Entry, class ListCluster>
void NeighbourLists::listClusters(List<Entry>& list, const ListCluster& listCluster) {
    using Found = std::array<vector<Entry>, CLUSTER_SIZE>;
    vector<vector<Entry>> ofThreads(workers.number());
    vector<vector<size_t>> numbers(workers.number());
    vector<Found> scratch(workers.number());
    workers.forEach(numClusters(), [&](size_t cluster, int thread) {
        Found& found = scratch[thread];
        for (auto& entries : found) {
            entries.clear();
        }
        listCluster(cluster, found);
        const size_t first = cluster * CLUSTER_SIZE;
        for (size_t k = 0; k < std::min(CLUSTER_SIZE, order.size() - first); k++) {
            numbers[thread].push_back(found[k].size());
            ofThreads[thread].insert(ofThreads[thread].end(), found[k].begin(), found[k].end());
        }
    });
    list.start.assign(1, 0);
    list.entries = {};
    size_t total = 0;
    for (const auto& entries : ofThreads) {
        total += entries.size();
    }
    list.entries.reserve(total);
    for (size_t thread = 0; thread < ofThreads.size(); thread++) { // threads have clusters in order
        for (size_t number : numbers[thread]) {
            list.start.push_back(list.start.back() + number);
        }
        list.entries.insert(list.entries.end(), ofThreads[thread].begin(), ofThreads[thread].end());
    }
}

void NeighbourLists::listNear(const vector<ClusterBox>& boxes, const Grid& grid) {
    const double range = nearCutoff + SKIN, square = range * range;
    const int home = imageIndex({0, 0, 0});
    listClusters(nearList, [&](size_t cluster, auto& found) {
        const size_t first = cluster * CLUSTER_SIZE;
        const size_t end = std::min(first + CLUSTER_SIZE, order.size());
        grid.search(boxes[cluster], range, [&](int other, const Image& image, const Vec3& shift) {
            const int index = imageIndex(image);
            const ClusterBox& box = boxes[other];
            const size_t firstOther = other * CLUSTER_SIZE;
            const size_t endOther = std::min(firstOther + CLUSTER_SIZE, order.size());
            for (size_t i = first; i < end; i++) {
                const Vec3 point = positions[i] - shift;
                if (squareToBox(point, box.low, box.high) >= square) {
                    continue;
                }
                for (size_t j = firstOther; j < endOther; j++) {
                    const Vec3 apart = positions[j] - point;
                    if (apart.dot(apart) < square && (j != i || index != home)) {
                        found[i - first].push_back({static_cast<int>(j), index});
                    }
                }
            }
        });
    });
}

void NeighbourLists::listFar(const vector<ClusterBox>& boxes, const Grid& grid) {
    const double range = farCutoff + SKIN, square = range * range;
    const bool isWanted = farCutoff > 0 && !allAreFar();
    listClusters(farList, [&](size_t cluster, auto& found) {
        if (!isWanted) {
            return;
        }
        const size_t first = cluster * CLUSTER_SIZE;
        const size_t end = std::min(first + CLUSTER_SIZE, order.size());
        grid.search(boxes[cluster], range, [&](int other, const Image& image, const Vec3& shift) {
            const int index = imageIndex(image);
            const ClusterBox& box = boxes[other];
            for (size_t i = first; i < end; i++) {
                if (squareToBox(positions[i] - shift, box.low, box.high) < square) {
                    found[i - first].push_back({other, index});
                }
            }
        });
    });
}

} // namespace OpenMMGems

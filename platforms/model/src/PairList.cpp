// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/PairList.h"
#include "checks.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include <memory>
#include <openmm/OpenMMException.h>
#include <vesin.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using OpenMM::Vec3;
using std::string;
using std::vector;

namespace {

void addCoinciding(const PairList& pairs, EvaluationFaults& faults) {
    for (size_t p = 0; p < pairs.vectors.size(); p++) {
        const Vec3& v = pairs.vectors[p];
        if (v.dot(v) < COINCIDENCE_ANGSTROM * COINCIDENCE_ANGSTROM) {
            faults.add(EvaluationFaults::ATOMS_COINCIDE, static_cast<size_t>(pairs.i[p]));
        }
    }
}

PairList listAllPairs(const vector<Vec3>& positions) {
    const auto numAtoms = static_cast<int64_t>(positions.size());
    PairList pairs;
    const size_t numPairs = positions.size() * (positions.size() - 1);
    pairs.i.reserve(numPairs);
    pairs.j.reserve(numPairs);
    pairs.vectors.reserve(numPairs);
    for (int64_t i = 0; i < numAtoms; i++) {
        for (int64_t j = 0; j < numAtoms; j++) {
            if (i != j) {
                pairs.i.push_back(i);
                pairs.j.push_back(j);
                pairs.vectors.push_back(positions[j] - positions[i]);
            }
        }
    }
    return pairs;
}

PairList listNeighbours(const vector<Vec3>& positions, const Box* box, double cutoff) {
    VesinOptions options{};
    options.cutoff = cutoff;
    options.full = true;
    options.algorithm = VesinAutoAlgorithm;
    options.n_threads = 1;
    options.return_vectors = true;
    double cell[3][3] = {};
    if (box) {
        for (int a = 0; a < 3; a++) {
            for (int k = 0; k < 3; k++) {
                cell[a][k] = (*box)[a][k];
            }
        }
    }
    const bool yes = box != nullptr;
    const bool periodic[3] = {yes, yes, yes};
    const auto release = [](VesinNeighborList* list) {
        vesin_free(list);
        delete list;
    };
    std::unique_ptr<VesinNeighborList, decltype(release)> found(new VesinNeighborList, release);
    const char* message = nullptr;
    static_assert(sizeof(Vec3) == 3 * sizeof(double));
    const int status =
        vesin_neighbors(reinterpret_cast<const double(*)[3]>(positions.data()), positions.size(),
                        cell, periodic, VesinDevice{VesinCPU, 0}, options, found.get(), &message);
    if (status != EXIT_SUCCESS) {
        throw OpenMMException("GemsForce: the neighbour list failed: " +
                              string(message ? message : "no reason given"));
    }
    PairList pairs;
    pairs.i.resize(found->length);
    pairs.j.resize(found->length);
    pairs.vectors.resize(found->length);
    for (size_t p = 0; p < found->length; p++) {
        pairs.i[p] = static_cast<int64_t>(found->pairs[p][0]);
        pairs.j[p] = static_cast<int64_t>(found->pairs[p][1]);
        const double* v = found->vectors[p];
        pairs.vectors[p] = Vec3(v[0], v[1], v[2]);
    }
    return pairs;
}

} // namespace

PairList OpenMMGems::listPairs(const vector<Vec3>& positions, const Box* box,
                               std::optional<double> cutoff) {
    checkBox(box, cutoff);
    EvaluationFaults faults;
    faults.addPositions(positions, box);
    faults.addBox(box, cutoff);
    faults.check(positions, box);
    PairList pairs = cutoff ? listNeighbours(positions, box, *cutoff) : listAllPairs(positions);
    addCoinciding(pairs, faults);
    faults.check(positions, box);
    return pairs;
}

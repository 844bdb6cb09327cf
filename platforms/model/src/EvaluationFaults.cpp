// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "openmmgems/internal/EvaluationFaults.h"
#include "native/BoxGeometry.h"
#include <algorithm>
#include <atomic>
#include <cmath>
#include <openmm/OpenMMException.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using OpenMM::Vec3;
using std::string;
using std::to_string;
using std::vector;

namespace {

const string UNSTABLE = "The simulation may have become unstable: try a smaller step or minimise.";
const string UNTRAINED = "The structure may be far from what the model was trained on.";

bool isFinite(const Vec3& vector) {
    return std::isfinite(vector.dot(vector));
}

string toText(const Vec3& vector) {
    return "(" + to_string(vector[0]) + ", " + to_string(vector[1]) + ", " + to_string(vector[2]) +
           ")";
}

string toText(double number) {
    string text(16, ' ');
    text.resize(std::snprintf(text.data(), text.size(), "%g", number));
    return text;
}

/** The atom closest to another, by the nearest image: where atoms coincide, that of the pair. */
size_t nearestTo(size_t atom, const vector<Vec3>& positions, const Box* box) {
    const Box inverseBox = box ? inverse(*box) : Box{};
    size_t nearest = atom;
    double smallest = std::numeric_limits<double>::infinity();
    for (size_t other = 0; other < positions.size(); other++) {
        Vec3 apart = positions[other] - positions[atom];
        if (box) {
            const Vec3 f = fractions(inverseBox, apart);
            for (int a = 0; a < 3; a++) {
                apart -= (*box)[a] * std::round(f[a]);
            }
        }
        const double square = apart.dot(apart);
        if (other != atom && square < smallest) {
            smallest = square;
            nearest = other;
        }
    }
    return nearest;
}

string coincidence(int word, const vector<Vec3>& positions, const Box* box) {
    if (word < 0) {
        return "atoms are at the same position; expected them apart.";
    }
    const auto atom = static_cast<size_t>(word - 1);
    const auto [first, second] = std::minmax({atom, nearestTo(atom, positions, box)});
    return "atoms " + to_string(first) + " and " + to_string(second) +
           " are at the same position; expected them apart.";
}

string narrowness(const Box* box) {
    string heights;
    for (int a = 0; box && a < 3; a++) {
        heights += (a > 0 ? ", " : "") + toText(height(inverse(*box), a));
    }
    return "the box's heights are " + heights + " angstrom, so that more than " +
           to_string(EvaluationFaults::MOST_IMAGES) +
           " images of an atom along a box vector are within the cutoff; expected a wider box.";
}

/** The rest of the sentence that begins with whose error it is. */
string describe(EvaluationFaults::Kind kind, int word, const vector<Vec3>& positions,
                const Box* box, const string& modelFile) {
    const string atom = word > 0 ? "atom " + to_string(word - 1) : string("an atom");
    const string place = word > 0 && static_cast<size_t>(word) <= positions.size()
                             ? " is " + toText(positions[word - 1])
                             : string(" is not known");
    switch (kind) {
    case EvaluationFaults::POSITION_NOT_FINITE:
        return "position of " + atom + place + "; expected finite numbers. " + UNSTABLE;
    case EvaluationFaults::POSITION_TOO_FAR:
        return "position of " + atom + place +
               " angstrom, so far away that neighbours cannot be found; expected positions "
               "within " +
               toText(EvaluationFaults::FARTHEST_ANGSTROM) + " angstrom and " +
               toText(EvaluationFaults::FARTHEST_BOXES) + " boxes of the origin. " + UNSTABLE;
    case EvaluationFaults::BOX_TOO_NARROW:
        return narrowness(box);
    case EvaluationFaults::ATOMS_COINCIDE:
        return coincidence(word, positions, box);
    case EvaluationFaults::EXPONENT_TOO_LARGE:
        return "an exponential in the attention of model '" + modelFile + "' overflows at " + atom +
               "; expected keys closer to their maximum. " + UNTRAINED;
    case EvaluationFaults::ENERGY_NOT_FINITE:
        return "the energy of model '" + modelFile + "' is not finite; expected a finite number. " +
               UNTRAINED;
    case EvaluationFaults::FORCE_NOT_FINITE:
        return "the force on " + atom + " is not finite; expected finite numbers. " + UNTRAINED;
    default:
        return "the force on " + atom + " is too large; expected less than " +
               toText(EvaluationFaults::LARGEST_FORCE) +
               " kJ/mol/nm, which is what this platform can add. " + UNSTABLE;
    }
}

} // namespace

void EvaluationFaults::store(Kind kind, int word) {
    std::atomic_ref<int>(words[kind]).store(word, std::memory_order_relaxed);
}

void EvaluationFaults::addPositions(const vector<Vec3>& positions, const Box* box) {
    const Box inverseBox = box ? inverse(*box) : Box{};
    constexpr double LARGEST = FARTHEST_ANGSTROM * FARTHEST_ANGSTROM;
    for (size_t atom = positions.size(); atom-- > 0;) { // the first is told
        const Vec3& r = positions[atom];
        const Vec3 f = fractions(inverseBox, r);
        const double farthest = std::max({std::abs(f[0]), std::abs(f[1]), std::abs(f[2])});
        if (!std::isfinite(r[0]) || !std::isfinite(r[1]) || !std::isfinite(r[2])) {
            add(POSITION_NOT_FINITE, atom);
        } else if (!(r.dot(r) < LARGEST) || farthest > FARTHEST_BOXES) {
            add(POSITION_TOO_FAR, atom);
        }
    }
}

void EvaluationFaults::addBox(const Box* box, std::optional<double> range) {
    const Box inverseBox = box ? inverse(*box) : Box{};
    for (int a = 0; box && a < 3; a++) {
        const double numImages = 2 * *range / height(inverseBox, a) + 1;
        if (!(numImages < MOST_IMAGES)) { // or not a number, if the box has no volume
            add(BOX_TOO_NARROW);
        }
    }
}

void EvaluationFaults::addResults(const Evaluation& evaluation) {
    if (!std::isfinite(evaluation.energyEv)) {
        add(ENERGY_NOT_FINITE);
    }
    const vector<Vec3>& forces = evaluation.forcesEvPerAngstrom;
    for (size_t atom = forces.size(); atom-- > 0;) {
        if (!isFinite(forces[atom])) {
            add(FORCE_NOT_FINITE, atom);
        }
    }
}

void EvaluationFaults::check(const vector<Vec3>& positions, const Box* box,
                             const string& modelFile) const {
    if (!any()) {
        return;
    }
    EvaluationFaults all = *this;
    all.addPositions(positions, box); // devices see of them what they lead to
    const auto found = std::ranges::find_if(all.words, [](int word) { return word != NONE; });
    const auto kind = static_cast<Kind>(found - all.words.begin());
    throw OpenMMException("GemsForce: " + describe(kind, *found, positions, box, modelFile));
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_INTERNAL_EVALUATIONFAULTS_H_
#define OPENMMGEMS_INTERNAL_EVALUATIONFAULTS_H_

#include "openmmgems/Evaluator.h"
#include <array>
#include <openmm/OpenMMException.h>
#include <optional>
#include <string>
#include <vector>

namespace OpenMMGems {

/** Atoms closer than this are at the same place, where no model is defined. */
constexpr double COINCIDENCE_ANGSTROM = 1e-4;

/**
 * What was found to be not finite or out of range in an evaluation: one word for each kind, filled
 * alike by the host's threads and by devices, and the only place that turns them into errors.
 */
class OPENMMGEMS_MODEL_EXPORT EvaluationFaults {
public:
    /** Places of the words. Causes come before what they lead to: the first is the one told. */
    enum Kind {
        POSITION_NOT_FINITE,
        POSITION_TOO_FAR, ///< from the origin: beyond FARTHEST_ANGSTROM or FARTHEST_BOXES
        BOX_TOO_NARROW,   ///< more than MOST_IMAGES along a box vector are within range
        ATOMS_COINCIDE,
        EXPONENT_TOO_LARGE, ///< in attention: cut off, so that forces are not the energy's slope
        ENERGY_NOT_FINITE,
        FORCE_NOT_FINITE,
        FORCE_TOO_LARGE, ///< of LARGEST_FORCE or more, where forces are added in fixed point
        NUM_KINDS
    };
    /** What a word holds: NONE, one more than the index of an atom concerned, or NO_ATOM. */
    enum Word { NONE = 0, NO_ATOM = -1 };
    static constexpr double FARTHEST_ANGSTROM = 1e15, FARTHEST_BOXES = 1e9;
    static constexpr int MOST_IMAGES = 256;
    /** In kJ/mol/nm: OpenMM's fixed point ends at 2^31, and other forces are added to the same. */
    static constexpr double LARGEST_FORCE = 1e9;

    EvaluationFaults() = default;
    /** Take over the words of a device. */
    explicit EvaluationFaults(const std::array<int, NUM_KINDS>& words) : words(words) {}
    /** Threads may call it at the same time. */
    void add(Kind kind, size_t atom) { store(kind, static_cast<int>(atom) + 1); }
    void add(Kind kind) { store(kind, NO_ATOM); }
    /** Adds positions that are not finite or too far away; box is null if not periodic. */
    void addPositions(const std::vector<OpenMM::Vec3>& positionsAngstrom, const Box* box);
    /** Adds a box that is too narrow, or has no volume, for pairs within a range. */
    void addBox(const Box* box, std::optional<double> rangeAngstrom);
    /** Adds what is not finite in energy and forces. */
    void addResults(const Evaluation& evaluation);
    bool any() const { return words != std::array<int, NUM_KINDS>{}; }
    void clear() { words = {}; }
    /**
     * Throws OpenMMException for the first fault if there is any; atoms are looked for in what was
     * evaluated.
     *
     * @param positionsAngstrom  one per atom
     * @param box                null if not periodic
     * @param modelFile          what the error calls the model; may be empty
     */
    void check(const std::vector<OpenMM::Vec3>& positionsAngstrom, const Box* box,
               const std::string& modelFile = "") const;

private:
    void store(Kind kind, int word);
    std::array<int, NUM_KINDS> words{};
};

/** Runs an action; an error of it tells which of several systems it is about. */
template <class Action>
auto forSystem(const std::string& name, Action action) {
    try {
        return action();
    } catch (const OpenMM::OpenMMException& error) {
        const std::string message = error.what(), prefix = "GemsForce: ";
        const bool begins = message.starts_with(prefix);
        throw OpenMM::OpenMMException(prefix + name + ": " +
                                      (begins ? message.substr(prefix.size()) : message));
    }
}

} // namespace OpenMMGems

#endif // OPENMMGEMS_INTERNAL_EVALUATIONFAULTS_H_

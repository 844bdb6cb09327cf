// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_MODEL_H_
#define OPENMMGEMS_MODEL_H_

#include "openmmgems/GemsForce.h"
#include "openmmgems/internal/OpenMMGemsModelExport.h"
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace OpenMMGems {

class TorchModule;

/** What a user asks of a model. Lengths in angstrom. */
struct ModelSettings {
    std::vector<int> atomicNumbers;
    int totalCharge = 0;
    int numUnpairedElectrons = 0;
    bool periodic = false;
    GemsForce::EvaluatorKind evaluator = GemsForce::Auto;
    GemsForce::AttentionMode attention = GemsForce::ModelDefault;
    /** Empty: the model's own. */
    std::optional<double> longRangeCutoffAngstrom;

    /** The same settings for other atoms, charge and unpaired electrons. */
    ModelSettings withComposition(const std::vector<int>& atomicNumbers, int totalCharge,
                                  int numUnpairedElectrons) const;
    /** The settings of a force, lengths converted from nm. */
    OPENMMGEMS_MODEL_EXPORT static ModelSettings of(const GemsForce& force);
};

/**
 * A model file, opened and checked: a TorchScript archive with a description, gems.json, inside.
 * The description is read before anything of the archive is executed.
 */
class OPENMMGEMS_MODEL_EXPORT Model {
public:
    /** The newest layout of gems.json that is understood. */
    static constexpr int FORMAT_VERSION = 1;

    /**
     * Open a model file. Throws OpenMMException if it does not exist, is damaged, is not a model
     * file, has a newer format, lacks what a model needs, or holds weights that are not finite.
     */
    explicit Model(const std::string& file);
    ~Model();
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    const std::string& getFile() const { return file; }
    /** Kind of network, such as "spookynet". */
    const std::string& getArchitecture() const { return architecture; }
    /** Text of gems.json. */
    const std::string& getDescription() const { return description; }
    /**
     * Range of the pairs the model wants with these settings in angstrom; empty: all pairs of a
     * system that is not periodic.
     */
    std::optional<double> getPairCutoffAngstrom(const ModelSettings& settings) const;
    /**
     * The one place where settings meet the model: throws OpenMMException if there are no atoms,
     * the model does not know an element, the number of electrons does not fit the unpaired ones,
     * and as validateOptions().
     */
    void validate(const ModelSettings& settings) const;
    /**
     * What is known before there are atoms: throws OpenMMException for periodic use without a
     * long-range cutoff, and settings the model does not take.
     */
    void validateOptions(const ModelSettings& settings) const;
    /** Whether the native evaluator computes this model. */
    bool hasNativeEvaluator() const;
    /** The TorchScript module as it is in the file. */
    const TorchModule& getModule() const { return *module; }

private:
    void readDescription();
    void validateElements(const ModelSettings& settings) const;
    std::string file, description, architecture;
    std::optional<double> cutoffAngstrom, longRangeCutoffAngstrom;
    std::optional<std::set<int>> elements;
    std::unique_ptr<TorchModule> module;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_MODEL_H_

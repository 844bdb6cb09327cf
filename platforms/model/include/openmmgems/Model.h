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
    /** Empty: what fits the boundaries, see GemsForce::ElectrostaticsForm. */
    std::optional<GemsForce::ElectrostaticsForm> electrostatics;
    /** Empty: the model's own. */
    std::optional<double> longRangeCutoffAngstrom;
    /** Whether the System has particles besides the model's atoms. */
    bool isSubset = false;

    /** The same settings for other atoms, charge and unpaired electrons. */
    ModelSettings withComposition(const std::vector<int>& atomicNumbers, int totalCharge,
                                  int numUnpairedElectrons) const;
    /**
     * The settings of a force, lengths converted from nm.
     *
     * @param numParticles  of the System that the force is, or shall be, in
     */
    OPENMMGEMS_MODEL_EXPORT static ModelSettings of(const GemsForce& force, int numParticles);
};

/**
 * The Coulomb interaction erf(r / width) / r of a model's charges, for the evaluator to add. Within
 * a cutoff c it is shifted, and switched to its tangent from switchOn c on.
 */
struct CoulombKernel {
    double widthAngstrom, switchOn;
};

/**
 * A model file, opened and checked: a TorchScript archive with a description, gems.json, inside.
 * The description is read before anything of the archive is executed.
 */
class OPENMMGEMS_MODEL_EXPORT Model {
public:
    /** The newest layout of gems.json that is understood. */
    static constexpr int FORMAT_VERSION = 2;

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
    /** Cutoff of the long-range interactions with these settings in angstrom; empty: none. */
    std::optional<double> getLongRangeCutoffAngstrom(const ModelSettings& settings) const;
    /**
     * Range of the pairs the model wants with these settings in angstrom; empty: all pairs of a
     * system that is not periodic.
     */
    std::optional<double> getPairCutoffAngstrom(const ModelSettings& settings) const;
    /** How the evaluator adds the Coulomb energy of the charges; empty: the module gives all. */
    const std::optional<CoulombKernel>& getElectrostatics() const { return electrostatics; }
    /** How far the charges interact with these settings; empty if getElectrostatics() is. */
    std::optional<GemsForce::ElectrostaticsForm>
    getElectrostaticsForm(const ModelSettings& settings) const;
    /**
     * The one place where settings meet the model: throws OpenMMException if there are no atoms,
     * the model does not know an element, the number of electrons does not fit the unpaired ones,
     * periodic boundaries do not fit the other settings, and as validateOptions().
     */
    void validate(const ModelSettings& settings) const;
    /**
     * What is known before there are atoms and boundaries: throws OpenMMException for settings the
     * model does not take.
     */
    void validateOptions(const ModelSettings& settings) const;
    /** Whether the native evaluator computes this model. */
    bool hasNativeEvaluator() const;
    /** The TorchScript module as it is in the file. */
    const TorchModule& getModule() const { return *module; }

private:
    void readDescription();
    void validateElements(const ModelSettings& settings) const;
    void validateBoundaries(const ModelSettings& settings) const;
    void validateForm(const ModelSettings& settings, GemsForce::ElectrostaticsForm form) const;
    std::string file, description, architecture;
    std::optional<double> cutoffAngstrom, longRangeCutoffAngstrom;
    std::optional<CoulombKernel> electrostatics;
    double leastLongRangeCutoffAngstrom = 0.0; ///< of a model with electrostatics
    std::optional<std::set<int>> elements;
    std::unique_ptr<TorchModule> module;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_MODEL_H_

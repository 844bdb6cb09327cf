// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_EVALUATOR_H_
#define OPENMMGEMS_EVALUATOR_H_

#include "openmmgems/Model.h"
#include <array>
#include <map>
#include <memory>
#include <openmm/Vec3.h>
#include <optional>
#include <string>
#include <vector>

namespace OpenMMGems {

/** The three lattice vectors in angstrom. */
using Box = std::array<OpenMM::Vec3, 3>;

/** What an evaluation has to give besides the energy. */
struct Wanted {
    bool forces = true;
    bool virial = false;
    bool terms = false;
    bool charges = false;
    bool hirshfeldRatios = false;
};

/** What an evaluation gave. */
struct Evaluation {
    double energyEv = 0.0;
    /** In eV by name ("network", "repulsion", ...); empty if the model gives none. */
    std::map<std::string, double> termsEv;
    /** In eV/angstrom, one per atom. */
    std::vector<OpenMM::Vec3> forcesEvPerAngstrom;
    /** Derivative of the energy with respect to the strain, row by row, in eV. */
    Box virialEv;
    /** In elementary charges, one per atom; empty if the model gives none. */
    std::vector<double> charges;
    /** Volumes of atoms relative to free ones, one per atom; empty if the model gives none. */
    std::vector<double> hirshfeldRatios;
    /** Wall time by phase in seconds; empty if the evaluator does not tell. */
    std::map<std::string, double> phaseSeconds;
};

/** One of several systems that are evaluated together. */
struct MolecularSystem {
    /** What errors call it, such as "system 3". */
    std::string name;
    std::vector<int> atomicNumbers;
    std::vector<OpenMM::Vec3> positionsAngstrom;
    int totalCharge = 0;
    int numUnpairedElectrons = 0;
    std::optional<Box> box;
};

enum class Precision { Single, Double };

/** Where and how an Evaluator computes. */
struct EvaluatorOptions {
    Precision precision = Precision::Double;
    /** Index of the CUDA device, or -1 for the CPU. */
    int cudaDevice = -1;
    /** Whether that device multiplies TF32 matrices by tensor cores. */
    bool hasTensorCores = false;
    /** Threads on the CPU at most, small systems use fewer; 0: as many as torch uses. */
    int numThreads = 0;
    /** What GemsForce::Auto means for a model that the native evaluator computes. */
    GemsForce::EvaluatorKind automatic = GemsForce::Native;
};

/**
 * Evaluates a model for one molecular system on the host's data: arrays in, arrays out. Threads
 * that evaluate at the same time need an evaluator each.
 */
class OPENMMGEMS_MODEL_EXPORT Evaluator {
public:
    virtual ~Evaluator() = default;
    /**
     * Change atomic numbers, charge and unpaired electrons. The number of atoms may change too.
     * All other settings stay those the evaluator was made with. Throws as Model::validate();
     * nothing has changed then.
     */
    virtual void setComposition(const std::vector<int>& atomicNumbers, int totalCharge,
                                int numUnpairedElectrons) = 0;
    /**
     * Evaluate the model.
     *
     * @param positionsAngstrom  one per atom
     * @param box                lattice vectors if periodic, otherwise null
     * @param wanted             what is needed besides the energy
     * @return the results. Throws OpenMMException for what EvaluationFaults tells, and if the
     *         model fails. The next evaluation is as if that one had not been.
     */
    virtual Evaluation evaluate(const std::vector<OpenMM::Vec3>& positionsAngstrom, const Box* box,
                                const Wanted& wanted) = 0;
    /**
     * Evaluate several systems, each by itself, together if evaluator and model can. All have a box
     * or none has, as the settings have it. What composition the evaluator has afterwards is not
     * defined.
     *
     * @return the results of each. Throws as setComposition() and evaluate(), naming the system.
     */
    virtual std::vector<Evaluation> evaluateBatch(const std::vector<MolecularSystem>& systems,
                                                  const Wanted& wanted);
};

/**
 * Make the evaluator that the settings ask for. Throws as Model::validate().
 *
 * @param model  kept by the evaluator
 */
OPENMMGEMS_MODEL_EXPORT std::unique_ptr<Evaluator>
createEvaluator(std::shared_ptr<const Model> model, const ModelSettings& settings,
                const EvaluatorOptions& options);

} // namespace OpenMMGems

#endif // OPENMMGEMS_EVALUATOR_H_

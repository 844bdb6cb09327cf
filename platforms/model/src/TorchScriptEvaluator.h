// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_TORCHSCRIPTEVALUATOR_H_
#define OPENMMGEMS_TORCHSCRIPTEVALUATOR_H_

#include "TorchModule.h"
#include "openmmgems/Evaluator.h"
#include "terms/Coulomb.h"
#include <memory>
#include <optional>
#include <vector>

namespace OpenMMGems {

/** Runs the TorchScript module of any model; derivatives by automatic differentiation. */
class TorchScriptEvaluator : public Evaluator {
public:
    TorchScriptEvaluator(std::shared_ptr<const Model> model, const ModelSettings& settings,
                         const EvaluatorOptions& options);
    void setComposition(const std::vector<int>& atomicNumbers, int totalCharge,
                        int numUnpairedElectrons) override;
    Evaluation evaluate(const std::vector<OpenMM::Vec3>& positionsAngstrom, const Box* box,
                        const Wanted& wanted) override;
    std::vector<Evaluation> evaluateBatch(const std::vector<MolecularSystem>& systems,
                                          const Wanted& wanted) override;

private:
    using Results = std::map<std::string, at::Tensor>;
    struct Part;
    double freeAtomsEv(const std::vector<int>& numbers) const;
    at::Tensor toFloats(const std::vector<int>& values) const;
    /** The pairs' share of an input: vectors, and the atoms' indices. */
    void addPairs(const std::vector<Part>& parts, bool wantGradient, ModelInput& input) const;
    std::vector<Evaluation> run(const std::vector<Part>& parts, ModelInput& input,
                                const Wanted& wanted);
    const at::Tensor& getResult(const Results& results, const std::string& name,
                                size_t numAtoms) const;
    Evaluation collect(const Part& part, size_t numAtoms, const Results& results,
                       const Wanted& wanted) const;
    std::vector<double> addElectrostatics(const std::vector<Part>& parts, const Results& results,
                                          const Wanted& wanted,
                                          std::vector<Evaluation>& evaluations);
    at::Tensor gradient(const ModelInput& input, const Results& results,
                        const std::vector<double>& potentials) const;
    std::shared_ptr<const Model> model;
    ModelSettings settings;
    at::TensorOptions floatOptions;
    int numThreads;
    std::unique_ptr<TorchModule> module;
    std::optional<Coulomb> coulomb;
    std::unique_ptr<Workers> workers; ///< of electrostatics
    at::Tensor atomicNumbers, charge, spin;
    std::vector<double> elementEnergies; ///< in eV, which the module leaves out; may be empty
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_TORCHSCRIPTEVALUATOR_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_TORCHSCRIPTEVALUATOR_H_
#define OPENMMGEMS_TORCHSCRIPTEVALUATOR_H_

#include "TorchModule.h"
#include "openmmgems/Evaluator.h"
#include <memory>
#include <vector>

namespace OpenMMGems {

struct PairList;

/** Runs the TorchScript module of any model; derivatives by automatic differentiation. */
class TorchScriptEvaluator : public Evaluator {
public:
    TorchScriptEvaluator(std::shared_ptr<const Model> model, const ModelSettings& settings,
                         const EvaluatorOptions& options);
    void setComposition(const std::vector<int>& atomicNumbers, int totalCharge,
                        int numUnpairedElectrons) override;
    Evaluation evaluate(const std::vector<OpenMM::Vec3>& positionsAngstrom, const Box* box,
                        const Wanted& wanted) override;

private:
    using Results = std::map<std::string, at::Tensor>;
    ModelInput makeInput(const PairList& pairs, bool wantGradient) const;
    const at::Tensor& getResult(const Results& results, const std::string& name) const;
    void addDerivatives(const PairList& pairs, const at::Tensor& gradient, const Wanted& wanted,
                        Evaluation& evaluation) const;
    std::shared_ptr<const Model> model;
    ModelSettings settings;
    at::TensorOptions floatOptions;
    int numThreads;
    std::unique_ptr<TorchModule> module;
    at::Tensor atomicNumbers, charge, spin;
    std::vector<double> elementEnergies; ///< in eV, which the module leaves out; may be empty
    double freeAtomsEv = 0.0;            ///< their sum over all atoms
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_TORCHSCRIPTEVALUATOR_H_

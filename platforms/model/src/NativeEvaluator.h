// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVEEVALUATOR_H_
#define OPENMMGEMS_NATIVEEVALUATOR_H_

#include "native/SpookyNet.h"
#include "native/SpookyNetParameters.h"
#include "openmmgems/Evaluator.h"
#include <memory>
#include <vector>

namespace OpenMMGems {

/** Evaluates a SpookyNet by derivatives written out, without automatic differentiation. */
template <class Real>
class NativeEvaluator : public Evaluator {
public:
    NativeEvaluator(std::shared_ptr<const Model> model, const ModelSettings& settings,
                    const EvaluatorOptions& options);
    void setComposition(const std::vector<int>& atomicNumbers, int totalCharge,
                        int numUnpairedElectrons) override;
    Evaluation evaluate(const std::vector<OpenMM::Vec3>& positionsAngstrom, const Box* box,
                        const Wanted& wanted) override;

private:
    std::shared_ptr<const Model> model;
    ModelSettings settings;
    int numThreads;
    SpookyNetParameters parameters;
    SpookyNet<Real> network;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVEEVALUATOR_H_

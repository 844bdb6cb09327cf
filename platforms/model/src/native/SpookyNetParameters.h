// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_SPOOKYNETPARAMETERS_H_
#define OPENMMGEMS_NATIVE_SPOOKYNETPARAMETERS_H_

#include "SpookyNetOptions.h"
#include "TensorReader.h"
#include "openmmgems/Model.h"
#include <memory>

namespace OpenMMGems {

/** What native evaluators need of a model: weights, options, and the features atoms start from. */
class OPENMMGEMS_MODEL_EXPORT SpookyNetParameters {
public:
    /** Throws OpenMMException if the model is not a SpookyNet with these settings. */
    SpookyNetParameters(const Model& model, const ModelSettings& settings);
    ~SpookyNetParameters();
    const SpookyNetOptions& getOptions() const { return options; }
    TensorReader getTensors() const { return TensorReader(tensors); }
    /** [numAtoms, numFeatures] of a composition. */
    Matrix<double> initialFeatures(const ModelSettings& settings) const;

private:
    std::unique_ptr<TorchModule> module;
    NamedTensors tensors;
    SpookyNetOptions options;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_SPOOKYNETPARAMETERS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_TORCHMODULE_H_
#define OPENMMGEMS_TORCHMODULE_H_

#include "native/TensorReader.h"
#include <ATen/core/Tensor.h>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace OpenMMGems {

/** The inputs of a model's forward function: see "The model file" in the README. */
struct ModelInput {
    at::Tensor atomicNumbers; ///< [N] int64
    at::Tensor vectors;       ///< [P, 3], angstrom
    at::Tensor pairI, pairJ;  ///< [P] int64
    at::Tensor charge, spin;  ///< [1]; of a batch [M]
    at::Tensor molecule;      ///< [N] int64, of a batch only: the one of the M that an atom is of
};

/** A TorchScript module in a file: the only class that touches torch::jit. */
class TorchModule {
public:
    /** Load a module onto the CPU and check that it has what every model needs. */
    explicit TorchModule(const std::string& file);
    ~TorchModule();
    /** A copy with its floating-point tensors cast, all tensors moved to a device. */
    std::unique_ptr<TorchModule> cast(at::ScalarType type, at::Device device) const;
    bool hasMethod(const std::string& name) const;
    /** Call the exported method set_long_range_cutoff; empty: all listed pairs. */
    void setLongRangeCutoff(std::optional<double> cutoffAngstrom);
    /** Call the exported method set_attention. */
    void setAttention(int mode);
    /** Call the exported method attention_mode. */
    int getAttention();
    /** Call the exported method initial_features: [N, F] of a composition. */
    at::Tensor initialFeatures(const at::Tensor& atomicNumbers, const at::Tensor& charge,
                               const at::Tensor& spin);
    /** All parameters and buffers. */
    NamedTensors getTensors() const;
    /** Energies by atomic number that a SpookyNet adds to atoms, from now on without them. */
    std::vector<double> takeElementEnergies();
    /** The model's results by name; of a batch by the exported method forward_batch. */
    std::map<std::string, at::Tensor> forward(const ModelInput& input);

private:
    struct Impl;
    TorchModule(const std::string& file, std::unique_ptr<Impl> impl);
    void checkForward() const;
    void checkFinite() const;
    std::string file;
    std::unique_ptr<Impl> impl;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_TORCHMODULE_H_

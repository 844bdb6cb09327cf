// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_NETWORKLAYOUT_H_
#define OPENMMGEMS_NATIVE_NETWORKLAYOUT_H_

#include "DeviceProgram.h"
#include "native/SpookyNetOptions.h"
#include "native/TensorReader.h"
#include <string>
#include <vector>

namespace OpenMMGems {

/** Where the kernels find weights, and what they keep: see layers.cc and features.cc. */
class NetworkLayout {
public:
    /** Tensor cores want matrices in an order of their own. */
    NetworkLayout(const TensorReader& tensors, const SpookyNetOptions& options, bool tensorCores);
    int getNumModules() const { return static_cast<int>(moduleWeights.size()); }
    /** A multiple of four, for tensor cores of sixteen. */
    int getPaddedFeatures() const { return paddedFeatures; }
    /** Matrices [atom][paddedFeatures] that each module keeps, and that all share for gradients. */
    int getNumStored() const { return numStored; }
    int getNumGradients() const { return numGradients; }
    const std::vector<double>& getWeights(int module) const { return moduleWeights[module]; }
    /** Of each of the three types of messages a matrix [function][paddedFeatures]. */
    const std::vector<double>& getRadialWeights(int module) const { return radialWeights[module]; }
    /** Of the seven functions of an atom's features: weights, depth and slot of each. */
    const std::vector<int>& getMlps() const { return mlps; }
    /** [2][paddedFeatures]: of energy and charge. */
    const std::vector<double>& getOutputWeights() const { return outputWeights; }
    const Defines& getDefines() const { return defines; }
    /** Slots that the host has to know. */
    int slot(const std::string& name) const { return std::stoi(defines.at(name)); }

private:
    using Numbers = std::vector<double>;
    int padded(int size) const;
    size_t place(size_t row, size_t column) const;
    void addVector(Numbers numbers, Numbers& weights) const;
    void addMatrix(const Matrix<double>& matrix, int firstRow, bool transposed, double scale,
                   Numbers& weights) const;
    void addLayer(const TensorReader& activation, const TensorReader& linear,
                  Numbers& weights) const;
    int addStack(const TensorReader& reader, Numbers& weights) const;
    int addMlp(const TensorReader& reader, Numbers& weights) const;
    void addProjection(const TensorReader& reader, Numbers& weights) const;
    void addModule(const TensorReader& reader, bool isFirst);
    void addRadialWeights(const TensorReader& reader);
    void define(const std::string& name, int value) { defines[name] = std::to_string(value); }
    int newSlots(int number);
    /** Numbers of a layer: alpha, beta, bias, two matrices. */
    int layerSize() const { return paddedFeatures * (3 + 2 * paddedFeatures); }
    static int stackSlots(int depth) { return depth > 0 ? 2 * depth - 1 : 0; }
    static int mlpSlots(int depth) { return stackSlots(depth) + 1; }
    void assignGradients(int numD);
    bool tensorCores;
    int numFeatures, paddedFeatures, numStored = 0, numGradients = 0;
    std::vector<Numbers> moduleWeights, radialWeights;
    std::vector<int> mlps;
    Numbers outputWeights;
    Defines defines;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_NETWORKLAYOUT_H_

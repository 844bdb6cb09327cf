// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_TENSORREADER_H_
#define OPENMMGEMS_NATIVE_TENSORREADER_H_

#include "Matrix.h"
#include <algorithm>
#include <cstdint>
#include <map>
#include <openmm/OpenMMException.h>
#include <string>
#include <vector>

namespace OpenMMGems {

/** A tensor's shape and its numbers, row-major. */
struct TensorValues {
    std::vector<int64_t> shape;
    std::vector<double> numbers;
};
using NamedTensors = std::map<std::string, TensorValues>;

/** Reads the weights of a model by name, relative to a part of the model. */
class TensorReader {
public:
    explicit TensorReader(const NamedTensors& tensors, const std::string& prefix = "")
        : tensors(tensors), prefix(prefix) {}
    /** A reader of a part, such as "module.0". */
    TensorReader part(const std::string& name) const {
        return TensorReader(tensors, prefix + name + ".");
    }
    bool has(const std::string& name) const { return tensors.contains(prefix + name); }
    template <class Real>
    std::vector<Real> numbers(const std::string& name) const {
        const std::vector<double>& values = get(name).numbers;
        return {values.begin(), values.end()};
    }
    double number(const std::string& name) const { return numbers<double>(name).at(0); }
    /** A tensor of two dimensions. */
    template <class Real>
    Matrix<Real> matrix(const std::string& name) const {
        const TensorValues& tensor = get(name);
        Matrix<Real> matrix(tensor.shape.at(0), tensor.shape.at(1));
        std::copy(tensor.numbers.begin(), tensor.numbers.end(), matrix.data());
        return matrix;
    }

private:
    const TensorValues& get(const std::string& name) const {
        const auto found = tensors.find(prefix + name);
        if (found == tensors.end()) {
            throw OpenMM::OpenMMException("GemsForce: the model has no tensor '" + prefix + name +
                                          "'; expected a SpookyNet. Use GemsForce.TorchScript.");
        }
        return found->second;
    }
    const NamedTensors& tensors;
    std::string prefix;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_TENSORREADER_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_TENSORREADER_H_
#define OPENMMGEMS_NATIVE_TENSORREADER_H_

#include "Matrix.h"
#include <ATen/ATen.h>
#include <map>
#include <openmm/OpenMMException.h>
#include <string>
#include <vector>

namespace OpenMMGems {

using NamedTensors = std::map<std::string, at::Tensor>;

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
        const at::Tensor tensor =
            get(name).detach().to(at::kCPU, c10::CppTypeToScalarType<Real>::value).contiguous();
        const Real* data = tensor.data_ptr<Real>();
        return {data, data + tensor.numel()};
    }
    double number(const std::string& name) const { return numbers<double>(name).at(0); }
    /** A tensor of two dimensions. */
    template <class Real>
    Matrix<Real> matrix(const std::string& name) const {
        const at::Tensor& tensor = get(name);
        Matrix<Real> matrix(tensor.size(0), tensor.size(1));
        const std::vector<Real> values = numbers<Real>(name);
        std::copy(values.begin(), values.end(), matrix.data());
        return matrix;
    }

private:
    const at::Tensor& get(const std::string& name) const {
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

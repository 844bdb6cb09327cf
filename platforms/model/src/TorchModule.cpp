// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "TorchModule.h"
#include <openmm/OpenMMException.h>
#include <torch/script.h>

using namespace OpenMMGems;
using OpenMM::OpenMMException;
using std::string;
using std::to_string;

namespace {

constexpr size_t NUM_INPUTS = 6;

/** The last line of a message of the TorchScript interpreter: the code stands before it. */
string lastLine(const string& text) {
    const size_t end = text.find_last_not_of(" \n");
    const size_t start = text.find_last_of('\n', end);
    return text.substr(start == string::npos ? 0 : start + 1, end - start);
}

/** Run something that may throw a torch error; rethrow it with the file and the call. */
template <typename Action>
auto guarded(const string& file, const string& call, Action action) -> decltype(action()) {
    try {
        return action();
    } catch (const c10::Error& error) {
        throw OpenMMException("GemsForce: " + call + " of model file '" + file +
                              "' failed: " + error.what_without_backtrace());
    } catch (const OpenMMException&) {
        throw;
    } catch (const std::exception& error) { // what the module itself raises
        throw OpenMMException("GemsForce: " + call + " of model file '" + file +
                              "' failed: " + lastLine(error.what()));
    }
}

} // namespace

struct TorchModule::Impl {
    torch::jit::Module module;
};

TorchModule::TorchModule(const string& file) : file(file), impl(std::make_unique<Impl>()) {
    guarded(file, "loading", [&] {
        impl->module = torch::jit::load(file, torch::kCPU);
        impl->module.eval();
        checkForward();
        checkFinite();
    });
}

TorchModule::TorchModule(const string& file, std::unique_ptr<Impl> impl)
    : file(file), impl(std::move(impl)) {}

TorchModule::~TorchModule() = default;

void TorchModule::checkForward() const {
    const auto method = impl->module.find_method("forward");
    if (!method) {
        throw OpenMMException("GemsForce: model file '" + file +
                              "' has no forward function; expected a model.");
    }
    const size_t given = method->function().getSchema().arguments().size() - 1; // without self
    if (given != NUM_INPUTS) {
        throw OpenMMException("GemsForce: the forward function of model file '" + file +
                              "' takes " + to_string(given) + " arguments; expected " +
                              to_string(NUM_INPUTS) +
                              ": atomic_numbers, vectors, pair_i, pair_j, charge, spin.");
    }
}

void TorchModule::checkFinite() const {
    const auto check = [&](const string& name, const at::Tensor& tensor) {
        if (tensor.is_floating_point() && !at::isfinite(tensor).all().item<bool>()) {
            throw OpenMMException("GemsForce: tensor '" + name + "' of model file '" + file +
                                  "' holds NaN or infinite values; expected finite weights.");
        }
    };
    for (const auto& parameter : impl->module.named_parameters()) {
        check(parameter.name, parameter.value);
    }
    for (const auto& buffer : impl->module.named_buffers()) {
        check(buffer.name, buffer.value);
    }
}

std::unique_ptr<TorchModule> TorchModule::cast(at::ScalarType type, at::Device device) const {
    return guarded(file, "casting", [&] {
        const c10::AutoGradMode noGradient(false); // so that the copies are leaves
        auto copy = std::make_unique<Impl>();
        copy->module = impl->module.deepcopy();
        const auto convert = [&](at::Tensor tensor) {
            // Module::to(dtype) would cast integer buffers too.
            tensor.set_data(tensor.is_floating_point() ? tensor.to(device, type)
                                                       : tensor.to(device));
            tensor.requires_grad_(false);
        };
        for (const auto& parameter : copy->module.parameters()) {
            convert(parameter);
        }
        for (const auto& buffer : copy->module.buffers()) {
            convert(buffer);
        }
        return std::unique_ptr<TorchModule>(new TorchModule(file, std::move(copy)));
    });
}

bool TorchModule::hasMethod(const string& name) const {
    return impl->module.find_method(name).has_value();
}

void TorchModule::setLongRangeCutoff(std::optional<double> cutoffAngstrom) {
    guarded(file, "set_long_range_cutoff", [&] {
        impl->module.get_method("set_long_range_cutoff")({c10::IValue(cutoffAngstrom)});
    });
}

void TorchModule::setAttention(int mode) {
    guarded(file, "set_attention",
            [&] { impl->module.get_method("set_attention")({c10::IValue(mode)}); });
}

int TorchModule::getAttention() {
    return guarded(file, "attention_mode", [&] {
        return static_cast<int>(impl->module.get_method("attention_mode")({}).toInt());
    });
}

at::Tensor TorchModule::initialFeatures(const at::Tensor& atomicNumbers, const at::Tensor& charge,
                                        const at::Tensor& spin) {
    return guarded(file, "initial_features", [&] {
        const c10::AutoGradMode noGradient(false);
        return impl->module.get_method("initial_features")({atomicNumbers, charge, spin})
            .toTensor();
    });
}

NamedTensors TorchModule::getTensors() const {
    NamedTensors tensors;
    const auto keep = [&](const string& name, const at::Tensor& tensor) {
        const at::Tensor numbers = tensor.detach().to(at::kCPU, at::kDouble).contiguous();
        const auto* data = numbers.data_ptr<double>();
        tensors[name] = {numbers.sizes().vec(), {data, data + numbers.numel()}};
    };
    for (const auto& parameter : impl->module.named_parameters()) {
        keep(parameter.name, parameter.value);
    }
    for (const auto& buffer : impl->module.named_buffers()) {
        keep(buffer.name, buffer.value);
    }
    return tensors;
}

std::vector<double> TorchModule::takeElementEnergies() {
    const c10::AutoGradMode noGradient(false);
    at::Tensor column = impl->module.attr("element_bias").toTensor().select(1, 0);
    const at::Tensor taken = column.to(at::kCPU, at::kDouble, false, /*copy=*/true).contiguous();
    column.zero_();
    return {taken.data_ptr<double>(), taken.data_ptr<double>() + taken.numel()};
}

std::map<string, at::Tensor> TorchModule::forward(const ModelInput& input) {
    std::vector<c10::IValue> arguments{input.atomicNumbers, input.vectors, input.pairI,
                                       input.pairJ,         input.charge,  input.spin};
    string name = "forward";
    if (input.molecule.defined()) {
        arguments.emplace_back(input.molecule);
        name = "forward_batch";
    }
    return guarded(file, name, [&] {
        const c10::IValue result = impl->module.get_method(name)(std::move(arguments));
        if (!result.isGenericDict()) {
            throw OpenMMException("GemsForce: the " + name + " function of model file '" + file +
                                  "' returns " + result.tagKind() +
                                  "; expected a dictionary of tensors.");
        }
        std::map<string, at::Tensor> tensors;
        for (const auto& entry : result.toGenericDict()) {
            tensors[entry.key().toStringRef()] = entry.value().toTensor();
        }
        return tensors;
    });
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "SpookyNetOptions.h"
#include <map>
#include <nlohmann/json.hpp>
#include <openmm/OpenMMException.h>

using namespace OpenMMGems;
using nlohmann::json;
using std::string;

namespace {

template <class Kind>
Kind choose(const json& values, const char* key, const std::map<string, Kind>& kinds) {
    const auto name = values.at(key).get<string>();
    const auto found = kinds.find(name);
    if (found == kinds.end()) {
        throw OpenMM::OpenMMException("GemsForce: hyperparameter " + string(key) + " is '" + name +
                                      "', which the native evaluator does not know. Use "
                                      "GemsForce.TorchScript.");
    }
    return found->second;
}

} // namespace

SpookyNetOptions SpookyNetOptions::read(const string& description) {
    try {
        const json values = json::parse(description).at("hyperparameters");
        SpookyNetOptions options;
        options.activation = choose<ActivationKind>(
            values, "activation",
            {{"swish", ActivationKind::Swish}, {"ssp", ActivationKind::ShiftedSoftplus}});
        options.basis = choose<BasisKind>(values, "basis_functions",
                                          {{"exp-bernstein", BasisKind::ExpBernstein},
                                           {"exp-gaussian", BasisKind::ExpGaussian},
                                           {"bernstein", BasisKind::Bernstein},
                                           {"gaussian", BasisKind::Gaussian},
                                           {"sinc", BasisKind::Sinc}});
        options.expWeighting = values.at("exp_weighting").get<bool>();
        options.useIrreps = values.at("use_irreps").get<bool>();
        options.useElectrostatics = values.at("use_electrostatics").get<bool>();
        options.cutoff = values.at("cutoff").get<double>();
        if (!values.at("lr_cutoff").is_null()) {
            options.longRangeCutoff = values.at("lr_cutoff").get<double>();
        }
        return options;
    } catch (const json::exception& error) {
        throw OpenMM::OpenMMException(
            string("GemsForce: the hyperparameters in gems.json are not those of a SpookyNet: ") +
            error.what());
    }
}

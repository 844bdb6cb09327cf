// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "NetworkLayout.h"
#include "native/Attention.h"
#include <cmath>

using namespace OpenMMGems;
using std::string;
using std::vector;

namespace {

/** In the order of what features.cc calls the seven functions of x. */
constexpr const char* MLPS[] = {
    "local_interaction.resblock_x",    "local_interaction.resblock_s",
    "local_interaction.resblock_p",    "local_interaction.resblock_d",
    "nonlocal_interaction.resblock_q", "nonlocal_interaction.resblock_k",
    "nonlocal_interaction.resblock_v",
};
constexpr int NUM_MLPS = 7;

} // namespace

NetworkLayout::NetworkLayout(const TensorReader& tensors, const SpookyNetOptions& options,
                             bool tensorCores)
    : tensorCores(tensorCores) {
    const auto output = tensors.matrix<double>("output.weight");
    numFeatures = static_cast<int>(output.columns());
    paddedFeatures = padded(numFeatures);
    for (size_t row = 0; row < output.rows(); row++) {
        addVector(Numbers(output.row(row), output.row(row) + numFeatures), outputWeights);
    }
    define("NUM_FEATURES", numFeatures);
    define("PADDED_FEATURES", paddedFeatures);
    define("NUM_MLPS", NUM_MLPS);
    const int numD = options.useIrreps ? 5 : 6;
    define("NUM_D", numD);
    defines[options.activation == ActivationKind::Swish ? "SWISH" : "SHIFTED_SOFTPLUS"] = "1";
    if (options.useIrreps) {
        defines["IRREPS"] = "1";
    }
    if (!options.smoothAttention) {
        defines["EXACT_ATTENTION"] = "1";
    }
    defines["LN2"] = literal(std::log(2.0));
    defines["EPSILON_FEATURES"] = literal(EPSILON_FEATURES);
    defines["EPSILON_NORM"] = literal(EPSILON_NORM);
    defines["SCALE_H"] = literal(1 / (2 * std::sqrt(static_cast<double>(numFeatures))));
    defines["SCALE_FEATURES"] = literal(1 / std::sqrt(static_cast<double>(numFeatures)));

    define("X_SLOT", newSlots(1));
    const int results = newSlots(NUM_MLPS);
    define("MLP_SLOT", results);
    define("Q_SLOT", results + 4);
    define("K_SLOT", results + 5);
    define("V_SLOT", results + 6);
    define("S_SLOT", newSlots(1));
    define("P_SLOT", newSlots(3));
    define("D_SLOT", newSlots(numD));
    for (const char* name : {"H_SLOT", "KEYS_SLOT", "QUERY_FEATURES_SLOT", "KEY_FEATURES_SLOT",
                             "ATTENTION_SLOT", "SUM_SLOT", "Y_SLOT"}) {
        define(name, newSlots(1));
    }
    assignGradients(numD);
    for (int t = 0; tensors.has("module." + std::to_string(t) + ".resblock.linear.weight"); t++) {
        const TensorReader module = tensors.part("module." + std::to_string(t));
        addModule(module, t == 0);
        addRadialWeights(module.part("local_interaction"));
    }
}

int NetworkLayout::newSlots(int number) {
    numStored += number;
    return numStored - number;
}

/** Gradients by the results of the seven functions start with that by h, which is that by x. */
void NetworkLayout::assignGradients(int numD) {
    const auto next = [&](const char* name, int number) {
        define(name, numGradients);
        numGradients += number;
    };
    next("OF_SUM", 1);
    next("OF_P", 3);
    next("OF_D", numD);
    define("OF_H", numGradients);
    next("OF_MLPS", NUM_MLPS);
    next("OF_X_BY_MLPS", NUM_MLPS);
}

/** What sizes of matrices are filled up to. */
int NetworkLayout::padded(int size) const {
    const int multiple = tensorCores ? 16 : 4;
    return (size + multiple - 1) / multiple * multiple;
}

/** MATRIX_PLACE in products.cc and tensorProducts.cc. */
size_t NetworkLayout::place(size_t row, size_t column) const {
    if (!tensorCores) {
        return row * paddedFeatures + column;
    }
    const size_t block = row / 16 * (paddedFeatures / 16) + column / 16;
    return (2 * block + column % 4 / 2) * 128 + (column % 16 / 4 * 2 + column % 2) * 16 + row % 16;
}

void NetworkLayout::addVector(Numbers numbers, Numbers& weights) const {
    numbers.resize(paddedFeatures, 0.0);
    weights.insert(weights.end(), numbers.begin(), numbers.end());
}

/** numFeatures rows of a matrix, and zeros up to a square of paddedFeatures. */
void NetworkLayout::addMatrix(const Matrix<double>& matrix, int firstRow, bool transposed,
                              double scale, Numbers& weights) const {
    const size_t first = weights.size();
    weights.resize(first + static_cast<size_t>(paddedFeatures) * paddedFeatures, 0.0);
    const size_t rows = std::min(matrix.rows() - firstRow, static_cast<size_t>(numFeatures));
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < matrix.columns(); k++) {
            weights[first + (transposed ? place(k, i) : place(i, k))] =
                scale * matrix.row(firstRow + i)[k];
        }
    }
}

void NetworkLayout::addLayer(const TensorReader& activation, const TensorReader& linear,
                             Numbers& weights) const {
    addVector(activation.numbers<double>("alpha"), weights);
    addVector(activation.numbers<double>("beta"), weights);
    addVector(linear.has("bias") ? linear.numbers<double>("bias") : Numbers{}, weights);
    const auto matrix = linear.matrix<double>("weight");
    addMatrix(matrix, 0, true, 1.0, weights);
    addMatrix(matrix, 0, false, 1.0, weights);
}

int NetworkLayout::addStack(const TensorReader& reader, Numbers& weights) const {
    int depth = 0;
    for (; reader.has("stack." + std::to_string(depth) + ".linear1.weight"); depth++) {
        const TensorReader residual = reader.part("stack." + std::to_string(depth));
        addLayer(residual.part("activation1"), residual.part("linear1"), weights);
        addLayer(residual.part("activation2"), residual.part("linear2"), weights);
    }
    return depth;
}

int NetworkLayout::addMlp(const TensorReader& reader, Numbers& weights) const {
    const int depth = addStack(reader.part("residual"), weights);
    addLayer(reader.part("activation"), reader.part("linear"), weights);
    return depth;
}

void NetworkLayout::addProjection(const TensorReader& reader, Numbers& weights) const {
    const auto matrix = reader.matrix<double>("weight");
    for (const bool transposed : {true, false}) {
        addMatrix(matrix, 0, transposed, 1.0, weights);
        addMatrix(matrix, numFeatures, transposed, 1.0, weights);
    }
}

/** All modules are alike: the first one tells where things are. */
void NetworkLayout::addModule(const TensorReader& reader, bool isFirst) {
    Numbers weights;
    const auto place = [&](const string& name) { define(name, static_cast<int>(weights.size())); };
    const auto add = [&](const string& name, const string& part, bool isMlp) {
        place(name + "_WEIGHTS");
        const TensorReader layers = reader.part(part);
        const int depth = isMlp ? addMlp(layers, weights) : addStack(layers, weights);
        define(name + "_DEPTH", depth);
        if (isFirst) {
            define(name + "_SLOT", newSlots(isMlp ? mlpSlots(depth) : stackSlots(depth)));
        }
    };
    add("PRE", "residual_pre", /*isMlp=*/false);
    add("POST", "residual_post", /*isMlp=*/false);
    add("LOCAL", "local_interaction.resblock", /*isMlp=*/true);
    add("OUTPUT", "resblock", /*isMlp=*/true);
    const auto firstMlp = static_cast<int>(weights.size());
    for (const char* part : MLPS) {
        const int first = static_cast<int>(weights.size());
        const int depth = addMlp(reader.part(part), weights);
        if (isFirst) {
            mlps.insert(mlps.end(), {first, depth, newSlots(mlpSlots(depth))});
        }
    }
    define("MLP_LAYERS", (static_cast<int>(weights.size()) - firstMlp) / layerSize());
    place("P_WEIGHTS");
    addProjection(reader.part("local_interaction.projection_p"), weights);
    place("D_WEIGHTS");
    addProjection(reader.part("local_interaction.projection_d"), weights);
    place("OMEGA_WEIGHTS");
    const auto omega = reader.matrix<double>("nonlocal_interaction.attention.omega");
    const double scale = 1 / std::pow(static_cast<double>(numFeatures), 0.25);
    addMatrix(omega, 0, false, scale, weights);
    addMatrix(omega, 0, true, scale, weights);
    moduleWeights.push_back(std::move(weights));
}

void NetworkLayout::addRadialWeights(const TensorReader& reader) {
    Numbers weights;
    for (const char* name : {"radial_s.weight", "radial_p.weight", "radial_d.weight"}) {
        const auto matrix = reader.matrix<double>(name); // [feature][function]
        const size_t first = weights.size();
        const int rows = padded(static_cast<int>(matrix.columns()));
        weights.resize(first + static_cast<size_t>(rows) * paddedFeatures, 0.0);
        for (size_t k = 0; k < matrix.columns(); k++) {
            for (size_t f = 0; f < matrix.rows(); f++) {
                weights[first + place(k, f)] = matrix.row(f)[k];
            }
        }
        define("NUM_BASIS", static_cast<int>(matrix.columns()));
        define("BASIS_QUADS", rows / 4);
    }
    radialWeights.push_back(std::move(weights));
}

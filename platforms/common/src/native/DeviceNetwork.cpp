// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "DeviceNetwork.h"
#include "blocks.h"
#include "native/Attention.h"
#include "native/kernels/Kernels.h"
#include <algorithm>
#include <cmath>
#include <limits>

using namespace OpenMMGems;
using OpenMM::ComputeArray;
using OpenMM::ComputeKernel;
using std::to_string;
using std::vector;

namespace {

/** Slopes of radial functions are right to this, relative to the largest: rounding is more. */
constexpr double TOLERANCE_SINGLE = 1e-6, TOLERANCE_DOUBLE = 1e-11;
/** Bytes of local memory that every device has, which one array of a group may take. */
constexpr size_t LOCAL_MEMORY = 32768;
/** Atoms of a thread's tile: TILE_ATOMS in layers.cc. */
constexpr int TILE_ATOMS = 8, MOST_ATOM_TILES = 8;
/** Threads of a warp, and rows of what its tensor cores multiply. */
constexpr int WARP_THREADS = 32, WARP_ROWS = 16;
/** Threads of a group, about: enough to keep a multiprocessor busy with six groups. */
constexpr int GROUP_THREADS = 128;
constexpr int MOST_PAIRS_AT_ONCE = 8;
/** Of sumProducts: threads, the side of a tile of products, atoms at a time, and parts. */
constexpr int PRODUCT_THREADS = 64, PRODUCT_TILE = 32, PRODUCT_ATOMS = 16, MOST_PARTS = 128;
/** Atoms of a part at least; more would lose digits in single precision. */
constexpr int FEWEST_PART_ATOMS = 64;

} // namespace

DeviceNetwork::DeviceNetwork(const DeviceProgram& program, const TensorReader& tensors,
                             const SpookyNetOptions& options)
    : program(program), options(options), layout(tensors, options, program.usesTensorCores()),
      splines(RadialBasis(
                  tensors.part("radial_basis_functions"), options,
                  tensors.matrix<double>("module.0.local_interaction.radial_s.weight").columns()),
              program.context().getUseDoublePrecision() ? TOLERANCE_DOUBLE : TOLERANCE_SINGLE),
      elementBias(tensors.matrix<double>("element_bias")) {
    if (program.usesTensorCores()) {
        chooseTensorGroups();
    } else {
        chooseGroups();
    }
    program.uploadInt(mlps, layout.getMlps(), "gemsLayers");
    program.uploadReal(radial, splines.polynomials(), "gemsRadial");
    program.uploadMixed(outputWeights, layout.getOutputWeights(), "gemsOutputWeights");
    for (int t = 0; t < layout.getNumModules(); t++) {
        modules.push_back(std::make_unique<Module>());
        program.uploadReal(modules[t]->weights, layout.getWeights(t), "gemsWeights");
        program.uploadReal(modules[t]->radialWeights, layout.getRadialWeights(t),
                           "gemsRadialWeights");
        const double shift = tensors.number("module." + to_string(t) +
                                            ".nonlocal_interaction.attention.key_maximum");
        program.uploadReal(modules[t]->largestKey, {shift, 0.0, 0.0}, "gemsLargestKey");
    }
}

/** How much thread groups work on at a time: see tensorProducts.cc and tensorMessages.cc. */
void DeviceNetwork::chooseTensorGroups() {
    denseThreads = GROUP_THREADS;
    blockAtoms = GROUP_THREADS / WARP_THREADS * WARP_ROWS;
    receivers = 1;
    messageThreads = layout.getPaddedFeatures() / WARP_ROWS * WARP_THREADS;
    pairsAtOnce = WARP_ROWS;
}

/** The same by what fits into local memory: see products.cc and messages.cc. */
void DeviceNetwork::chooseGroups() {
    const int padded = layout.getPaddedFeatures();
    const size_t realSize = program.context().getUseDoublePrecision() ? 8 : 4;
    const auto fits = static_cast<int>(LOCAL_MEMORY / (padded * TILE_ATOMS * realSize));
    const int tiles = std::min(GROUP_THREADS / (padded / 4), fits);
    blockAtoms = std::clamp(tiles, 1, MOST_ATOM_TILES) * TILE_ATOMS;
    denseThreads = blockAtoms / TILE_ATOMS * (padded / 4);
    receivers = std::max(1, GROUP_THREADS / padded);
    messageThreads = receivers * padded;
    // Of a pair, four numbers of each feature and receiver.
    const auto pairSize = static_cast<size_t>(4 * (padded + 1) * receivers) * realSize;
    pairsAtOnce = std::clamp(static_cast<int>(LOCAL_MEMORY / pairSize), 1, MOST_PAIRS_AT_ONCE);
}

int DeviceNetwork::partAtoms() const {
    return std::max(FEWEST_PART_ATOMS, (numAtoms + MOST_PARTS - 1) / MOST_PARTS);
}

int DeviceNetwork::numParts() const {
    return (numAtoms + partAtoms() - 1) / partAtoms();
}

Defines DeviceNetwork::getDefines() const {
    Defines defines = layout.getDefines();
    const int padded = layout.getPaddedFeatures();
    const bool isDouble = program.context().getUseDoublePrecision();
    const double epsilon =
        isDouble ? std::numeric_limits<double>::epsilon() : std::numeric_limits<float>::epsilon();
    const double largestExponent = isDouble ? LARGEST_EXPONENT<double> : LARGEST_EXPONENT<float>;
    defines.insert({
        {"BLOCK_ATOMS", literal(blockAtoms)},
        {"DENSE_THREADS", literal(denseThreads)},
        {"MESSAGE_THREADS", literal(messageThreads)},
        {"RECEIVERS", literal(receivers)},
        {"PAIRS_AT_ONCE", literal(pairsAtOnce)},
        {"PART_STRIDE", literal(padded + 1)},
        {"CUTOFF", literal(options.cutoff)},
        {"INTERVALS_PER_ANGSTROM", literal(splines.intervalsPerAngstrom())},
        {"RADIAL_COEFFICIENTS", "6"},
        {"SAME_KEY", literal(SAME_KEY * epsilon)},
        {"LARGEST_EXPONENTIAL", literal(std::exp(largestExponent))},
        {"SUM_THREADS", literal(SUM_THREADS)},
        {"NUM_PARTS", literal(NUM_PARTS)},
        {"PRODUCT_THREADS", literal(PRODUCT_THREADS)},
        {"PRODUCT_TILE", literal(PRODUCT_TILE)},
        {"PRODUCT_ATOMS", literal(PRODUCT_ATOMS)},
        {"NUM_PRODUCT_TILES", literal((padded + PRODUCT_TILE - 1) / PRODUCT_TILE)},
    });
    return defines;
}

void DeviceNetwork::setComposition(const Matrix<double>& features,
                                   const vector<int>& atomicNumbers) {
    numAtoms = static_cast<int>(atomicNumbers.size());
    isPrepared = false;
    const size_t padded = layout.getPaddedFeatures(), number = numAtoms, size = number * padded;
    vector<double> numbers(size, 0.0), ofCharges;
    freeAtoms = 0.0;
    for (size_t atom = 0; atom < number; atom++) {
        std::copy_n(features.row(atom), features.columns(), &numbers[atom * padded]);
        const double* row = elementBias.row(atomicNumbers[atom]);
        freeAtoms += row[0];
        ofCharges.push_back(row[1]);
    }
    program.uploadReal(initialFeatures, numbers, "gemsInitialFeatures");
    program.uploadMixed(chargeBias, ofCharges, "gemsChargeBias");
    program.uploadReal(ones, vector<double>(number, 1.0), "gemsOnes");
    const size_t sums = 2 * padded * padded + padded;
    for (const auto& module : modules) {
        program.makeReal(module->stored, layout.getNumStored() * size, "gemsStored");
        program.makeReal(module->keySums, sums, "gemsKeySums");
        program.makeReal(module->inverseNorm, number, "gemsInverseNorm");
        program.makeInt(module->queryColumn, number, "gemsQueryColumn");
        program.makeReal(module->keyShift, number, "gemsKeyShift");
        program.makeReal(module->keyMaximum, number, "gemsKeyMaximum");
    }
    program.makeReal(gradients, layout.getNumGradients() * size, "gemsGradients");
    program.makeReal(gradientSums, sums, "gemsGradientSums");
    program.makeReal(productParts, MOST_PARTS * (padded * padded + padded), "gemsProductParts");
    program.makeReal(output, size, "gemsOutput");
    program.makeReal(tau, number, "gemsTau");
    program.makeMixed(keyTotals, number, "gemsKeyTotals");
    program.makeMixed(totalParts, NUM_PARTS, "gemsTotalParts");
}

void DeviceNetwork::createForward(int t, DeviceLists& lists) {
    Module& module = *modules[t];
    ComputeArray& before = t > 0 ? modules[t - 1]->stored : initialFeatures;
    module.applyPre = program.kernel("applyPre", numAtoms, before, t > 0 ? slot("Y_SLOT") : 0,
                                     module.weights, module.stored);
    module.applyMlps = program.kernel("applyMlps", numAtoms, module.weights, mlps, module.stored);
    module.project =
        program.kernel("projectQueriesAndKeys", numAtoms, module.weights, module.stored,
                       module.queryColumn, module.keyShift, module.keyMaximum);
    if (!options.smoothAttention) {
        module.findLargestKey = program.kernel("findLargestKey", numAtoms, module.keyMaximum,
                                               module.stored, module.largestKey);
    }
    module.finishKeys = program.kernel("finishKeys", numAtoms, module.keyShift, module.largestKey,
                                       module.stored, lists.status);
    module.sumKeyProducts = program.kernel("sumProducts", numAtoms, partAtoms(), numParts(),
                                           module.stored, slot("KEY_FEATURES_SLOT"), ones,
                                           module.stored, slot("V_SLOT"), ones, productParts);
    module.addKeyParts = program.kernel("addParts", numParts(), productParts, module.keySums);
    module.collect = program.kernel("collectMessages", numAtoms, lists.atomOfPlace, lists.numPairs,
                                    lists.pairAtom, lists.pairVector, lists.maxPairs, radial,
                                    module.radialWeights, module.stored);
    module.projectMessages =
        program.kernel("projectMessages", numAtoms, module.weights, module.stored);
    module.addInteractions = program.kernel("addInteractions", numAtoms, module.weights,
                                            module.keySums, module.stored, module.inverseNorm);
    module.applyOutput = program.kernel("applyOutput", numAtoms, module.weights, module.stored,
                                        output, t == 0 ? 1 : 0);
}

void DeviceNetwork::createReverse(int t, DeviceLists& lists, ComputeArray& chargeGradient) {
    const bool isLast = t + 1 == layout.getNumModules();
    Module& module = *modules[t];
    module.transposeOutput =
        program.kernel("transposeOutput", numAtoms, module.weights, module.stored, outputWeights,
                       chargeGradient, gradients, isLast ? 1 : 0);
    module.transposeInteractions =
        program.kernel("transposeInteractions", numAtoms, module.weights, module.stored,
                       module.inverseNorm, tau, gradients);
    module.transposeProjections =
        program.kernel("transposeProjections", numAtoms, module.weights, module.stored, gradients);
    module.transposeMessages = program.kernel(
        "transposeMessages", numAtoms, lists.atomOfPlace, lists.numPairs, lists.pairAtom,
        lists.pairVector, lists.maxPairs, radial, module.radialWeights, module.stored, gradients,
        lists.pairForce, t == 0 ? 1 : 0);
    module.sumGradientProducts =
        program.kernel("sumProducts", numAtoms, partAtoms(), numParts(), module.stored,
                       slot("QUERY_FEATURES_SLOT"), tau, gradients, slot("OF_SUM"),
                       module.inverseNorm, productParts);
    module.addGradientParts = program.kernel("addParts", numParts(), productParts, gradientSums);
    module.transposeAttention =
        program.kernel("transposeAttention", numAtoms, module.weights, module.stored,
                       module.keySums, gradientSums, module.queryColumn, module.inverseNorm, tau);
    if (!options.smoothAttention) {
        module.sumKeyGradients =
            program.kernel("sumKeyGradients", numAtoms, module.stored, gradientSums, keyTotals);
        module.sumGradientParts = program.kernel("sumParts", numAtoms, keyTotals, totalParts);
        module.transposeAttention->addArg(module.largestKey);
        module.transposeAttention->addArg(totalParts);
    }
    module.transposeAttention->addArg(gradients);
    module.transposeMlps =
        program.kernel("transposeMlps", numAtoms, module.weights, mlps, module.stored, gradients);
    if (t > 0) {
        module.transposePre = program.kernel("transposePre", numAtoms, module.weights,
                                             modules[t - 1]->stored, module.stored, gradients);
    }
}

void DeviceNetwork::createKernels(DeviceLists& lists, ComputeArray& charges,
                                  ComputeArray& chargeGradient, ComputeArray& energies) {
    for (int t = 0; t < layout.getNumModules(); t++) {
        createForward(t, lists);
        createReverse(t, lists, chargeGradient);
    }
    readOut =
        program.kernel("readOut", numAtoms, output, outputWeights, chargeBias, energies, charges);
}

void DeviceNetwork::executeDense(ComputeKernel& kernel, int itemsPerBlock) const {
    kernel->execute(itemsPerBlock * numBlocks() * denseThreads, denseThreads);
}

void DeviceNetwork::executeProducts(ComputeKernel& products, ComputeKernel& parts) const {
    const int tiles = (layout.getPaddedFeatures() + PRODUCT_TILE - 1) / PRODUCT_TILE;
    products->execute(tiles * tiles * numParts() * PRODUCT_THREADS, PRODUCT_THREADS);
    const int padded = layout.getPaddedFeatures();
    parts->execute(padded * padded + padded);
}

void DeviceNetwork::prepare(Module& module) {
    executeDense(module.applyPre, 1);
    executeDense(module.applyMlps, static_cast<int>(layout.getMlps().size() / 3));
    executeDense(module.project, 2);
    if (!options.smoothAttention) {
        module.findLargestKey->execute(SUM_THREADS, SUM_THREADS);
    }
    executeDense(module.finishKeys, 1);
    executeProducts(module.sumKeyProducts, module.addKeyParts);
}

void DeviceNetwork::forward() {
    for (size_t t = 0; t < modules.size(); t++) {
        Module& module = *modules[t];
        if (t > 0 || !isPrepared) {
            prepare(module);
        }
        module.collect->execute((numAtoms + receivers - 1) / receivers * messageThreads,
                                messageThreads);
        executeDense(module.projectMessages, 1);
        executeDense(module.addInteractions, 1);
        executeDense(module.applyOutput, 1);
    }
    isPrepared = true;
    readOut->execute(numAtoms);
}

void DeviceNetwork::reverse() {
    const int numComponents = options.useIrreps ? 8 : 9; // of messages: three of type p, the rest d
    for (size_t t = modules.size(); t-- > 0;) {
        Module& module = *modules[t];
        executeDense(module.transposeOutput, 1);
        executeDense(module.transposeInteractions, 1);
        executeDense(module.transposeProjections, numComponents);
        module.transposeMessages->execute((numAtoms + receivers - 1) / receivers * messageThreads,
                                          messageThreads);
        if (t == 0) {
            break; // features before the first module's messages do not depend on positions
        }
        executeProducts(module.sumGradientProducts, module.addGradientParts);
        if (!options.smoothAttention) {
            executeDense(module.sumKeyGradients, 1);
            module.sumGradientParts->execute(NUM_PARTS * SUM_THREADS, SUM_THREADS);
        }
        executeDense(module.transposeAttention, 3);
        executeDense(module.transposeMlps, static_cast<int>(layout.getMlps().size() / 3));
        executeDense(module.transposePre, 1);
    }
}

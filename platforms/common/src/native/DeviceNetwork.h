// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_DEVICENETWORK_H_
#define OPENMMGEMS_NATIVE_DEVICENETWORK_H_

#include "DeviceLists.h"
#include "DeviceProgram.h"
#include "NetworkLayout.h"
#include "native/Filters.h"
#include <memory>
#include <vector>

namespace OpenMMGems {

/**
 * The network on the device: energies and charges of atoms, and in reverse the forces along pairs.
 * See layers.cc, features.cc, attention.cc and messages.cc.
 */
class DeviceNetwork {
public:
    DeviceNetwork(const DeviceProgram& program, const TensorReader& tensors,
                  const SpookyNetOptions& options);
    Defines getDefines() const;
    /** Take over what does not change with positions: features before the first module. */
    void setComposition(const Matrix<double>& features, const std::vector<int>& atomicNumbers);
    /** See DeviceTerms; energies and charges are written, the gradient by charges is read. */
    void createKernels(DeviceLists& lists, OpenMM::ComputeArray& charges,
                       OpenMM::ComputeArray& chargeGradient, OpenMM::ComputeArray& energies);
    void forward();
    void reverse();
    /** Nothing that forward() found before counts. */
    void invalidate() { isPrepared = false; }
    /** Sum of the energies in eV of the free atoms, to which those of atoms are relative. */
    double freeAtomsEnergy() const { return freeAtoms; }

private:
    struct Module {
        OpenMM::ComputeArray weights, radialWeights, stored, keySums;
        OpenMM::ComputeArray inverseNorm, queryColumn, keyShift, keyMaximum, largestKey;
        OpenMM::ComputeKernel applyPre, applyMlps, project, findLargestKey, finishKeys,
            sumKeyProducts, addKeyParts, collect, projectMessages, addInteractions, applyOutput;
        OpenMM::ComputeKernel transposeOutput, transposeInteractions, transposeProjections,
            transposeMessages, sumGradientProducts, addGradientParts, sumKeyGradients,
            sumGradientParts, transposeAttention, transposeMlps, transposePre;
    };
    int slot(const char* name) const { return layout.slot(name); }
    int numBlocks() const { return (numAtoms + blockAtoms - 1) / blockAtoms; }
    void chooseGroups();
    void chooseTensorGroups();
    void executeDense(OpenMM::ComputeKernel& kernel, int itemsPerBlock) const;
    void executeProducts(OpenMM::ComputeKernel& products, OpenMM::ComputeKernel& parts) const;
    void createForward(int number, DeviceLists& lists);
    void createReverse(int number, DeviceLists& lists, OpenMM::ComputeArray& chargeGradient);
    void prepare(Module& module);
    int partAtoms() const;
    int numParts() const;
    const DeviceProgram& program;
    SpookyNetOptions options;
    NetworkLayout layout;
    BasisSplines splines;
    Matrix<double> elementBias;
    int denseThreads, blockAtoms, messageThreads, receivers, pairsAtOnce, numAtoms = 0;
    double freeAtoms = 0.0;
    bool isPrepared = false; ///< what the first module does before its atoms see neighbours
    std::vector<std::unique_ptr<Module>> modules;
    OpenMM::ComputeArray mlps, radial, outputWeights, chargeBias, initialFeatures, ones;
    OpenMM::ComputeArray output, gradients, gradientSums, productParts, tau, keyTotals, totalParts;
    OpenMM::ComputeKernel readOut;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_DEVICENETWORK_H_

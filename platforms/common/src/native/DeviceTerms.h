// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_DEVICETERMS_H_
#define OPENMMGEMS_NATIVE_DEVICETERMS_H_

#include "DeviceLists.h"
#include "DeviceProgram.h"
#include "native/Dispersion.h"
#include "native/Repulsion.h"
#include "native/SpookyNetOptions.h"
#include <optional>
#include <vector>

namespace OpenMMGems {

/**
 * The terms besides the network: repulsion of nuclei, electrostatics and dispersion. They start
 * from the network's charges, and give the gradient by them: see nearTerms.cc and longRange.cc.
 */
class DeviceTerms {
public:
    DeviceTerms(const DeviceProgram& program, const TensorReader& tensors,
                const SpookyNetOptions& options);
    /** Take over which atoms there are. */
    void setAtomicNumbers(const std::vector<int>& atomicNumbers);
    /** Range of near pairs in angstrom, for these atoms. */
    double getNearCutoff() const;
    /** Of the long-range terms in angstrom: infinite if all atoms interact, zero without any. */
    double getFarCutoff() const;
    bool hasRepulsion() const { return repulsion.has_value(); }
    bool hasElectrostatics() const { return options.useElectrostatics; }
    bool hasDispersion() const { return dispersion.has_value(); }
    Defines getDefines() const;
    /**
     * @param charges         [atom]
     * @param chargeGradient  [atom], which is written
     * @param energies        [term, atom]
     */
    void createKernels(DeviceLists& lists, OpenMM::ComputeArray& charges,
                       OpenMM::ComputeArray& chargeGradient, OpenMM::ComputeArray& energies);
    void execute();

    OpenMM::ComputeArray farForce;

private:
    bool isLongRange() const { return hasElectrostatics() || hasDispersion(); }
    void uploadDispersion();
    const DeviceProgram& program;
    SpookyNetOptions options;
    std::optional<Repulsion> repulsion;
    std::optional<Dispersion> dispersion;
    int numAtoms = 0;
    OpenMM::ComputeArray nuclear, typeOfAtom, bonds, elements;
    OpenMM::ComputeArray coordination, ofCoordination, alpha, ofAlpha, slopes;
    OpenMM::ComputeKernel countBonds, weighReferences, addLongRange, transposeReferences,
        addNearTerms;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_DEVICETERMS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_NATIVE_DEVICEEVALUATOR_H_
#define OPENMMGEMS_NATIVE_DEVICEEVALUATOR_H_

#include "DeviceLists.h"
#include "DeviceNetwork.h"
#include "DeviceTerms.h"
#include "native/SpookyNetParameters.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace OpenMMGems {

/**
 * Evaluates a SpookyNet on a device: positions are read from OpenMM's arrays, forces added to them,
 * and nothing else leaves the device in a step but some flags. Energies of atoms are relative to
 * free atoms there, and added up on the host in double precision, when energy is wanted.
 */
class DeviceEvaluator {
public:
    /** Throws as Model::validate(). */
    DeviceEvaluator(OpenMM::ComputeContext& cc, std::shared_ptr<const Model> model,
                    const ModelSettings& settings, const std::vector<int>& atomOfParticle,
                    bool hasTensorCores);
    ~DeviceEvaluator();
    /** Take over atomic numbers, charge and unpaired electrons. Throws as Model::validate(). */
    void setComposition(const ModelSettings& settings);
    /**
     * Add forces, times the scale, to OpenMM's buffer. Throws OpenMMException if positions or
     * results are not finite or beyond OpenMM's range, or atoms coincide.
     *
     * @return the unscaled energy in kJ/mol, if it is wanted
     */
    double execute(double scale, bool includeForces, bool includeEnergy);
    /** Unscaled terms in kJ/mol, and charges in elementary charges, at the present positions. */
    std::map<std::string, double> getEnergyTerms();
    std::vector<double> getAtomicCharges();

private:
    class Listener;
    enum Energy { NETWORK, REPULSION, ELECTROSTATICS, DISPERSION, NUM_ENERGIES };
    Defines getDefines() const;
    void createKernels();
    /** From positions to charges and energies; returns whether the lists had room. */
    bool evaluate(bool includeForces, double scale);
    std::map<std::string, double> evaluateTerms();
    void check(const EvaluationFaults& faults);
    std::map<std::string, double> sumTerms() const;
    double totalOf(const std::map<std::string, double>& termsEv);
    OpenMM::ComputeContext& cc;
    std::shared_ptr<const Model> model;
    ModelSettings settings;
    SpookyNetParameters parameters;
    DeviceProgram program;
    DeviceLists lists;
    DeviceNetwork network;
    DeviceTerms terms;
    OpenMM::ComputeArray charges, chargeGradient, energies, parts;
    OpenMM::ComputeKernel sumCharges, shiftCharges, sumGradients, shiftGradients;
    OpenMM::ComputeKernel addAllForces;
    bool isReady = false; ///< has kernels for the present composition
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_NATIVE_DEVICEEVALUATOR_H_

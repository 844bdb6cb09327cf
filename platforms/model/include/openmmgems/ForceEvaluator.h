// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_FORCEEVALUATOR_H_
#define OPENMMGEMS_FORCEEVALUATOR_H_

#include "openmmgems/Evaluator.h"
#include <functional>
#include <map>
#include <memory>
#include <openmm/Vec3.h>
#include <string>
#include <vector>

namespace OpenMMGems {

/** Makes current what a device's runtime needs, until what is returned is destroyed. */
using EnterDevice = std::function<std::shared_ptr<void>()>;

/**
 * A GemsForce evaluated on the host: OpenMM's units and particle indices outside, the model's
 * inside. What the platforms' kernels have in common.
 */
class OPENMMGEMS_MODEL_EXPORT ForceEvaluator {
public:
    /**
     * @param force        atoms, model file and settings
     * @param numParticles of the System that the force is in
     * @param options      where and how to compute
     * @param enterDevice  called before anything that may touch a device; may be empty
     */
    ForceEvaluator(const GemsForce& force, int numParticles, const EvaluatorOptions& options,
                   EnterDevice enterDevice = {});
    ~ForceEvaluator();
    /** Particle of the System for each atom. */
    const std::vector<int>& getParticles() const { return particles; }
    /** Take over atomic numbers, total charge and unpaired electrons. */
    void updateParameters(const GemsForce& force);
    /**
     * Compute energy and forces.
     *
     * @param positions      of the atoms in nm
     * @param boxVectors     the three box vectors in nm; ignored if the force is not periodic
     * @param includeForces  whether getForces() is needed afterwards
     * @return the unscaled energy in kJ/mol
     */
    double evaluate(const std::vector<OpenMM::Vec3>& positions, const OpenMM::Vec3* boxVectors,
                    bool includeForces);
    /** Unscaled forces of the last evaluation in kJ/mol/nm, one per atom. */
    const std::vector<OpenMM::Vec3>& getForces() const { return forces; }
    /** Unscaled energy terms in kJ/mol; positions and box as for evaluate(). */
    std::map<std::string, double> getEnergyTerms(const std::vector<OpenMM::Vec3>& positions,
                                                 const OpenMM::Vec3* boxVectors);
    /** Charges in elementary charges, one per atom; positions and box as for evaluate(). */
    std::vector<double> getAtomicCharges(const std::vector<OpenMM::Vec3>& positions,
                                         const OpenMM::Vec3* boxVectors);

private:
    Evaluation run(const std::vector<OpenMM::Vec3>& positions, const OpenMM::Vec3* boxVectors,
                   const Wanted& wanted);
    std::shared_ptr<void> enter() const;
    std::vector<int> particles;
    bool periodic;
    EnterDevice enterDevice;
    std::unique_ptr<Evaluator> evaluator;
    std::vector<OpenMM::Vec3> forces;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_FORCEEVALUATOR_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_GEMSFORCE_H_
#define OPENMMGEMS_GEMSFORCE_H_

#include "openmmgems/internal/OpenMMGemsExport.h"
#include <map>
#include <openmm/Context.h>
#include <openmm/Force.h>
#include <string>
#include <vector>

namespace OpenMMGems {

/**
 * A machine-learned force field: evaluates a model file for some or all particles of a System.
 *
 * Create it from a model file, call addAtom() for every particle it acts on, set the total charge,
 * the number of unpaired electrons and periodicity, add it to a System, and create a Context. The
 * particles of one GemsForce form one molecular system: they all interact with each other.
 *
 * The file is read when a Context is created. What is changed afterwards reaches the Context
 * through updateParametersInContext() (atomic numbers, charge, unpaired electrons); everything
 * else needs a new Context.
 */
class OPENMMGEMS_EXPORT GemsForce : public OpenMM::Force {
public:
    /** What computes the model. */
    enum EvaluatorKind {
        /** The fastest evaluator that takes the model. */
        Auto = 0,
        /** The TorchScript module of the model file with automatic differentiation. */
        TorchScript = 1,
        /** Hand-written evaluation with closed-form derivatives. */
        Native = 2
    };
    /** How the maximum over the attention keys enters energy and forces. */
    enum AttentionMode {
        /** What the model was made for. */
        ModelDefault = 0,
        /** The original function: energy continuous, forces jump where the maximum changes place.
         */
        Exact = 1,
        /** The key maximum is a constant of the model: energy and forces are smooth. */
        Smooth = 2
    };
    /**
     * How far the charges of a model interact that leaves their Coulomb energy to the evaluator.
     * With ModelDefault it is Lattice if the force is periodic, otherwise Plain.
     */
    enum ElectrostaticsForm {
        /** All pairs, without periodic images; all pairs have dispersion, too. */
        Plain = 1,
        /** With all periodic images, by a lattice sum; a net charge gets a uniform background. */
        Lattice = 2,
        /** Pairs within the long-range cutoff, shifted and switched, with or without a box. */
        Cutoff = 3
    };

    /**
     * @param modelFile  path of the model file; it is opened when a Context is created
     */
    explicit GemsForce(const std::string& modelFile);
    ~GemsForce() override;

    /** Path of the model file. */
    const std::string& getModelFile() const { return modelFile; }
    /** Number of atoms that the force acts on. */
    int getNumAtoms() const { return static_cast<int>(atoms.size()); }
    /** Number of bonds. */
    int getNumBonds() const { return static_cast<int>(bonds.size()); }

    /**
     * Let the force act on a particle.
     *
     * @param particle      index of the particle in the System
     * @param atomicNumber  atomic number of the element, 1 to 118
     * @return index of the atom within this force
     */
    int addAtom(int particle, int atomicNumber);
    /**
     * Get an atom.
     *
     * @param index              index of the atom within this force
     * @param[out] particle      index of the particle in the System
     * @param[out] atomicNumber  atomic number of the element
     */
    void getAtomParameters(int index, int& particle, int& atomicNumber) const;
    /**
     * Change an atom.
     *
     * @param index         index of the atom within this force
     * @param particle      index of the particle in the System
     * @param atomicNumber  atomic number of the element, 1 to 118
     */
    void setAtomParameters(int index, int particle, int atomicNumber);

    /**
     * Record a covalent bond. Bonds tell OpenMM which particles form a molecule, which barostats
     * and trajectories need. They contribute no energy.
     *
     * @param particle1  index of the first particle in the System
     * @param particle2  index of the second particle in the System
     * @return index of the bond within this force
     */
    int addBond(int particle1, int particle2);
    /** Get the two particles of a bond. */
    void getBondParameters(int index, int& particle1, int& particle2) const;

    /** Total charge of the atoms in elementary charges. */
    int getTotalCharge() const { return totalCharge; }
    /** Set the total charge of the atoms in elementary charges (default 0). */
    void setTotalCharge(int charge) { totalCharge = charge; }
    /** Number of unpaired electrons: 0 for a singlet, 1 for a doublet, 2 for a triplet. */
    int getNumUnpairedElectrons() const { return numUnpairedElectrons; }
    /** Set the number of unpaired electrons (default 0). */
    void setNumUnpairedElectrons(int number);
    /** Whether the atoms interact with their periodic images. */
    bool usesPeriodicBoundaryConditions() const override { return periodic; }
    /** Set whether the atoms interact with their periodic images (default false). */
    void setUsesPeriodicBoundaryConditions(bool yes) { periodic = yes; }

    /** What computes the model. */
    EvaluatorKind getEvaluator() const { return evaluator; }
    /** Choose what computes the model (default Auto). */
    void setEvaluator(EvaluatorKind kind);
    /** How the maximum over the attention keys enters. */
    AttentionMode getAttention() const { return attention; }
    /** Choose how the maximum over the attention keys enters (default ModelDefault). */
    void setAttention(AttentionMode mode);
    /** How far the charges interact: ModelDefault or an ElectrostaticsForm. */
    int getElectrostatics() const { return electrostatics; }
    /**
     * Choose how far the charges interact, of a model that leaves their Coulomb energy to the
     * evaluator.
     *
     * @param form  ModelDefault (default) or an ElectrostaticsForm
     */
    void setElectrostatics(int form);
    /** Cutoff of the long-range interactions in nm; 0 means the model's own. */
    double getLongRangeCutoff() const { return longRangeCutoff; }
    /**
     * Set the cutoff of the long-range interactions. Giving a cutoff to a model without one is
     * possible, and changes its energies; taking a model's cutoff away is not.
     *
     * @param cutoff  the cutoff in nm; 0 (default): the model's own
     */
    void setLongRangeCutoff(double cutoff);

    /** Name of the Context parameter that scales energy and forces; empty if there is none. */
    const std::string& getScaleParameterName() const { return scaleParameterName; }
    /** Default value of the Context parameter that scales energy and forces. */
    double getScaleParameterDefault() const { return scaleParameterDefault; }
    /**
     * Scale energy and forces by a Context parameter. The derivative of the energy with respect to
     * it is part of a State with energy parameter derivatives.
     *
     * @param name          name of the parameter; empty: no scaling
     * @param defaultValue  its value in a new Context
     */
    void setScaleParameter(const std::string& name, double defaultValue = 1.0);

    /**
     * Evaluate the model at the current positions of a Context and return the energy term by term,
     * not scaled, in kJ/mol.
     *
     * @param context  a Context of a System that holds this force
     * @return name of each term the model gives (such as "repulsion") and its energy; the sum over
     *         all is the model's energy. Throws OpenMMException if the model gives no terms.
     */
    std::map<std::string, double> getEnergyTerms(OpenMM::Context& context);
    /**
     * Evaluate the model at the current positions of a Context and return the partial charges in
     * elementary charges, in the order of addAtom().
     *
     * @param context  a Context of a System that holds this force
     * @return one charge per atom. Throws OpenMMException if the model gives no charges.
     */
    std::vector<double> getAtomicCharges(OpenMM::Context& context);
    /**
     * Copy atomic numbers, total charge and number of unpaired electrons to a Context. All other
     * settings stay as they were when the Context was created.
     */
    void updateParametersInContext(OpenMM::Context& context);

protected:
    OpenMM::ForceImpl* createImpl() const override;

private:
    struct Atom {
        int particle, atomicNumber;
    };
    struct Bond {
        int particle1, particle2;
    };
    std::string modelFile;
    std::vector<Atom> atoms;
    std::vector<Bond> bonds;
    int totalCharge = 0;
    int numUnpairedElectrons = 0;
    bool periodic = false;
    EvaluatorKind evaluator = Auto;
    AttentionMode attention = ModelDefault;
    int electrostatics = ModelDefault;
    double longRangeCutoff = 0.0;
    std::string scaleParameterName;
    double scaleParameterDefault = 1.0;
};

} // namespace OpenMMGems

#endif // OPENMMGEMS_GEMSFORCE_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
//
// Python docstrings of the methods of GemsForce.h.

%feature("docstring") OpenMMGems::GemsForce %{
A machine-learned force field: evaluates a model file for some or all particles of a System.

Create it from a model file, call addAtom() for every particle it acts on, set total charge, unpaired
electrons and periodicity, add it to a System, and create a Context. The file is read when a Context
is created. Changes made afterwards reach the Context through updateParametersInContext() (atomic
numbers, charge, unpaired electrons); all else needs a new Context.

Parameters
----------
modelFile : path
    The model file (.pt); `openmmgems.models.path(name)` gives that of a bundled model.

Notes
-----
Settings that cannot be raise openmm.OpenMMException, in the setter or when a Context is created.
%}
%feature("docstring") OpenMMGems::GemsForce::getModelFile %{
Path of the model file.
%}
%feature("docstring") OpenMMGems::GemsForce::getNumAtoms %{
Number of atoms that the force acts on.
%}
%feature("docstring") OpenMMGems::GemsForce::getNumBonds %{
Number of bonds.
%}
%feature("docstring") OpenMMGems::GemsForce::addAtom %{
Let the force act on a particle.

Parameters
----------
particle : int
    Index of the particle in the System.
atomicNumber : int
    Atomic number of the element, 1 to 118.

Returns
-------
int
    Index of the atom within this force.
%}
%feature("docstring") OpenMMGems::GemsForce::getAtomParameters %{
Particle index and atomic number [particle, atomicNumber] of an atom.
%}
%feature("docstring") OpenMMGems::GemsForce::setAtomParameters %{
Change particle index and atomic number of an atom.
%}
%feature("docstring") OpenMMGems::GemsForce::addBond %{
Record a covalent bond between two particles; returns the bond's index.

Bonds tell OpenMM which particles form a molecule, which barostats and trajectories need. They
contribute no energy.
%}
%feature("docstring") OpenMMGems::GemsForce::getBondParameters %{
The two particles [particle1, particle2] of a bond.
%}
%feature("docstring") OpenMMGems::GemsForce::getTotalCharge %{
Total charge of the atoms in elementary charges.
%}
%feature("docstring") OpenMMGems::GemsForce::setTotalCharge %{
Set the total charge of the atoms in elementary charges (default 0).
%}
%feature("docstring") OpenMMGems::GemsForce::getNumUnpairedElectrons %{
Number of unpaired electrons.
%}
%feature("docstring") OpenMMGems::GemsForce::setNumUnpairedElectrons %{
Set the number of unpaired electrons: 0 singlet (default), 1 doublet, 2 triplet.
%}
%feature("docstring") OpenMMGems::GemsForce::usesPeriodicBoundaryConditions %{
Whether the atoms interact with their periodic images.
%}
%feature("docstring") OpenMMGems::GemsForce::setUsesPeriodicBoundaryConditions %{
Set whether the atoms interact with their periodic images (default False).
%}
%feature("docstring") OpenMMGems::GemsForce::getEvaluator %{
What computes the model: GemsForce.Auto, TorchScript or Native.
%}
%feature("docstring") OpenMMGems::GemsForce::setEvaluator %{
Choose what computes the model: GemsForce.Auto (default), TorchScript or Native.
%}
%feature("docstring") OpenMMGems::GemsForce::getAttention %{
How the maximum over the attention keys enters.
%}
%feature("docstring") OpenMMGems::GemsForce::setAttention %{
Choose how the maximum over the attention keys enters.

Parameters
----------
mode : int
    GemsForce.ModelDefault, Exact (the original function: forces jump where the maximum changes
    place) or Smooth (the maximum is a constant of the model).
%}
%feature("docstring") OpenMMGems::GemsForce::getElectrostatics %{
How far the charges interact: GemsForce.ModelDefault, Plain, Lattice or Cutoff.
%}
%feature("docstring") OpenMMGems::GemsForce::setElectrostatics %{
Choose how far the charges interact, of a model that leaves their Coulomb energy to the evaluator.

Parameters
----------
form : int
    GemsForce.Plain (all pairs, without periodic images), Lattice (with all periodic images; a net
    charge gets a uniform background), Cutoff (pairs within the long-range cutoff, shifted and
    switched, with or without a box) or ModelDefault (Lattice if the force is periodic, otherwise
    Plain). Plain and Lattice are one function; Cutoff is another.
%}
%feature("docstring") OpenMMGems::GemsForce::getLongRangeCutoff %{
Cutoff of the long-range interactions (nm); 0: the model's own.
%}
%feature("docstring") OpenMMGems::GemsForce::setLongRangeCutoff %{
Set the cutoff of the long-range interactions.

Giving a cutoff to a model without one is possible, and changes its energies; taking a model's cutoff
away is not.

Parameters
----------
cutoff : float or openmm.unit.Quantity
    In nm; 0 (default): the model's own.
%}
%feature("docstring") OpenMMGems::GemsForce::getScaleParameterName %{
Name of the Context parameter that scales energy and forces; empty: none.
%}
%feature("docstring") OpenMMGems::GemsForce::getScaleParameterDefault %{
Default value of the Context parameter that scales energy and forces.
%}
%feature("docstring") OpenMMGems::GemsForce::setScaleParameter %{
Scale energy and forces by a Context parameter.

The derivative of the energy with respect to it is part of a State with
`getParameterDerivatives=True`.

Parameters
----------
name : str
    Name of the parameter; empty: no scaling.
defaultValue : float
    Its value in a new Context.
%}
%feature("docstring") OpenMMGems::GemsForce::getEnergyTerms %{
Evaluate the model at the current positions of a Context, term by term.

Parameters
----------
context : openmm.Context
    A Context of a System that holds this force.

Returns
-------
dict of str to openmm.unit.Quantity
    Unscaled energy (kJ/mol) of each term, such as "repulsion".

Raises
------
openmm.OpenMMException
    If the model gives no terms.
%}
%feature("docstring") OpenMMGems::GemsForce::getAtomicCharges %{
Evaluate the model at the current positions of a Context for its partial charges.

Parameters
----------
context : openmm.Context
    A Context of a System that holds this force.

Returns
-------
openmm.unit.Quantity
    List of charges (e), one per atom in the order of addAtom().

Raises
------
openmm.OpenMMException
    If the model gives no charges.
%}
%feature("docstring") OpenMMGems::GemsForce::updateParametersInContext %{
Copy atomic numbers, total charge and unpaired electrons to a Context.

All other settings stay as they were when the Context was created.
%}
%feature("docstring") OpenMMGems::GemsForce::cast %{
The GemsForce that an openmm.Force, such as one from System.getForce(), really is.
%}
%feature("docstring") OpenMMGems::GemsForce::isinstance %{
Whether an openmm.Force really is a GemsForce.
%}

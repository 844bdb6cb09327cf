// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
%module(package="openmmgems") gemsforce

%import(module="openmm") "swig/OpenMMSwigHeaders.i"
%include "swig/typemaps.i"
%include <std_string.i>
%include <std_map.i>
%include <std_vector.i>

%{
#include "openmmgems/GemsForce.h"
#include <OpenMM.h>
#include <OpenMMAmoeba.h>
#include <OpenMMDrude.h>
#include <openmm/RPMDIntegrator.h>
#include <openmm/RPMDMonteCarloBarostat.h>
#include <openmm/serialization/XmlSerializer.h>
using namespace OpenMM;
%}

%template(_MapStringDouble) std::map<std::string, double>;
%template(_VectorDouble) std::vector<double>;

// OpenMMException arrives in Python as openmm.OpenMMException.
%exception {
    try {
        $action
    } catch (const std::exception& error) {
        PyObject* module = PyImport_ImportModule("openmm");
        PyObject* type = module ? PyObject_GetAttrString(module, "OpenMMException") : NULL;
        if (type) {
            PyErr_SetString(type, error.what());
        }
        Py_XDECREF(type);
        Py_XDECREF(module);
        SWIG_fail;
    }
}

%include "docstrings.i"

%pythonappend OpenMMGems::GemsForce::getLongRangeCutoff() const %{
    val = unit.Quantity(val, unit.nanometer)
%}
%pythonappend OpenMMGems::GemsForce::getEnergyTerms(OpenMM::Context&) %{
    val = {name: unit.Quantity(val[name], unit.kilojoule_per_mole) for name in val}
%}
%pythonappend OpenMMGems::GemsForce::getAtomicCharges(OpenMM::Context&) %{
    val = unit.Quantity(list(val), unit.elementary_charge)
%}

%pythoncode %{
import os
import openmm
import openmm.unit as unit
%}

%feature("pythonprepend") OpenMMGems::GemsForce::GemsForce %{
    modelFile = os.fspath(modelFile)
%}

namespace OpenMMGems {

class GemsForce : public OpenMM::Force {
public:
    enum EvaluatorKind { Auto = 0, TorchScript = 1, Native = 2 };
    enum AttentionMode { ModelDefault = 0, Exact = 1, Smooth = 2 };
    enum ElectrostaticsForm { Plain = 1, Lattice = 2, Cutoff = 3 };

    GemsForce(const std::string& modelFile);
    const std::string& getModelFile() const;
    int getNumAtoms() const;
    int getNumBonds() const;
    int addAtom(int particle, int atomicNumber);
    %apply int& OUTPUT {int& particle};
    %apply int& OUTPUT {int& atomicNumber};
    %apply int& OUTPUT {int& particle1};
    %apply int& OUTPUT {int& particle2};
    void getAtomParameters(int index, int& particle, int& atomicNumber) const;
    void getBondParameters(int index, int& particle1, int& particle2) const;
    %clear int& particle;
    %clear int& atomicNumber;
    %clear int& particle1;
    %clear int& particle2;
    void setAtomParameters(int index, int particle, int atomicNumber);
    int addBond(int particle1, int particle2);
    int getTotalCharge() const;
    void setTotalCharge(int charge);
    int getNumUnpairedElectrons() const;
    void setNumUnpairedElectrons(int number);
    bool usesPeriodicBoundaryConditions() const;
    void setUsesPeriodicBoundaryConditions(bool yes);
    EvaluatorKind getEvaluator() const;
    void setEvaluator(EvaluatorKind kind);
    AttentionMode getAttention() const;
    void setAttention(AttentionMode mode);
    int getElectrostatics() const;
    void setElectrostatics(int form);
    double getLongRangeCutoff() const;
    void setLongRangeCutoff(double cutoff);
    const std::string& getScaleParameterName() const;
    double getScaleParameterDefault() const;
    void setScaleParameter(const std::string& name, double defaultValue = 1.0);
    std::map<std::string, double> getEnergyTerms(OpenMM::Context& context);
    std::vector<double> getAtomicCharges(OpenMM::Context& context);
    void updateParametersInContext(OpenMM::Context& context);

    %newobject _clone;
    %extend {
        static OpenMMGems::GemsForce& cast(OpenMM::Force& force) {
            return dynamic_cast<OpenMMGems::GemsForce&>(force);
        }
        static bool isinstance(OpenMM::Force& force) {
            return dynamic_cast<OpenMMGems::GemsForce*>(&force) != NULL;
        }
        OpenMMGems::GemsForce* _clone() const {
            return OpenMM::XmlSerializer::clone<OpenMMGems::GemsForce>(*$self);
        }
    }
    %pythoncode %{
    def __copy__(self):
        return self._clone()

    def __deepcopy__(self, memo):
        return self._clone()

    def __getstate__(self):
        return openmm.XmlSerializer.serialize(self)

    def __setstate__(self, state):
        force = openmm.XmlSerializer.deserialize(state)
        self.this = GemsForce.cast(force)._clone().this
    %}
};

} // namespace OpenMMGems

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/Model.h"
#include "TorchModule.h"
#include "openmmgems/Units.h"
#include <algorithm>
#include <caffe2/serialize/inline_container.h>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <openmm/OpenMMException.h>
#include <sstream>

using namespace OpenMMGems;
using nlohmann::json;
using OpenMM::OpenMMException;
using std::optional;
using std::string;
using std::to_string;

namespace {

const string DESCRIPTION_RECORD = "extra/gems.json";

/** The text of gems.json in a model file, read without executing anything. */
string readRecord(const string& file) {
    if (!std::filesystem::is_regular_file(file)) {
        throw OpenMMException("GemsForce: model file '" + file +
                              "' does not exist; expected the path of a model file (.pt).");
    }
    try {
        caffe2::serialize::PyTorchStreamReader reader(file);
        if (!reader.hasRecord(DESCRIPTION_RECORD)) {
            throw OpenMMException("GemsForce: '" + file +
                                  "' holds no gems.json; expected a model file. A checkpoint of "
                                  "SpookyNet becomes one by 'gems models import'.");
        }
        const auto [data, size] = reader.getRecord(DESCRIPTION_RECORD);
        return {static_cast<const char*>(data.get()), size};
    } catch (const c10::Error&) {
        throw OpenMMException("GemsForce: '" + file +
                              "' is not a model file, or it is damaged; expected a TorchScript "
                              "archive with gems.json inside.");
    }
}

/** A length in angstrom, or nothing for null. */
optional<double> readCutoff(const json& description, const char* key) {
    if (!description.contains(key) || description.at(key).is_null()) {
        return std::nullopt;
    }
    const auto cutoff = description.at(key).get<double>();
    if (!(cutoff > 0)) {
        throw OpenMMException(string(key) + " is " + to_string(cutoff) +
                              "; expected a positive number of angstrom or null");
    }
    return cutoff;
}

CoulombKernel readKernel(const json& description) {
    const auto kernel = description.at("kernel").get<string>();
    const auto width = description.at("width").get<double>();
    const auto switchOn = description.at("switch_on").get<double>();
    if (kernel != "erf" || !(width > 0) || !(switchOn >= 0 && switchOn < 1)) {
        throw OpenMMException("electrostatics has kernel '" + kernel + "', width " +
                              to_string(width) + " and switch_on " + to_string(switchOn) +
                              "; expected 'erf', a positive number of angstrom, and a fraction of "
                              "the cutoff. A newer openmm-gems may know more kernels");
    }
    return {width, switchOn};
}

string inAngstrom(double length) {
    std::ostringstream text;
    text << length << " angstrom";
    return text.str();
}

void checkElectrons(const ModelSettings& settings) {
    const int unpaired = settings.numUnpairedElectrons;
    if (unpaired < 0) {
        throw OpenMMException("GemsForce: number of unpaired electrons is " + to_string(unpaired) +
                              "; expected 0 or more.");
    }
    const int electrons =
        std::accumulate(settings.atomicNumbers.begin(), settings.atomicNumbers.end(), 0) -
        settings.totalCharge;
    if (electrons < unpaired || (electrons - unpaired) % 2 != 0) {
        throw OpenMMException(
            "GemsForce: total charge is " + to_string(settings.totalCharge) + " and " +
            to_string(unpaired) + " electrons are unpaired, but the atoms then have " +
            to_string(electrons) + " electrons; expected an " + (unpaired % 2 ? "odd" : "even") +
            " number of at least " + to_string(unpaired) +
            ". Check charge, hydrogens and the number of unpaired electrons.");
    }
}

} // namespace

ModelSettings ModelSettings::of(const GemsForce& force, int numParticles) {
    ModelSettings settings;
    settings.atomicNumbers.resize(force.getNumAtoms());
    for (int i = 0; i < force.getNumAtoms(); i++) {
        int particle;
        force.getAtomParameters(i, particle, settings.atomicNumbers[i]);
    }
    settings.totalCharge = force.getTotalCharge();
    settings.numUnpairedElectrons = force.getNumUnpairedElectrons();
    settings.periodic = force.usesPeriodicBoundaryConditions();
    settings.evaluator = force.getEvaluator();
    settings.attention = force.getAttention();
    if (force.getElectrostatics() != GemsForce::ModelDefault) {
        settings.electrostatics =
            static_cast<GemsForce::ElectrostaticsForm>(force.getElectrostatics());
    }
    settings.isSubset = force.getNumAtoms() < numParticles;
    if (force.getLongRangeCutoff() > 0) {
        settings.longRangeCutoffAngstrom = force.getLongRangeCutoff() * ANGSTROM_PER_NM;
    }
    return settings;
}

ModelSettings ModelSettings::withComposition(const std::vector<int>& newAtomicNumbers,
                                             int newTotalCharge,
                                             int newNumUnpairedElectrons) const {
    ModelSettings changed = *this;
    changed.atomicNumbers = newAtomicNumbers;
    changed.totalCharge = newTotalCharge;
    changed.numUnpairedElectrons = newNumUnpairedElectrons;
    return changed;
}

Model::Model(const string& file) : file(file), description(readRecord(file)) {
    try {
        readDescription();
    } catch (const json::exception& error) {
        throw OpenMMException("GemsForce: gems.json in model file '" + file +
                              "' cannot be understood: " + error.what());
    } catch (const OpenMMException& error) {
        throw OpenMMException("GemsForce: gems.json in model file '" + file + "': " + error.what() +
                              ".");
    }
    module = std::make_unique<TorchModule>(file);
}

Model::~Model() = default;

void Model::readDescription() {
    const json content = json::parse(description);
    const int version = content.at("format_version").get<int>();
    if (version < 1 || version > FORMAT_VERSION) {
        throw OpenMMException("format_version is " + to_string(version) + "; expected 1 to " +
                              to_string(FORMAT_VERSION) +
                              ". A newer openmm-gems may be able to open the file");
    }
    architecture = content.at("architecture").get<string>();
    cutoffAngstrom = readCutoff(content, "cutoff");
    longRangeCutoffAngstrom = readCutoff(content, "long_range_cutoff");
    if (content.contains("elements") && !content.at("elements").is_null()) {
        elements = content.at("elements").get<std::set<int>>();
    }
    if (content.contains("electrostatics") && !content.at("electrostatics").is_null()) {
        electrostatics = readKernel(content.at("electrostatics"));
        // Dispersion is switched off over a length that ends at the cutoff.
        const json options = content.value("hyperparameters", json::object());
        leastLongRangeCutoffAngstrom =
            std::max(cutoffAngstrom.value_or(0.0), options.value("dispersion_switch_width", 0.0));
    }
}

optional<GemsForce::ElectrostaticsForm>
Model::getElectrostaticsForm(const ModelSettings& settings) const {
    if (!electrostatics) {
        return std::nullopt;
    }
    return settings.electrostatics.value_or(settings.periodic ? GemsForce::Lattice
                                                              : GemsForce::Plain);
}

optional<double> Model::getLongRangeCutoffAngstrom(const ModelSettings& settings) const {
    if (getElectrostaticsForm(settings) == GemsForce::Plain) {
        return std::nullopt;
    }
    return settings.longRangeCutoffAngstrom ? settings.longRangeCutoffAngstrom
                                            : longRangeCutoffAngstrom;
}

optional<double> Model::getPairCutoffAngstrom(const ModelSettings& settings) const {
    const auto longRange = getLongRangeCutoffAngstrom(settings);
    if (!cutoffAngstrom || !longRange) {
        return std::nullopt;
    }
    return std::max(*cutoffAngstrom, *longRange);
}

void Model::validateElements(const ModelSettings& settings) const {
    if (settings.atomicNumbers.empty()) {
        throw OpenMMException("GemsForce: number of atoms is 0; expected at least 1.");
    }
    if (!elements) {
        return;
    }
    for (size_t atom = 0; atom < settings.atomicNumbers.size(); atom++) {
        const int atomicNumber = settings.atomicNumbers[atom];
        if (!elements->contains(atomicNumber)) {
            string known;
            for (int element : *elements) {
                known += (known.empty() ? "" : ", ") + to_string(element);
            }
            throw OpenMMException("GemsForce: atom " + to_string(atom) + " has atomic number " +
                                  to_string(atomicNumber) + "; model '" + file + "' knows only " +
                                  known + ".");
        }
    }
}

bool Model::hasNativeEvaluator() const {
    return architecture == "spookynet" && module->hasMethod("initial_features");
}

void Model::validate(const ModelSettings& settings) const {
    validateElements(settings);
    checkElectrons(settings);
    validateOptions(settings);
    validateBoundaries(settings);
}

void Model::validateOptions(const ModelSettings& settings) const {
    if (settings.evaluator == GemsForce::Native && !hasNativeEvaluator()) {
        throw OpenMMException("GemsForce: the native evaluator is asked for, but model '" + file +
                              "' is '" + architecture +
                              "', or older than that evaluator; expected a SpookyNet of this "
                              "version. Choose GemsForce.Auto or GemsForce.TorchScript.");
    }
    if (settings.longRangeCutoffAngstrom && !module->hasMethod("set_long_range_cutoff")) {
        throw OpenMMException("GemsForce: a long-range cutoff is set, which model '" + file +
                              "' does not take (it has no method set_long_range_cutoff).");
    }
    if (settings.attention != GemsForce::ModelDefault && !module->hasMethod("set_attention")) {
        throw OpenMMException("GemsForce: an attention mode is set, which model '" + file +
                              "' does not take (it has no method set_attention); expected "
                              "GemsForce.ModelDefault.");
    }
    if (settings.electrostatics && !electrostatics) {
        throw OpenMMException("GemsForce: a form of electrostatics is set, which model '" + file +
                              "' does not take (its gems.json declares none for the evaluator to "
                              "add); expected GemsForce.ModelDefault.");
    }
    if (settings.longRangeCutoffAngstrom &&
        *settings.longRangeCutoffAngstrom < leastLongRangeCutoffAngstrom) {
        throw OpenMMException("GemsForce: long-range cutoff is " +
                              inAngstrom(*settings.longRangeCutoffAngstrom) + "; model '" + file +
                              "' expects at least " + inAngstrom(leastLongRangeCutoffAngstrom) +
                              ", the range of its network and of the switch of its dispersion.");
    }
}

void Model::validateBoundaries(const ModelSettings& settings) const {
    if (const auto form = getElectrostaticsForm(settings)) {
        validateForm(settings, *form);
    }
    if (settings.periodic && !getPairCutoffAngstrom(settings)) {
        throw OpenMMException("GemsForce: periodic boundary conditions are used, but model '" +
                              file +
                              "' has no long-range cutoff; expected one. Call "
                              "setLongRangeCutoff() with a distance.");
    }
}

void Model::validateForm(const ModelSettings& settings, GemsForce::ElectrostaticsForm form) const {
    if (form == GemsForce::Plain && settings.periodic) {
        throw OpenMMException(
            "GemsForce: electrostatics is Plain, which knows no images, but periodic boundary "
            "conditions are used; expected Lattice or Cutoff. Call setElectrostatics(), or "
            "setUsesPeriodicBoundaryConditions(False) for one molecule without images.");
    }
    if (form == GemsForce::Plain && settings.longRangeCutoffAngstrom) {
        throw OpenMMException(
            "GemsForce: a long-range cutoff of " + inAngstrom(*settings.longRangeCutoffAngstrom) +
            " is set, but without a box all pairs interact by default; expected no cutoff. Call "
            "setElectrostatics(GemsForce.Cutoff), which is another function, or leave it out.");
    }
    if (form == GemsForce::Lattice && !settings.periodic) {
        throw OpenMMException(
            "GemsForce: electrostatics is Lattice, but there are no periodic boundary conditions; "
            "expected a box. Call setUsesPeriodicBoundaryConditions(True), or choose Plain.");
    }
    if (form == GemsForce::Lattice && settings.isSubset) {
        throw OpenMMException(
            "GemsForce: a lattice sum is asked for, by Lattice or by default with periodic "
            "boundary conditions, but the force acts on some of the System's particles only; "
            "expected all. Call setUsesPeriodicBoundaryConditions(False), so that the atoms are "
            "one molecule without images, or setElectrostatics(GemsForce.Cutoff).");
    }
    if (form == GemsForce::Cutoff && !getLongRangeCutoffAngstrom(settings)) {
        throw OpenMMException("GemsForce: electrostatics is Cutoff, but model '" + file +
                              "' has no long-range cutoff; expected one. Call "
                              "setLongRangeCutoff() with a distance.");
    }
}

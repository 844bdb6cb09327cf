// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#include "DeviceEvaluator.h"
#include "blocks.h"
#include "openmmgems/Units.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <openmm/OpenMMException.h>
#include <openmm/common/ContextSelector.h>

using namespace OpenMMGems;
using OpenMM::ContextSelector;
using std::string;
using std::vector;

namespace {

/** What is larger is not finite, or soon will not be. */
constexpr double LARGEST_ENERGY = 1e30;
/** Wider tiles do not fit into local memory and registers. */
constexpr size_t MOST_TENSOR_FEATURES = 128;

/** What the device has, unless the environment says otherwise. */
bool chooseTensorCores(bool hasTensorCores, const TensorReader& tensors) {
    const char* choice = std::getenv("OPENMMGEMS_TENSOR_CORES");
    const string text = choice != nullptr ? choice : (hasTensorCores ? "1" : "0");
    if (text != "0" && text != "1") {
        throw OpenMM::OpenMMException("GemsForce: OPENMMGEMS_TENSOR_CORES is '" + text +
                                      "'; expected 0 or 1. Unset it to use what the device has.");
    }
    return text == "1" && tensors.matrix<double>("output.weight").columns() <= MOST_TENSOR_FEATURES;
}

} // namespace

/** Told when OpenMM moves atoms in memory. */
class DeviceEvaluator::Listener : public OpenMM::ComputeContext::ReorderListener {
public:
    explicit Listener(DeviceLists& lists) : lists(lists) {}
    void execute() override { lists.followReordering(); }

private:
    DeviceLists& lists;
};

DeviceEvaluator::DeviceEvaluator(OpenMM::ComputeContext& cc,
                                 std::shared_ptr<const Model> givenModel,
                                 const ModelSettings& settings, const vector<int>& atomOfParticle,
                                 const string& scaleParameterName, bool hasTensorCores)
    : cc(cc), model(std::move(givenModel)), settings(settings), parameters(*model, settings),
      scaleParameterName(scaleParameterName),
      program(cc, chooseTensorCores(hasTensorCores, parameters.getTensors())),
      lists(program, atomOfParticle, static_cast<int>(settings.atomicNumbers.size()),
            settings.periodic),
      network(program, parameters.getTensors(), parameters.getOptions()),
      terms(program, parameters.getTensors(), parameters.getOptions()),
      flagsAreHere(cc.createEvent()) {
    cc.addReorderListener(new Listener(lists));
    const size_t number = settings.atomicNumbers.size();
    program.makeMixed(charges, number, "gemsCharges");
    program.uploadMixed(chargeGradient, vector<double>(number, 0.0), "gemsChargeGradient");
    program.uploadMixed(energies, vector<double>(NUM_ENERGIES * number, 0.0), "gemsEnergies");
    program.makeMixed(parts, NUM_PARTS, "gemsParts");
    setComposition(settings);
}

DeviceEvaluator::~DeviceEvaluator() = default;

void DeviceEvaluator::setComposition(const ModelSettings& newSettings) {
    model->validate(newSettings);
    settings = newSettings;
    network.setComposition(parameters.initialFeatures(settings), settings.atomicNumbers);
    terms.setAtomicNumbers(settings.atomicNumbers);
    lists.invalidate();
    isReady = false;
}

Defines DeviceEvaluator::getDefines() const {
    Defines defines = network.getDefines();
    defines.merge(lists.getDefines(terms.getNearCutoff(), terms.getFarCutoff()));
    defines.merge(terms.getDefines());
    defines.insert({
        {"PADDED_NUM_PARTICLES", literal(cc.getPaddedNumAtoms())},
        {"NETWORK_ENERGY", literal(NETWORK)},
        {"REPULSION_ENERGY", literal(REPULSION)},
        {"ELECTROSTATIC_ENERGY", literal(ELECTROSTATICS)},
        {"DISPERSION_ENERGY", literal(DISPERSION)},
        {"NUM_ENERGIES", literal(NUM_ENERGIES)},
        {"KJ_PER_MOL_PER_EV", literal(KJ_PER_MOL_PER_EV)},
        {"LARGEST_FORCE", literal(EvaluationFaults::LARGEST_FORCE)},
        {"LARGEST_ENERGY", literal(LARGEST_ENERGY)},
    });
    if (program.usesTensorCores()) {
        defines["TENSOR_CORES"] = literal(1);
    }
    const auto& names = cc.getEnergyParamDerivNames();
    const auto found = std::ranges::find(names, scaleParameterName);
    if (!scaleParameterName.empty() && found != names.end()) {
        defines["SCALE_DERIVATIVE"] = literal(static_cast<int>(found - names.begin()));
        defines["NUM_DERIVATIVES"] = literal(static_cast<int>(names.size()));
    }
    return defines;
}

/** At the first evaluation, when OpenMM's arrays and all other forces are there. */
void DeviceEvaluator::makeReady() {
    if (!isReady) {
        program.compile(getDefines());
        createKernels();
        isReady = true;
    }
}

void DeviceEvaluator::createKernels() {
    const DeviceProgram::Later later;
    lists.createKernels();
    network.createKernels(lists, charges, chargeGradient, energies);
    terms.createKernels(lists, charges, chargeGradient, energies);
    sumCharges = program.kernel("sumParts", charges, parts);
    shiftCharges = program.kernel("shiftToSum", parts, later, charges);
    program.setMixed(shiftCharges, 1, settings.totalCharge);
    sumGradients = program.kernel("sumParts", chargeGradient, parts);
    shiftGradients = program.kernel("shiftToSum", parts, later, chargeGradient);
    program.setMixed(shiftGradients, 1, 0.0);
    addAllForces = program.kernel("addAllForces", later, lists.atomOfPlace, lists.numPairs,
                                  lists.pairAtom, lists.pairForce, lists.maxPairs);
    if (terms.hasElectrostatics() || terms.hasDispersion()) {
        addAllForces->addArg(terms.farForce);
    }
    addAllForces->addArg(lists.slotOfAtom);
    addAllForces->addArg(cc.getLongForceBuffer());
    addAllForces->addArg(lists.status);
    addAllEnergies = program.kernel("addEnergy", energies, later);
    if (!scaleParameterName.empty()) {
        addAllEnergies->addArg(cc.getEnergyParamDerivBuffer());
    }
    addAllEnergies->addArg(cc.getEnergyBuffer());
    addAllEnergies->addArg(lists.status);
}

bool DeviceEvaluator::evaluate(bool includeForces, double scale) {
    const auto number = static_cast<int>(settings.atomicNumbers.size());
    makeReady();
    lists.update();
    // The flags come while the device is busy with what follows.
    auto* pinned = static_cast<int*>(cc.getPinnedBuffer());
    lists.status.download(pinned, /*blocking=*/false);
    flagsAreHere->enqueue();
    network.forward();
    sumCharges->execute(NUM_PARTS * SUM_THREADS, SUM_THREADS);
    shiftCharges->execute(number);
    terms.execute();
    if (includeForces) {
        // Charges are shifted alike to keep their sum, so that the gradient's mean does not act.
        sumGradients->execute(NUM_PARTS * SUM_THREADS, SUM_THREADS);
        shiftGradients->execute(number);
        network.reverse();
        program.setReal(addAllForces, 0, scale * KJ_PER_MOL_NM_PER_EV_ANGSTROM);
        addAllForces->execute(number);
    }
    lists.finish();
    flagsAreHere->wait();
    const vector<int> flags(pinned, pinned + DeviceLists::STATUS_SIZE);
    if (lists.grow(flags)) {
        createKernels();
        return false;
    }
    check(flags);
    return true;
}

void DeviceEvaluator::execute(double scale, bool includeForces, bool includeEnergy) {
    const ContextSelector selector(cc);
    if (!evaluate(includeForces, scale)) {
        cc.setForcesValid(false); // OpenMM calls again
        return;
    }
    if (includeEnergy || !scaleParameterName.empty()) { // whose derivative comes with forces
        program.setMixed(addAllEnergies, 1, scale);
        addAllEnergies->execute(static_cast<int>(energies.getSize()));
    }
    if (includeEnergy) {
        vector<int> flags;
        lists.status.download(flags);
        check(flags);
    }
}

/** Throws if a flag tells of a result that is not finite or of atoms in one place. */
void DeviceEvaluator::check(const vector<int>& flags) {
    const int badForce = flags[DeviceLists::BAD_FORCE], badEnergy = flags[DeviceLists::BAD_ENERGY];
    if (flags[DeviceLists::COINCIDENCE] == 0 && badForce == 0 && badEnergy == 0) {
        return;
    }
    lists.status.upload(vector<int>(DeviceLists::STATUS_SIZE, 0));
    lists.invalidate();
    EvaluationFaults faults;
    if (flags[DeviceLists::COINCIDENCE] != 0) {
        faults.add(EvaluationFaults::ATOMS_COINCIDE, flags[DeviceLists::COINCIDENCE] - 1);
    }
    if (badForce > 0) {
        faults.add(EvaluationFaults::FORCE_NOT_FINITE, badForce - 1);
    }
    if (badEnergy > 0) {
        faults.add(EvaluationFaults::ENERGY_NOT_FINITE);
    }
    const Box box = lists.getBox();
    faults.check(lists.downloadPositions(), settings.periodic ? &box : nullptr, model->getFile());
}

void DeviceEvaluator::evaluateWithoutForces() {
    while (!evaluate(/*includeForces=*/false, 1.0)) {
    }
}

std::map<string, double> DeviceEvaluator::getEnergyTerms() {
    const ContextSelector selector(cc);
    evaluateWithoutForces();
    vector<double> numbers;
    energies.download(numbers, /*convert=*/true);
    const size_t number = settings.atomicNumbers.size();
    const auto sum = [&](Energy term) {
        const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(term * number);
        return KJ_PER_MOL_PER_EV * std::accumulate(first, first + number, 0.0);
    };
    std::map<string, double> result = {{"network", sum(NETWORK)}};
    if (terms.hasRepulsion()) {
        result["repulsion"] = sum(REPULSION);
    }
    if (terms.hasElectrostatics()) {
        result["electrostatics"] = sum(ELECTROSTATICS);
    }
    if (terms.hasDispersion()) {
        result["dispersion"] = sum(DISPERSION);
    }
    return result;
}

vector<double> DeviceEvaluator::getAtomicCharges() {
    const ContextSelector selector(cc);
    evaluateWithoutForces();
    vector<double> result;
    charges.download(result, /*convert=*/true);
    return result;
}

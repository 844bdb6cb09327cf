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
                                 bool hasTensorCores)
    : cc(cc), model(std::move(givenModel)), settings(settings), parameters(*model, settings),
      program(cc, chooseTensorCores(hasTensorCores, parameters.getTensors())),
      lists(program, atomOfParticle, static_cast<int>(settings.atomicNumbers.size()),
            settings.periodic),
      network(program, parameters.getTensors(), parameters.getOptions()),
      terms(program, parameters.getTensors(), parameters.getOptions()) {
    cc.addReorderListener(new Listener(lists));
    const size_t number = settings.atomicNumbers.size();
    program.makeMixed(charges, number, "gemsCharges");
    program.uploadMixed(chargeGradient, vector<double>(number, 0.0), "gemsChargeGradient");
    program.uploadMixed(energies, vector<double>(NUM_ENERGIES * number, 0.0), "gemsEnergies");
    program.makeMixed(parts, NUM_PARTS, "gemsParts");
    setComposition(settings);
    program.compile(getDefines());
}

DeviceEvaluator::~DeviceEvaluator() = default;

void DeviceEvaluator::setComposition(const ModelSettings& newSettings) {
    model->validate(newSettings);
    const Matrix<double> features = parameters.initialFeatures(newSettings);
    settings = newSettings; // nothing has failed
    network.setComposition(features, settings.atomicNumbers);
    terms.setAtomicNumbers(settings.atomicNumbers);
    lists.invalidate();
    isReady = false;
}

Defines DeviceEvaluator::getDefines() const {
    Defines defines = network.getDefines();
    defines.merge(lists.getDefines(terms.getFarCutoff()));
    defines.merge(terms.getDefines());
    defines.insert({
        {"NETWORK_ENERGY", literal(NETWORK)},
        {"REPULSION_ENERGY", literal(REPULSION)},
        {"ELECTROSTATIC_ENERGY", literal(ELECTROSTATICS)},
        {"DISPERSION_ENERGY", literal(DISPERSION)},
        {"NUM_ENERGIES", literal(NUM_ENERGIES)},
        {"LARGEST_FORCE", literal(EvaluationFaults::LARGEST_FORCE)},
    });
    if (program.usesTensorCores()) {
        defines["TENSOR_CORES"] = literal(1);
    }
    return defines;
}

/** When OpenMM's arrays are there: at the first evaluation; and when arguments have changed. */
void DeviceEvaluator::createKernels() {
    using Mixed = DeviceProgram::Mixed;
    const auto number = static_cast<int>(settings.atomicNumbers.size());
    lists.createKernels(terms.getNearCutoff(), terms.getFarCutoff());
    network.createKernels(lists, charges, chargeGradient, energies);
    terms.createKernels(lists, charges, chargeGradient, energies);
    sumCharges = program.kernel("sumParts", number, charges, parts);
    shiftCharges = program.kernel("shiftToSum", number, parts,
                                  Mixed{static_cast<double>(settings.totalCharge)}, charges);
    sumGradients = program.kernel("sumParts", number, chargeGradient, parts);
    shiftGradients = program.kernel("shiftToSum", number, parts, Mixed{0.0}, chargeGradient);
    addAllForces = program.kernel("addAllForces", number, cc.getPaddedNumAtoms(),
                                  DeviceProgram::Later(), lists.atomOfPlace, lists.numPairs,
                                  lists.pairAtom, lists.pairForce, lists.maxPairs);
    if (terms.hasElectrostatics() || terms.hasDispersion()) {
        addAllForces->addArg(terms.farForce);
    }
    addAllForces->addArg(lists.slotOfAtom);
    addAllForces->addArg(cc.getLongForceBuffer());
    addAllForces->addArg(lists.status);
}

bool DeviceEvaluator::evaluate(bool includeForces, double scale) {
    const auto number = static_cast<int>(settings.atomicNumbers.size());
    if (!isReady) {
        createKernels();
        isReady = true;
    }
    lists.update();
    network.forward();
    sumCharges->execute(NUM_PARTS * SUM_THREADS, SUM_THREADS);
    shiftCharges->execute(number);
    terms.execute();
    if (includeForces) {
        // Charges are shifted alike to keep their sum, so that the gradient's mean does not act.
        sumGradients->execute(NUM_PARTS * SUM_THREADS, SUM_THREADS);
        shiftGradients->execute(number);
        network.reverse();
        program.setReal(addAllForces, 2, scale * KJ_PER_MOL_NM_PER_EV_ANGSTROM);
        addAllForces->execute(number);
    }
    vector<int> status;
    lists.status.download(status);
    if (lists.grow(status)) {
        network.invalidate(); // what it found may be at fault, which nobody has told
        createKernels();
        return false;
    }
    check(DeviceLists::faultsIn(status));
    return true;
}

double DeviceEvaluator::execute(double scale, bool includeForces, bool includeEnergy) {
    const ContextSelector selector(cc);
    if (!evaluate(includeForces, scale)) {
        cc.setForcesValid(false); // OpenMM calls again
        return 0.0;
    }
    return includeEnergy ? KJ_PER_MOL_PER_EV * totalOf(sumTerms()) : 0.0;
}

/** Throws OpenMMException if there is a fault; what led to it is not used again. */
void DeviceEvaluator::check(const EvaluationFaults& faults) {
    if (faults.any()) {
        lists.invalidate();
        network.invalidate();
        const Box box = lists.getBox();
        faults.check(lists.downloadPositions(), settings.periodic ? &box : nullptr,
                     model->getFile());
    }
}

/** Energies in eV by name. */
std::map<string, double> DeviceEvaluator::sumTerms() const {
    vector<double> numbers;
    energies.download(numbers, /*convert=*/true);
    const size_t number = settings.atomicNumbers.size();
    const auto sum = [&](Energy term) {
        const auto first = numbers.begin() + static_cast<std::ptrdiff_t>(term * number);
        return std::accumulate(first, first + number, 0.0);
    };
    std::map<string, double> result = {{"network", network.freeAtomsEnergy() + sum(NETWORK)}};
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

/** Their sum in eV. Throws OpenMMException if it is not finite. */
double DeviceEvaluator::totalOf(const std::map<string, double>& termsEv) {
    Evaluation evaluation;
    for (const auto& [name, energy] : termsEv) {
        evaluation.energyEv += energy;
    }
    EvaluationFaults faults;
    faults.addResults(evaluation);
    check(faults);
    return evaluation.energyEv;
}

/** At the present positions, without forces. */
std::map<string, double> DeviceEvaluator::evaluateTerms() {
    while (!evaluate(/*includeForces=*/false, 1.0)) {
    }
    std::map<string, double> termsEv = sumTerms();
    totalOf(termsEv); // checks them
    return termsEv;
}

std::map<string, double> DeviceEvaluator::getEnergyTerms() {
    const ContextSelector selector(cc);
    std::map<string, double> result = evaluateTerms();
    for (auto& [name, energy] : result) {
        energy *= KJ_PER_MOL_PER_EV;
    }
    return result;
}

vector<double> DeviceEvaluator::getAtomicCharges() {
    const ContextSelector selector(cc);
    evaluateTerms();
    vector<double> result;
    charges.download(result, /*convert=*/true);
    return result;
}

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/Evaluator.h"
#include "openmmgems/PairList.h"
#include "openmmgems/internal/EvaluationFaults.h"
#include <memory>
#include <mutex>
#include <openmm/OpenMMException.h>
#include <optional>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace OpenMMGems;
using OpenMM::Vec3;
using Array = py::array_t<double, py::array::c_style | py::array::forcecast>;

namespace {

/** Atomic numbers, positions, charge, number of unpaired electrons, and cell if there is one. */
using SystemTuple = std::tuple<std::vector<int>, Array, int, int, std::optional<Array>>;

std::vector<Vec3> toVectors(const Array& array, const char* name) {
    if (array.ndim() != 2 || array.shape(1) != 3) {
        throw py::value_error(std::string(name) + " must have shape [number, 3]");
    }
    const auto values = array.unchecked<2>();
    std::vector<Vec3> vectors(array.shape(0));
    for (py::ssize_t i = 0; i < array.shape(0); i++) {
        vectors[i] = Vec3(values(i, 0), values(i, 1), values(i, 2));
    }
    return vectors;
}

std::optional<Box> toBox(const std::optional<Array>& cell) {
    if (!cell) {
        return std::nullopt;
    }
    const std::vector<Vec3> rows = toVectors(*cell, "cell_angstrom");
    if (rows.size() != 3) {
        throw py::value_error("cell_angstrom must have shape [3, 3]");
    }
    return Box{rows[0], rows[1], rows[2]};
}

template <typename Number>
py::array_t<Number> toArray(const std::vector<Number>& values) {
    return py::array_t<Number>(static_cast<py::ssize_t>(values.size()), values.data());
}

py::object toArrayOrNone(const std::vector<double>& values) {
    return values.empty() ? py::object(py::none()) : toArray(values);
}

template <typename Vectors>
Array fromVectors(const Vectors& vectors) {
    const auto count = static_cast<py::ssize_t>(std::size(vectors));
    Array array({count, py::ssize_t{3}});
    auto values = array.mutable_unchecked<2>();
    for (py::ssize_t i = 0; i < count; i++) {
        for (py::ssize_t k = 0; k < 3; k++) {
            values(i, k) = vectors[i][static_cast<int>(k)];
        }
    }
    return array;
}

/**
 * An Evaluator that is made when the first system is evaluated, and follows its composition. Python
 * threads that evaluate at the same time wait for each other.
 */
class BoundEvaluator {
public:
    BoundEvaluator(const std::string& file, const EvaluatorOptions& options, int evaluator,
                   int attention, int electrostatics, std::optional<double> longRangeCutoffAngstrom)
        : model(std::make_shared<Model>(file)), options(options) {
        settings.evaluator = static_cast<GemsForce::EvaluatorKind>(evaluator);
        settings.attention = static_cast<GemsForce::AttentionMode>(attention);
        if (electrostatics != GemsForce::ModelDefault) {
            settings.electrostatics = static_cast<GemsForce::ElectrostaticsForm>(electrostatics);
        }
        settings.longRangeCutoffAngstrom = longRangeCutoffAngstrom;
        model->validateOptions(settings);
    }

    const Model& getModel() const { return *model; }

    py::dict evaluate(const std::vector<int>& atomicNumbers, const Array& positions, int charge,
                      int numUnpairedElectrons, const std::optional<Array>& cell, bool forces) {
        const std::vector<Vec3> vectors = toVectors(positions, "positions_angstrom");
        const std::optional<Box> box = toBox(cell);
        Evaluation result;
        {
            const py::gil_scoped_release release; // first: who waits must not hold it
            const std::scoped_lock alone(mutex);
            prepare(atomicNumbers, charge, numUnpairedElectrons, box.has_value());
            result = evaluator->evaluate(vectors, box ? &*box : nullptr, everything(forces));
        }
        return toDict(result, forces, box.has_value());
    }

    /** Systems are tuples of the first arguments of evaluate(), all with a cell or all without. */
    py::list evaluateBatch(const std::vector<SystemTuple>& tuples,
                           const std::vector<std::string>& names, bool forces) {
        std::vector<MolecularSystem> systems;
        for (size_t i = 0; i < tuples.size(); i++) {
            const auto& [numbers, positions, charge, spin, cell] = tuples[i];
            systems.push_back({names.at(i), numbers, toVectors(positions, "positions_angstrom"),
                               charge, spin, toBox(cell)});
        }
        if (systems.empty()) {
            return py::list();
        }
        const MolecularSystem& first = systems.front();
        std::vector<Evaluation> results;
        {
            const py::gil_scoped_release release;
            const std::scoped_lock alone(mutex);
            forSystem(first.name, [&] {
                prepare(first.atomicNumbers, first.totalCharge, first.numUnpairedElectrons,
                        first.box.has_value());
            });
            settings.atomicNumbers.clear(); // not known afterwards
            results = evaluator->evaluateBatch(systems, everything(forces));
        }
        py::list dicts;
        for (const Evaluation& result : results) {
            dicts.append(toDict(result, forces, first.box.has_value()));
        }
        return dicts;
    }

    /** Name of the form of electrostatics; None if the module gives all. */
    py::object getElectrostaticsForm(bool periodic) const {
        ModelSettings asked = settings;
        asked.periodic = periodic;
        const auto form = model->getElectrostaticsForm(asked);
        const char* const names[] = {"default", "plain", "lattice", "cutoff"};
        return form ? py::object(py::str(names[*form])) : py::none();
    }

private:
    static Wanted everything(bool forces) {
        return {.forces = forces,
                .virial = forces,
                .terms = true,
                .charges = true,
                .hirshfeldRatios = true};
    }

    void prepare(const std::vector<int>& atomicNumbers, int charge, int numUnpairedElectrons,
                 bool periodic) {
        const bool fits = evaluator && settings.periodic == periodic;
        if (fits && settings.atomicNumbers == atomicNumbers && settings.totalCharge == charge &&
            settings.numUnpairedElectrons == numUnpairedElectrons) {
            return;
        }
        ModelSettings changed = settings;
        changed.atomicNumbers = atomicNumbers;
        changed.totalCharge = charge;
        changed.numUnpairedElectrons = numUnpairedElectrons;
        changed.periodic = periodic;
        if (fits) {
            evaluator->setComposition(atomicNumbers, charge, numUnpairedElectrons);
        } else {
            evaluator = createEvaluator(model, changed, options);
        }
        settings = std::move(changed);
    }

    py::dict toDict(const Evaluation& result, bool forces, bool periodic) const {
        py::dict dict;
        dict["energy_ev"] = result.energyEv;
        dict["terms_ev"] = result.termsEv;
        dict["phase_seconds"] = result.phaseSeconds;
        dict["charges"] = toArrayOrNone(result.charges);
        dict["hirshfeld_ratios"] = toArrayOrNone(result.hirshfeldRatios);
        dict["electrostatics_form"] = getElectrostaticsForm(periodic);
        if (forces) {
            dict["forces_ev_per_angstrom"] = fromVectors(result.forcesEvPerAngstrom);
            dict["virial_ev"] = fromVectors(result.virialEv);
        }
        return dict;
    }

    std::shared_ptr<const Model> model;
    ModelSettings settings;
    EvaluatorOptions options;
    std::unique_ptr<Evaluator> evaluator;
    std::mutex mutex;
};

py::tuple listPairsOf(const Array& positions, const std::optional<Array>& cell,
                      std::optional<double> cutoffAngstrom) {
    const std::optional<Box> box = toBox(cell);
    const PairList pairs = listPairs(toVectors(positions, "positions_angstrom"),
                                     box ? &*box : nullptr, cutoffAngstrom);
    return py::make_tuple(toArray(pairs.i), toArray(pairs.j), fromVectors(pairs.vectors));
}

} // namespace

void bindEvaluator(py::module_& module) {
    py::class_<BoundEvaluator>(module, "ModelEvaluator",
                               "See openmmgems.Evaluator, which documents this class.")
        .def(py::init([](const std::string& file, int evaluator, bool doublePrecision,
                         int cudaDevice, int numThreads, int attention, int electrostatics,
                         std::optional<double> longRangeCutoff) {
                 const EvaluatorOptions options{.precision = doublePrecision ? Precision::Double
                                                                             : Precision::Single,
                                                .cudaDevice = cudaDevice,
                                                .numThreads = numThreads};
                 return std::make_unique<BoundEvaluator>(file, options, evaluator, attention,
                                                         electrostatics, longRangeCutoff);
             }),
             py::arg("model_file"), py::kw_only(), py::arg("evaluator"),
             py::arg("double_precision"), py::arg("cuda_device"), py::arg("num_threads"),
             py::arg("attention"), py::arg("electrostatics"), py::arg("long_range_cutoff_angstrom"))
        .def_property_readonly(
            "description",
            [](const BoundEvaluator& self) { return self.getModel().getDescription(); },
            "The text of gems.json in the model file.")
        .def("electrostatics_form", &BoundEvaluator::getElectrostaticsForm, py::arg("periodic"))
        .def("evaluate_batch", &BoundEvaluator::evaluateBatch, py::arg("systems"), py::arg("names"),
             py::kw_only(), py::arg("forces"))
        .def("evaluate", &BoundEvaluator::evaluate, py::arg("atomic_numbers"),
             py::arg("positions_angstrom"), py::kw_only(), py::arg("charge"),
             py::arg("num_unpaired_electrons"), py::arg("cell_angstrom"), py::arg("forces"));
    module.def("list_pairs", &listPairsOf, py::arg("positions_angstrom"),
               py::arg("cell_angstrom") = py::none(), py::arg("cutoff_angstrom") = py::none(),
               R"(List all directed pairs closer than a cutoff, every periodic image by itself.

Parameters
----------
positions_angstrom : array [num_atoms, 3]
    Positions in angstrom.
cell_angstrom : array [3, 3], optional
    Lattice vectors as rows, in angstrom; None if not periodic.
cutoff_angstrom : float, optional
    None: all pairs of a system that is not periodic.

Returns
-------
pair_i, pair_j : int64 arrays [num_pairs]
    The two atoms; both directions are listed.
vectors : float64 array [num_pairs, 3]
    Position of j's image minus position of i in angstrom.

Raises
------
ValueError
    If positions are not finite, or two atoms coincide.
)");
}

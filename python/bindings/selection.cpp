// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "AffinityPropagation.h"
#include "Superposition.h"
#include <memory>
#include <optional>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace py = pybind11;
using namespace OpenMMGems;
using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;
using Floats = py::array_t<float, py::array::c_style>;

namespace {

std::unique_ptr<Superposition> makeSuperposition(const Doubles& frames,
                                                 const std::optional<Doubles>& masses) {
    if (frames.ndim() != 3 || frames.shape(2) != 3) {
        throw py::value_error("frames must have shape [frames, atoms, 3]");
    }
    if (masses && (masses->ndim() != 1 || masses->shape(0) != frames.shape(1))) {
        throw py::value_error("masses must have shape [atoms]");
    }
    return std::make_unique<Superposition>(frames.data(), frames.shape(0), frames.shape(1),
                                           masses ? masses->data() : nullptr);
}

Floats compare(const Superposition& self, const Superposition& others, size_t begin, size_t end,
               int numThreads) {
    if (others.getNumAtoms() != self.getNumAtoms() || begin > end || end > self.getNumFrames()) {
        throw py::value_error("others must have as many atoms; begin and end must be frames");
    }
    Floats result({end - begin, others.getNumFrames()});
    float* target = result.mutable_data();
    const py::gil_scoped_release release;
    self.compare(others, begin, end, target, numThreads);
    return result;
}

Floats compareAll(const Superposition& self, int numThreads) {
    Floats result({self.getNumFrames(), self.getNumFrames()});
    float* target = result.mutable_data();
    const py::gil_scoped_release release;
    self.compareAll(target, numThreads);
    return result;
}

std::unique_ptr<AffinityPropagation> makePropagation(const Floats& similarity,
                                                     const Doubles& preferences, double damping) {
    const py::ssize_t number = preferences.size();
    if (similarity.ndim() != 2 || similarity.shape(0) != number || similarity.shape(1) != number) {
        throw py::value_error("similarity must have shape [number, number]");
    }
    return std::make_unique<AffinityPropagation>(
        similarity.data(), std::vector<double>(preferences.data(), preferences.data() + number),
        damping);
}

py::array_t<bool> exemplarsOf(const AffinityPropagation& self) {
    const std::vector<uint8_t> exemplars = self.getExemplars();
    py::array_t<bool> result(static_cast<py::ssize_t>(exemplars.size()));
    std::copy(exemplars.begin(), exemplars.end(), result.mutable_data());
    return result;
}

} // namespace

PYBIND11_MODULE(_selection, module) {
    module.doc() = "Compiled parts of openmmgems.sampling.selection, which documents them.";
    py::class_<Superposition>(module, "Superposition")
        .def(py::init(&makeSuperposition), py::arg("frames"), py::arg("masses") = py::none())
        .def_property_readonly("num_frames", &Superposition::getNumFrames)
        .def_property_readonly("num_atoms", &Superposition::getNumAtoms)
        .def("compare", &compare, py::arg("others"), py::arg("begin"), py::arg("end"),
             py::arg("num_threads"))
        .def("compare_all", &compareAll, py::arg("num_threads"));
    py::class_<AffinityPropagation>(module, "AffinityPropagation")
        .def(py::init(&makePropagation), py::keep_alive<1, 2>(), py::arg("similarity").noconvert(),
             py::arg("preferences"), py::arg("damping"))
        .def("iterate", &AffinityPropagation::iterate, py::arg("num_threads"),
             py::call_guard<py::gil_scoped_release>())
        .def_property_readonly("exemplars", &exemplarsOf);
}

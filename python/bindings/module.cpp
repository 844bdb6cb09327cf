// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include <openmm/OpenMMException.h>
#include <pybind11/pybind11.h>

namespace py = pybind11;

void bindUnits(py::module_& module);
void bindEvaluator(py::module_& module);

PYBIND11_MODULE(_core, module) {
    module.doc() = "Compiled parts of openmmgems: arrays in, arrays out.";
    py::register_exception_translator([](std::exception_ptr pointer) {
        try {
            if (pointer) {
                std::rethrow_exception(pointer);
            }
        } catch (const OpenMM::OpenMMException& error) {
            PyErr_SetString(PyExc_ValueError, error.what());
        }
    });
    module.attr("version") = GEMS_VERSION;
    module.attr("torch_version") = GEMS_TORCH_VERSION;
    bindUnits(module);
    bindEvaluator(module);
}

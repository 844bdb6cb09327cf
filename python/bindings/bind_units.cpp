// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT

#include "openmmgems/Units.h"
#include <pybind11/pybind11.h>

void bindUnits(pybind11::module_& module) {
    module.attr("ANGSTROM_PER_NM") = OpenMMGems::ANGSTROM_PER_NM;
    module.attr("KJ_PER_MOL_PER_EV") = OpenMMGems::KJ_PER_MOL_PER_EV;
    module.attr("BOHR_ANGSTROM") = OpenMMGems::BOHR_ANGSTROM;
    module.attr("HARTREE_EV") = OpenMMGems::HARTREE_EV;
    module.attr("COULOMB_EV_ANGSTROM") = OpenMMGems::COULOMB_EV_ANGSTROM;
}

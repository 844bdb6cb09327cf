// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_UNITS_H_
#define OPENMMGEMS_UNITS_H_

/**
 * The one home of every conversion factor; Python reads them from here.
 *
 * Models work in angstrom and eV, OpenMM in nm and kJ/mol. The atomic units are those of the
 * published SpookyNet implementation (github.com/OUnke/SpookyNet, commit d57b1fc), whose numbers
 * depend on them; the mole is CODATA 2018 (exact).
 */
namespace OpenMMGems {

constexpr double ANGSTROM_PER_NM = 10.0;
/** e N_A / 1000, with e = 1.602176634e-19 C and N_A = 6.02214076e23 / mol. */
constexpr double KJ_PER_MOL_PER_EV = 1.602176634e-19 * 6.02214076e23 / 1000.0;
/** Forces: kJ/mol/nm per eV/angstrom. */
constexpr double KJ_PER_MOL_NM_PER_EV_ANGSTROM = KJ_PER_MOL_PER_EV * ANGSTROM_PER_NM;
/** Bohr radius in angstrom. */
constexpr double BOHR_ANGSTROM = 0.5291772105638411;
/** Hartree energy in eV. */
constexpr double HARTREE_EV = 27.211386024367243;
/** Coulomb constant in eV angstrom / e^2: Bohr radius times hartree. */
constexpr double COULOMB_EV_ANGSTROM = 14.399645351950548;

} // namespace OpenMMGems

#endif // OPENMMGEMS_UNITS_H_

// SPDX-FileCopyrightText: 2026 The openmm-gems authors
// SPDX-License-Identifier: MIT
#ifndef OPENMMGEMS_ELEMENTS_H_
#define OPENMMGEMS_ELEMENTS_H_

#include <array>
#include <string>

namespace OpenMMGems {

/** Symbols of the elements, hydrogen first. */
inline constexpr std::array<const char*, 118> ELEMENT_SYMBOLS = {
    "H",  "He", "Li", "Be", "B",  "C",  "N",  "O",  "F",  "Ne", "Na", "Mg", "Al", "Si", "P",
    "S",  "Cl", "Ar", "K",  "Ca", "Sc", "Ti", "V",  "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn",
    "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb", "Sr", "Y",  "Zr", "Nb", "Mo", "Tc", "Ru", "Rh",
    "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I",  "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd",
    "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W",  "Re",
    "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th",
    "Pa", "U",  "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr", "Rf", "Db",
    "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og"};

/** Symbol of an element, such as "Na"; of what is none, its number. */
inline std::string elementSymbol(int atomicNumber) {
    constexpr int LAST = static_cast<int>(ELEMENT_SYMBOLS.size());
    const bool isKnown = atomicNumber >= 1 && atomicNumber <= LAST;
    return isKnown ? ELEMENT_SYMBOLS[atomicNumber - 1] : std::to_string(atomicNumber);
}

} // namespace OpenMMGems

#endif // OPENMMGEMS_ELEMENTS_H_

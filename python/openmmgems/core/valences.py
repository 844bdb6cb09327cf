# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Valences of the elements in Lewis structures, and charges of single atoms."""

HALOGENS = (9, 17, 35, 53)
SYMBOLS = {
    **{1: "H", 5: "B", 6: "C", 7: "N", 8: "O", 9: "F", 14: "Si", 15: "P", 16: "S", 17: "Cl"},
    **{34: "Se", 35: "Br", 53: "I"},
}
VALENCES = {
    **{1: 1, 5: 3, 6: 4, 7: 3, 8: 2, 9: 1, 14: 4, 15: 3, 16: 2, 17: 1},
    **{34: 2, 35: 1, 53: 1},
}
#: By atomic number and number of bonds beyond the valence: bonds still missing, formal charge.
HYPERVALENT = {
    **dict.fromkeys(((7, 1), (8, 1), (15, 1), (16, 1), (34, 1)), (0, 1)),
    **{(5, 1): (0, -1), (15, 2): (0, 0), (15, 3): (0, -1)},
    **dict.fromkeys(((16, 2), (34, 2)), (0, 2)),
    **dict.fromkeys(((16, 3), (34, 3)), (1, 0)),
    **dict.fromkeys(((16, 4), (34, 4)), (0, 0)),
    **{(number, more): (0, more) for number in (17, 35, 53) for more in (1, 2, 3)},
}
#: By atomic number, of single atoms.
ION_CHARGES = {
    **dict.fromkeys((2, 10, 18, 36, 54), 0),
    **dict.fromkeys((3, 11, 19, 37, 55), 1),
    **dict.fromkeys((12, 20, 30), 2),
    **dict.fromkeys(HALOGENS, -1),
}

# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What Psi4 runs: reads ``job.json``, calculates, writes ``result.json``; atomic units.

Psi4's own Python executes this text as its input file, so that it uses nothing of this package,
and only what all Psi4 since 1.3 has. The structure is neither moved nor turned. The dipole is taken
from the density, about the origin: Psi4's own changed its name and unit from version to version.
"""

import json

import psi4

with open("job.json") as job_file:
    job = json.load(job_file)
psi4.set_memory(int(job["memory_bytes"]))
psi4.set_num_threads(job["num_threads"])
molecule = psi4.core.Molecule.from_arrays(
    geom=job["positions_bohr"],
    elez=job["atomic_numbers"],
    units="Bohr",
    molecular_charge=job["charge"],
    molecular_multiplicity=job["spin"] + 1,
    fix_com=True,
    fix_orientation=True,
    fix_symmetry="c1",
)
psi4.set_options(job["options"])
gradient, wavefunction = psi4.gradient(job["functional"], molecule=molecule, return_wfn=True)

density = wavefunction.Da_subset("AO").to_array() + wavefunction.Db_subset("AO").to_array()
integrals = psi4.core.MintsHelper(wavefunction.basisset()).ao_dipole()
atoms = wavefunction.molecule()
dipole = [
    float((density * integrals[axis].to_array()).sum())
    + sum(atoms.Z(atom) * job["positions_bohr"][3 * atom + axis] for atom in range(atoms.natom()))
    for axis in range(3)
]
result = {
    "energy": float(wavefunction.energy()),
    "gradient": gradient.to_array().tolist(),
    "dipole": dipole,
}
with open("result.json", "w") as result_file:
    json.dump(result, result_file)

# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""The published implementation's Ewald mode; its wave vectors are rounded to float32."""

import numpy as np
import torch
from openmmgems.models.published_checkpoint import read_checkpoint
from support import oracle
from support.ewald import ewald_energy


def test_energies_and_forces_agree() -> None:
    system = oracle.load_system("g_ewald")
    expected = system.vectors
    model, options = read_checkpoint(oracle.ORACLE / "models" / "model_g.pth")
    results = model.forward_batch(**system.inputs)
    vectors = system.inputs["vectors"]
    electrostatics = ewald_energy(
        results["charges"],
        system.positions,
        torch.tensor(np.diagonal(expected["cell"][0]).copy()),
        vectors.norm(dim=-1),
        system.inputs["pair_i"],
        system.inputs["pair_j"],
        cutoff_angstrom=options.cutoff,
        kmax=(7, 7, 7),
    )
    np.testing.assert_allclose(
        electrostatics.detach().numpy(), expected["ea_ele"], rtol=1e-7, atol=1e-7
    )
    energy = (results["energy_network"] + results["energy_repulsion"] + electrostatics).sum()
    np.testing.assert_allclose(energy.item(), expected["energy"][0], rtol=1e-9)
    forces = -torch.autograd.grad(energy, system.positions)[0].numpy()
    np.testing.assert_allclose(
        forces, expected["forces"], rtol=0, atol=1e-7 * np.abs(expected["forces"]).max()
    )

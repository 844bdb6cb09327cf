# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""SpookyNet, the neural network of GEMS.

Unke et al., Nat. Commun. 12, 7273 (2021), doi:10.1038/s41467-021-27504-0. Parameters and buffers
have the names of the published implementation (github.com/OUnke/SpookyNet), so that its
checkpoints can be read and written.
"""

from typing import Final, cast

import numpy as np
import torch
from torch import Tensor, nn

from .attention import EXACT, SMOOTH, Attention
from .dispersion import D4Dispersion
from .electrostatics import Electrostatics
from .embedding import ElectronicEmbedding, NonlinearElectronicEmbedding, NuclearEmbedding
from .geometry import d_functions
from .hyperparameters import Hyperparameters
from .interaction import InteractionModule
from .molecules import conserve_charge, kinds_of_atoms
from .radial_basis import make_radial_basis
from .repulsion import ZBLRepulsion


class SpookyNet(nn.Module):
    """The network and its physical terms: energies and charges of atoms from pair vectors.

    It can be scripted by TorchScript, and differentiated twice with respect to vectors and
    parameters. A new network attends in Smooth mode.

    Parameters
    ----------
    hyperparameters : Hyperparameters, optional
        Sizes and options.
    zero_init : bool
        Whether the embeddings of elements start as zero.
    seed : int
        Seed of the random attention features. The other weights follow ``torch.manual_seed``.

    """

    exact: Final[int] = EXACT
    smooth: Final[int] = SMOOTH

    keep_prob: Tensor

    def __init__(
        self,
        hyperparameters: Hyperparameters | None = None,
        *,
        zero_init: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__()
        options = hyperparameters or Hyperparameters()
        generator = np.random.default_rng(seed)
        features, modules = options.num_features, options.num_modules
        self.cutoff = options.cutoff
        self.use_irreps = options.use_irreps
        self.compute_d4_atomic = options.compute_d4_atomic
        #: Whether the key maxima of Smooth attention were chosen for these weights.
        self.smooth_is_available = True
        self.nuclear_embedding = NuclearEmbedding(features, zero_init)
        self.charge_embedding = _make_embedding(options, is_charge=True)
        self.magmom_embedding = _make_embedding(options, is_charge=False)
        self.radial_basis_functions = make_radial_basis(options)
        self.module = nn.ModuleList([InteractionModule(options, generator) for _ in range(modules)])
        self.output = nn.Linear(features, 2, bias=False)
        nn.init.orthogonal_(self.output.weight)
        self.element_bias = nn.Parameter(torch.zeros(options.Zmax, 2))
        keep = (
            options.module_keep_prob ** (1.0 / (modules - 1))
            if modules > 1
            else (options.module_keep_prob)
        )
        self.register_buffer("keep_prob", torch.tensor(keep))
        self.zbl_repulsion_energy = (
            ZBLRepulsion(options.cutoff) if options.use_zbl_repulsion else None
        )
        self.electrostatic_energy = (
            Electrostatics(options.cutoff, options.lr_cutoff)
            if options.use_electrostatics
            else None
        )
        self.d4_dispersion_energy = (
            D4Dispersion(options.lr_cutoff) if options.use_d4_dispersion else None
        )

    def forward(
        self,
        atomic_numbers: Tensor,
        vectors: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
        charge: Tensor,
        spin: Tensor,
    ) -> dict[str, Tensor]:
        """Evaluate one molecular system.

        Parameters
        ----------
        atomic_numbers : int64 Tensor [num_atoms]
            Elements, 1 to 86.
        vectors : Tensor [num_pairs, 3]
            Position of j's image minus position of i in angstrom, for all directed pairs closer
            than the larger cutoff.
        pair_i, pair_j : int64 Tensor [num_pairs]
            The two atoms of each pair.
        charge : Tensor [1]
            Total charge in elementary charges.
        spin : Tensor [1]
            Number of unpaired electrons.

        Returns
        -------
        dict of Tensor [num_atoms]
            ``energy`` and its parts ``energy_network``, ``energy_repulsion``,
            ``energy_electrostatics``, ``energy_dispersion`` (those the model has) in eV;
            ``charges`` in elementary charges; with ``compute_d4_atomic`` also
            ``polarizabilities`` (angstrom^3) and ``c6`` (eV angstrom^6).

        """
        molecule = torch.zeros_like(atomic_numbers)
        return self.forward_batch(atomic_numbers, vectors, pair_i, pair_j, charge, spin, molecule)

    @torch.jit.export
    def forward_batch(
        self,
        atomic_numbers: Tensor,
        vectors: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
        charge: Tensor,
        spin: Tensor,
        molecule: Tensor,
    ) -> dict[str, Tensor]:
        """Evaluate a batch of molecules: ``charge`` and ``spin`` are [num_molecules].

        ``molecule`` [num_atoms] holds each atom's molecule; no pair may join two molecules. All
        else is as for ``forward``.
        """
        distance = vectors.square().sum(dim=-1).sqrt()
        near = (distance < self.cutoff).nonzero().squeeze(-1)
        output = self._network(
            atomic_numbers,
            vectors[near],
            distance[near],
            pair_i[near],
            pair_j[near],
            charge,
            spin,
            molecule,
        )
        charges = conserve_charge(output[:, 1], charge, molecule)
        results = {"energy_network": output[:, 0], "charges": charges}
        energy = output[:, 0]
        if self.zbl_repulsion_energy is not None:
            repulsion = self.zbl_repulsion_energy(
                atomic_numbers, distance[near], pair_i[near], pair_j[near]
            )
            results["energy_repulsion"] = repulsion
            energy = energy + repulsion
        if self.electrostatic_energy is not None:
            electrostatics = self.electrostatic_energy(charges, distance, pair_i, pair_j)
            results["energy_electrostatics"] = electrostatics
            energy = energy + electrostatics
        if self.d4_dispersion_energy is not None:
            dispersion, polarizabilities, c6 = self.d4_dispersion_energy(
                atomic_numbers, charges, distance, pair_i, pair_j
            )
            results["energy_dispersion"] = dispersion
            energy = energy + dispersion
            if self.compute_d4_atomic:
                results["polarizabilities"] = polarizabilities
                results["c6"] = c6
        results["energy"] = energy
        return results

    def _network(
        self,
        atomic_numbers: Tensor,
        vectors: Tensor,
        distance: Tensor,
        pair_i: Tensor,
        pair_j: Tensor,
        charge: Tensor,
        spin: Tensor,
        molecule: Tensor,
    ) -> Tensor:
        """Energy and charge [num_atoms, 2] of the network, before charges are conserved."""
        num_molecules = charge.shape[0]
        radial = self.radial_basis_functions(distance)
        direction = vectors / distance.unsqueeze(-1)
        d_angular = d_functions(direction, self.use_irreps)
        x = self._embed(atomic_numbers, charge, spin, molecule)
        features = torch.zeros_like(x)
        keep = torch.ones_like(charge)
        for module in self.module:
            x, contribution = module(
                x, radial, direction, d_angular, pair_i, pair_j, molecule, num_molecules
            )
            if self.training:
                contribution = contribution * keep[molecule].unsqueeze(-1)
                keep = keep * torch.bernoulli(self.keep_prob.expand_as(keep))
            features = features + contribution
        return self.output(features) + self.element_bias[atomic_numbers]

    def _embed(
        self, atomic_numbers: Tensor, charge: Tensor, spin: Tensor, molecule: Tensor
    ) -> Tensor:
        """Features [num_atoms, num_features]; equal atoms of a molecule have the same."""
        element, owner, count, row = kinds_of_atoms(atomic_numbers, molecule)
        z = self.nuclear_embedding(element)
        number = count.to(z.dtype)
        x = z + self.charge_embedding(z, charge, owner, number)
        return (x + self.magmom_embedding(z, spin, owner, number))[row]

    @torch.jit.export
    def initial_features(self, atomic_numbers: Tensor, charge: Tensor, spin: Tensor) -> Tensor:
        """Features [num_atoms, num_features] before the first module: they follow from composition.

        Arguments are those of ``forward``.
        """
        return self._embed(atomic_numbers, charge, spin, torch.zeros_like(atomic_numbers))

    @torch.jit.export
    def attention_mode(self) -> int:
        """Return how the maximum over the attention keys enters: 1 Exact, 2 Smooth."""
        mode = self.smooth
        for module in self.module:
            mode = module.nonlocal_interaction.attention.mode
        return mode

    @torch.jit.export
    def set_long_range_cutoff(self, cutoff_angstrom: float | None) -> None:
        """Set the cutoff of electrostatics and dispersion; None: all listed pairs interact."""
        if self.electrostatic_energy is not None:
            self.electrostatic_energy.lr_cutoff = cutoff_angstrom
        if self.d4_dispersion_energy is not None:
            self.d4_dispersion_energy.lr_cutoff = cutoff_angstrom

    @torch.jit.export
    def set_attention(self, mode: int) -> None:
        """Set how the maximum over the attention keys enters: 1 Exact, 2 Smooth, 0 as it is."""
        if mode == self.smooth and not self.smooth_is_available:
            raise ValueError(
                "Smooth attention needs key maxima that fit the weights; import the checkpoint "
                "again with a reference structure (--smooth-reference)."
            )
        if mode == self.exact or mode == self.smooth:
            for module in self.module:
                module.nonlocal_interaction.attention.mode = mode

    @torch.jit.unused
    def attentions(self) -> list[Attention]:
        """The attention of each interaction module."""
        return [module.nonlocal_interaction.attention for module in self.interactions()]

    @torch.jit.unused
    def interactions(self) -> list[InteractionModule]:
        """The interaction modules."""
        return [cast(InteractionModule, module) for module in self.module]


def _make_embedding(options: Hyperparameters, is_charge: bool) -> nn.Module:
    sizes = (options.activation, options.num_features, options.num_residual_electron)
    if options.use_nonlinear_embedding:
        return NonlinearElectronicEmbedding(*sizes)
    return ElectronicEmbedding(*sizes, is_charge)

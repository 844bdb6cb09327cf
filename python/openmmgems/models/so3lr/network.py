# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""SO3LR: a general network at the level of PBE0+MBD, with its physical terms.

Kabylda et al., J. Am. Chem. Soc. 147, 33723 (2025), doi:10.1021/jacs.5c09558. Parameters have the
names of the PyTorch implementation (github.com/tohenkes/So3krates-torch), whose file has the
weights.
"""

import torch
from torch import Tensor, nn

from ..molecules import conserve_charge, kinds_of_atoms
from .dispersion import QDODispersion
from .embedding import ElectronicEmbedding, ElementEmbedding
from .heads import ChargeHead, EnergyHead, HirshfeldHead
from .hyperparameters import So3lrHyperparameters
from .layer import EuclideanTransformer
from .pairs import NearPairs
from .radial import BernsteinBasis, cutoff_function
from .repulsion import ZBLRepulsion
from .spherical_harmonics import Degrees, spherical_harmonics


class RadialEmbedding(nn.Module):
    """Holds the radial basis under its published name."""

    def __init__(self, num_basis_functions: int) -> None:
        super().__init__()
        self.radial_basis_fn = BernsteinBasis(num_basis_functions)

    def forward(self, distance: Tensor) -> Tensor:
        """Values [num_pairs, num_functions] at distances [num_pairs] in angstrom."""
        return self.radial_basis_fn(distance)


class So3lr(nn.Module):
    """Energies, charges and Hirshfeld ratios of atoms from pair vectors.

    The energy lacks the Coulomb interaction of the charges: who evaluates the network adds it, in
    the form that suits the system (all pairs, a lattice sum, or a cutoff). It can be scripted by
    TorchScript, and differentiated twice with respect to vectors and parameters.

    Parameters
    ----------
    hyperparameters : So3lrHyperparameters, optional
        Sizes and constants; those of the published network by default. Weights are random.

    """

    #: Names of the results.
    OUTPUTS = (
        "energy",
        "energy_network",
        "energy_repulsion",
        "energy_dispersion",
        "charges",
        "hirshfeld_ratios",
    )

    def __init__(self, hyperparameters: So3lrHyperparameters | None = None) -> None:
        super().__init__()
        options = hyperparameters or So3lrHyperparameters()
        features = options.num_features
        self.cutoff = options.cutoff
        self.inv_feature_embedding = ElementEmbedding(features)
        self.charge_embedding = ElectronicEmbedding(features)
        self.spin_embedding = ElectronicEmbedding(features)
        self.radial_embedding = RadialEmbedding(options.num_basis_functions)
        self.degrees = Degrees()
        self.euclidean_transformers = nn.ModuleList(
            [EuclideanTransformer(options) for _ in range(options.num_layers)]
        )
        self.atomic_energy_output_block = EnergyHead(features)
        self.partial_charges_output_block = ChargeHead(features)
        self.hirshfeld_output_block = HirshfeldHead(features)
        self.zbl_repulsion = ZBLRepulsion(options.cutoff)
        self.dispersion_potential = QDODispersion(
            options.lr_cutoff, options.dispersion_switch_width, options.dispersion_scale
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
            Elements, among ``hyperparameters.ELEMENTS``.
        vectors : Tensor [num_pairs, 3]
            Position of j's image minus position of i in angstrom, for all directed pairs closer
            than the larger cutoff, every image a pair of its own.
        pair_i, pair_j : int64 Tensor [num_pairs]
            The two atoms of each pair.
        charge : Tensor [1]
            Total charge in elementary charges.
        spin : Tensor [1]
            Number of unpaired electrons.

        Returns
        -------
        dict of Tensor [num_atoms]
            ``energy``, the sum of ``energy_network``, ``energy_repulsion`` and
            ``energy_dispersion``, in eV; ``charges`` in elementary charges; ``hirshfeld_ratios``.

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
        # Each pair once. An atom's images of itself are listed in both directions, each a half.
        once = (pair_i <= pair_j).nonzero().squeeze(-1)
        i, j = pair_i.index_select(0, once), pair_j.index_select(0, once)
        vectors = vectors.index_select(0, once)
        distance = vectors.square().sum(dim=-1).sqrt()
        share = torch.where(i == j, 0.5, 1.0).to(distance.dtype)

        near = (distance < self.cutoff).nonzero().squeeze(-1)
        i_near, j_near = i.index_select(0, near), j.index_select(0, near)
        r_near, share_near = distance.index_select(0, near), share.index_select(0, near)
        x = self._features(
            self._embed(atomic_numbers, charge, spin, molecule),
            self._near_pairs(vectors.index_select(0, near), r_near, i_near, j_near, share_near),
        )
        network = self.atomic_energy_output_block(atomic_numbers, x)
        charges = self.partial_charges_output_block(atomic_numbers, x)
        ratios = self.hirshfeld_output_block(atomic_numbers, x)

        close = (r_near < self.zbl_repulsion.reach).nonzero().squeeze(-1)
        i_near, j_near = i_near.index_select(0, close), j_near.index_select(0, close)
        repulsion = self.zbl_repulsion(
            atomic_numbers, r_near.index_select(0, close), i_near, j_near
        )
        repulsion = _halves(repulsion * share_near.index_select(0, close), i_near, j_near, network)
        dispersion = self.dispersion_potential(atomic_numbers, ratios, distance, i, j)
        dispersion = _halves(dispersion * share, i, j, network)
        return {
            "energy": network + repulsion + dispersion,
            "energy_network": network,
            "energy_repulsion": repulsion,
            "energy_dispersion": dispersion,
            "charges": conserve_charge(charges, charge, molecule),
            "hirshfeld_ratios": ratios,
        }

    def _embed(
        self, atomic_numbers: Tensor, charge: Tensor, spin: Tensor, molecule: Tensor
    ) -> Tensor:
        """Features [num_atoms, num_features]; equal atoms of a molecule have the same."""
        element, owner, number, row = kinds_of_atoms(atomic_numbers, molecule)
        count = number.to(charge.dtype)
        x = self.inv_feature_embedding(element)
        x = x + self.charge_embedding(element, charge, owner, count)
        x = x + self.spin_embedding(element, spin, owner, count)
        return (x / 3.0**0.5).index_select(0, row)

    def _near_pairs(
        self, vectors: Tensor, distance: Tensor, i: Tensor, j: Tensor, share: Tensor
    ) -> NearPairs:
        harmonics = spherical_harmonics(vectors / distance.unsqueeze(-1))
        return NearPairs(
            receiver=torch.cat([i, j]),
            sender=torch.cat([j, i]),
            basis=self.radial_embedding(distance),
            cutoff=(cutoff_function(distance, self.cutoff) * share).unsqueeze(-1),
            harmonics=torch.stack([harmonics, self.degrees.reversed(harmonics)]),
        )

    def _features(self, x: Tensor, pairs: NearPairs) -> Tensor:
        """Features [num_atoms, num_features] after the last layer."""
        number = pairs.basis.shape[0]
        ev = torch.zeros([x.shape[0], pairs.harmonics.shape[2]], dtype=x.dtype, device=x.device)
        # Before the first layer all equivariant features are zero, and so is every difference.
        invariants = self.degrees.invariants(ev.new_zeros([1, pairs.harmonics.shape[2]]))
        for number_of_layer, layer in enumerate(self.euclidean_transformers):
            if number_of_layer > 0:
                difference = ev.index_select(0, pairs.sender[:number])
                difference = difference - ev.index_select(0, pairs.receiver[:number])
                invariants = self.degrees.invariants(difference)
            x, ev = layer(x, ev, invariants, pairs)
        return x

    @torch.jit.export
    def set_long_range_cutoff(self, cutoff_angstrom: float | None) -> None:
        """Set the cutoff of dispersion; None: all listed pairs interact."""
        self.dispersion_potential.lr_cutoff = cutoff_angstrom


def _halves(energy: Tensor, i: Tensor, j: Tensor, like: Tensor) -> Tensor:
    """Energies [num_pairs] shared between the two atoms of each pair: [num_atoms]."""
    half = 0.5 * energy
    return torch.zeros_like(like).index_add(0, i, half).index_add(0, j, half)

# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Make the bundled model ala-gfn2 from nothing: conformers, reference calculations, training.

    python examples/02_train_first_model.py --folder first-model

Every stage keeps its result in the folder; an interrupted run is continued by the same command.
"""

import argparse
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from openmm.app import PDBFile
from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.stages import run_in_script
from openmmgems.data.dataset import write_dataset
from openmmgems.engines.tblite_engine import TbliteEngine
from openmmgems.models.export import save_spookynet
from openmmgems.models.hyperparameters import Hyperparameters
from openmmgems.sampling.alanine_dynamics import SamplingSettings, sample_peptide
from openmmgems.systems.peptides import build_capped_alanine
from openmmgems.training.config import LossWeights, TrainingSettings
from openmmgems.training.loop import Trainer
from openmmgems.training.training_stage import TrainingStage
from rich.progress import track

PEPTIDES = {"ace-ala-nme": 1, "ace-ala2-nme": 2}
NETWORK = Hyperparameters(num_features=40, num_basis_functions=16, num_modules=2)


def sample(folder: Path, settings: SamplingSettings) -> list[AtomicSystem]:
    """Conformers of both peptides; their starting structures are written as PDB files."""
    structures = []
    for name, number in PEPTIDES.items():
        modeller = build_capped_alanine(number)
        with open(folder / f"{name}.pdb", "w") as file:
            PDBFile.writeFile(modeller.topology, modeller.positions, file)
        numbers = np.array([atom.element.atomic_number for atom in modeller.topology.atoms()])
        total = (settings.num_windows + settings.num_free_runs) * settings.frames_per_run
        frames = sample_peptide(name, modeller, settings)
        for frame in track(frames, f"Sampling {name}", total=total):
            structures.append(AtomicSystem(numbers, frame.positions_angstrom, source=frame.source))
    return structures


def label_all(
    structures: list[AtomicSystem], engine: TbliteEngine
) -> list[tuple[AtomicSystem, Label]]:
    """Label the structures; those whose calculation fails are named and left out."""

    def label(structure: AtomicSystem) -> Label | RuntimeError:
        try:
            return engine.label(structure)
        except RuntimeError as error:
            return error

    with ThreadPoolExecutor(max_workers=2) as pool:
        results = list(track(pool.map(label, structures), "Labelling", total=len(structures)))
    for result in results:
        if isinstance(result, RuntimeError):
            print(f"Left out: {result}")
    pairs = zip(structures, results, strict=True)
    return [(structure, result) for structure, result in pairs if isinstance(result, Label)]


def make_data(path: Path, settings: SamplingSettings) -> None:
    """Sample and label."""
    engine = TbliteEngine()
    write_dataset(path, label_all(sample(path.parent, settings), engine), engine)


def write_model(trainer: Trainer, data: Path, out: Path) -> None:
    """Write the model file and its card."""
    engine = TbliteEngine()
    save_spookynet(
        trainer.finished_model(),
        NETWORK,
        out,
        elements=[1, 6, 7, 8],
        charges=[0],
        spins=[0],
        residues=["ACE", "ALA", "NME"],
        environments=["gas phase"],
        reference=f"{engine.level_of_theory} ({engine.version})",
        license="MIT",
        provenance={
            "data_sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
            "training": repr(trainer.settings),
        },
    )
    rows = {trainer.table.source(n).split(" K ")[0] for n in trainer.split.test}
    lines = []
    for row in sorted(rows):
        numbers = [n for n in trainer.split.test if trainer.table.source(n).startswith(row + " K ")]
        errors = trainer.evaluate(numbers)
        lines.append(
            f"| {row} K | {len(numbers)} | {errors.energy_mev_per_atom:.2f} "
            f"| {errors.forces_mev_per_angstrom:.1f} |"
        )
    errors = trainer.evaluate(trainer.split.test)
    lines.append(
        f"| all | {len(trainer.split.test)} | {errors.energy_mev_per_atom:.2f} "
        f"| {errors.forces_mev_per_angstrom:.1f} |"
    )
    card = CARD.format(
        reference=f"{engine.level_of_theory}, {engine.version}",
        counts=f"{len(trainer.split.train)} / {len(trainer.split.validation)} / "
        f"{len(trainer.split.test)}",
        steps=trainer.step,
        table="\n".join(lines),
    )
    out.with_suffix(".md").write_text(card)
    print(card)


CARD = """# ala-gfn2

A small SpookyNet (40 features, 2 modules, Smooth attention) for capped alanine peptides.

* Level of theory: {reference}
* Domain: Ace-Ala-Nme and Ace-Ala2-Nme, neutral, closed shell, gas phase, 300 to 600 K. It shows the
  method and serves tests; it is not for production.
* Data: AMBER99SB-ILDN dynamics at 300, 450 and 600 K, restrained over the whole plane of backbone
  dihedrals and free; structures for training / validation / test: {counts}.
  All structures of one run are in the same part, so no test structure is a neighbour in time of one
  that was trained on
* Training: {steps} steps; best moving average by validation errors
* Made by: `python examples/02_train_first_model.py`
* Licence: MIT

Mean absolute errors on the test structures:

| source | structures | energy (meV/atom) | forces (meV/angstrom) |
|---|---|---|---|
{table}
"""


def main() -> None:
    """Run the stages that are still to do."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("first-model"), help="where to work")
    parser.add_argument("--steps", type=int, default=20000, help="training steps")
    parser.add_argument("--batch-size", type=int, default=10, help="structures per step")
    parser.add_argument("--windows", type=int, default=200, help="restrained runs per peptide")
    parser.add_argument("--validation", type=float, default=0.05, help="share of the structures")
    parser.add_argument("--test", type=float, default=0.1, help="share of the structures")
    parser.add_argument("--threads", type=int, default=1, help="threads for training")
    parser.add_argument("--export-only", action="store_true", help="write the model as it is now")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    data = options.folder / "data.h5"
    if not data.exists():
        make_data(
            data, SamplingSettings(num_windows=options.windows, num_free_runs=options.windows // 2)
        )
    settings = TrainingSettings(
        hyperparameters=NETWORK,
        final_weights=LossWeights(energy=20.0),
        final_fraction=0.3,
        num_steps=options.steps,
        batch_size=options.batch_size,
        validation_fraction=options.validation,
        test_fraction=options.test,
        num_threads=options.threads,
    )
    stage = TrainingStage(settings, data, options.folder / "training.ckpt")
    if options.export_only and stage.trainer.step == 0:
        parser.error(f"'{stage.outputs[0]}' does not exist: there is no trained model to write.")
    if not options.export_only:
        run_in_script(stage)
    write_model(stage.trainer, data, options.folder / "ala-gfn2.pt")


if __name__ == "__main__":
    main()

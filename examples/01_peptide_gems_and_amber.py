# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Run a capped alanine under a machine-learned model and under AMBER99SB-ILDN, and compare.

    python examples/01_peptide_gems_and_amber.py --time 10

Writes one folder per run and a picture of both.
"""

import argparse
import importlib.resources
from pathlib import Path

from openmmgems.analysis.energies import read_energy_log
from openmmgems.analysis.ramachandran import read_backbone_dihedrals
from openmmgems.reports.plots import RunData, compare_runs, save_figure
from openmmgems.simulation import Forces, Protocol, RunFolder, simulate

PEPTIDE = importlib.resources.files("openmmgems") / "data/structures/ace-ala-nme.pdb"


def read_run(folder: RunFolder, label: str) -> RunData:
    """Read what a run wrote."""
    log = read_energy_log(folder.log)
    angles = read_backbone_dihedrals(folder.trajectory("xtc"), folder.structure_file("start"))
    return RunData(
        label,
        log["time_ps"],
        log["potential_energy_kj_mol"],
        log["temperature_k"],
        angles.phi,
        angles.psi,
    )


def main() -> None:
    """Run both and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--structure", type=Path, default=PEPTIDE)
    parser.add_argument("--model", default="ala-gfn2", help="bundled model or model file")
    parser.add_argument("--time", type=float, default=10.0, help="ps of each run")
    parser.add_argument("--out", type=Path, default=Path("peptide-gems-and-amber"))
    parser.add_argument("--platform", help="default: the fastest there is")
    options = parser.parse_args()

    protocol = Protocol(
        num_steps=round(options.time * 2000),
        frame_interval=20,
        log_interval=10,
        trajectory_format="xtc",
    )
    runs = []
    for name, label, forces in (
        ("gems", f"GEMS ({Path(options.model).stem})", Forces(model=options.model)),
        ("amber", "AMBER99SB-ILDN", Forces(force_field="amber99sb-ildn")),
    ):
        print(f"{label}: {options.time:g} ps at {protocol.temperature:g} K ...", flush=True)
        folder = simulate(
            options.structure,
            options.out / name,
            forces=forces,
            protocol=protocol,
            platform=options.platform,
        )
        runs.append(read_run(folder, label))
    picture = options.out / "comparison.png"
    save_figure(compare_runs(runs, f"{Path(options.structure).stem}, NVT, 300 K"), picture)
    print(
        f"\nLook at   {picture}, {options.out}/*/log.csv and trajectory.xtc (with start.pdb)\n"
        f"Next      gems simulate --resume --out {options.out}/gems --time {5 * options.time:g}\n"
        f"          gems simulate {options.structure} --model {options.model} --ensemble nve\n"
        "          gems simulate --help"
    )


if __name__ == "__main__":
    main()

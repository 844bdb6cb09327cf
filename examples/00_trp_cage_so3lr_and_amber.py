# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Run the mini-protein trp-cage under SO3LR and under AMBER99SB-ILDN, and draw both.

    python examples/00_trp_cage_so3lr_and_amber.py --seconds 60

As many steps are done as take SO3LR the seconds given. Writes one folder per run and a picture.
"""

import argparse
import importlib.resources
from pathlib import Path

from openmmgems.core.stages import Work
from openmmgems.models import card_limits
from openmmgems.reports.plots import save_figure
from openmmgems.reports.short_runs import compare_short_runs, read_short_run
from openmmgems.simulation import Forces, Protocol, prepare_simulation, simulate

TRP_CAGE = importlib.resources.files("openmmgems") / "data/structures/trp-cage.pdb"
FRAME_EVERY = 2  # steps, 1 fs


def make_protocol(num_steps: int) -> Protocol:
    """NVT at 300 K from the structure as it is, with frames that follow every vibration."""
    return Protocol(
        num_steps=num_steps, frame_interval=FRAME_EVERY, log_interval=FRAME_EVERY, minimise=False
    )


def num_steps_in(seconds: float, options: argparse.Namespace) -> int:
    """How many steps the model does in a time; 40 at least."""
    forces = Forces(model=options.model)
    stage = prepare_simulation(
        options.structure, options.out / "gems", forces, make_protocol(1000), options.platform
    )
    stage.estimate(Work())  # the first steps of a TorchScript module are slow
    return max(40, round(1000 * seconds / stage.estimate(Work()).seconds))


def main() -> None:
    """Run both and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--structure", type=Path, default=TRP_CAGE)
    parser.add_argument("--model", default="so3lr", help="bundled model or model file")
    parser.add_argument("--seconds", type=float, default=60.0, help="wall time under the model")
    parser.add_argument("--out", type=Path, default=Path("trp-cage-so3lr-and-amber"))
    parser.add_argument("--platform", help="default: the fastest there is")
    options = parser.parse_args()

    protocol = make_protocol(num_steps_in(options.seconds, options))
    runs = []
    for name, label, forces in (
        ("gems", options.model.upper(), Forces(model=options.model)),
        ("amber", "AMBER99SB-ILDN", Forces(force_field="amber99sb-ildn")),
    ):
        print(f"\n{label}: {protocol.num_steps} steps, {protocol.length_ps:g} ps ...", flush=True)
        folder = simulate(
            options.structure,
            options.out / name,
            forces=forces,
            protocol=protocol,
            platform=options.platform,
        )
        files = (folder.log, folder.trajectory("dcd"), folder.structure_file("start"))
        spacing = FRAME_EVERY * protocol.time_step_fs * 1e-3
        runs.append(read_short_run(label, *files, spacing))
    picture = options.out / "comparison.png"
    title = f"{options.structure.stem}, gas phase, {protocol.length_ps:g} ps at 300 K"
    save_figure(compare_short_runs(runs, title), picture)
    print(f"\nBefore you trust {options.model}:")
    print(*(f"* {limit}" for limit in card_limits(options.model)), sep="\n")
    print(
        f"\nLook at   {picture}, {options.out}/*/log.csv and trajectory.dcd (with start.pdb)\n"
        f"Next      gems simulate --resume --out {options.out}/gems --time 1\n"
        "          gems models inspect so3lr\n"
        "          python examples/01_peptide_gems_and_amber.py"
    )


if __name__ == "__main__":
    main()

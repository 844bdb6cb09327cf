# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""`gems fragment`: what it writes and says, how it goes on, what it refuses."""

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import matplotlib.pyplot as plt
import mdtraj
import numpy as np
import pytest
import typer
from openmm.app import PDBFile
from openmmgems.cli.fragment import fragment
from openmmgems.data.frames_file import FramesFile
from openmmgems.data.structure_file import read_kept_atoms, read_structures
from openmmgems.systems.structure import read_structure
from typer.testing import CliRunner

APP = typer.Typer()
APP.command()(fragment)


@pytest.fixture
def gems(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command in this process; gives (error or None, all output)."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object) -> tuple[BaseException | None, str]:
        result = CliRunner().invoke(APP, [str(word) for word in arguments])
        error = result.exception if result.exit_code else None
        return error, capsys.readouterr().out + result.output

    return run


@pytest.fixture
def trajectory(peptide: Path, tmp_path: Path) -> Path:
    """Five frames of Ace-Ala-Nme, a little apart."""
    system = mdtraj.load(str(peptide))
    moves = np.random.default_rng(2).normal(0, 0.002, (5, system.n_atoms, 3))
    frames = mdtraj.Trajectory(system.xyz + moves, system.topology)
    frames.save_dcd(str(tmp_path / "frames.dcd"))
    return tmp_path / "frames.dcd"


PROJECT = """
[[parents]]
name = "wet"
peptide = "ACE ALA NME"

[[parents]]
name = "dry"
peptide = "ACE ALA NME"

[top_down]
radius_angstrom = 3.0
centres = ["protein", "water"]
centres_per_frame = 2
"""


def sampled(folder: Path, peptide: Path, trajectory: Path) -> None:
    """Lay down what `gems sample` leaves: a system, frames, two of them selected."""
    folder.mkdir(parents=True)
    (folder / "system.pdb").write_bytes(peptide.read_bytes())
    pdb = PDBFile(str(peptide))
    with closing(FramesFile(folder / "frames.dcd", pdb.topology)) as file:
        for frame in mdtraj.load(str(trajectory), top=str(peptide)).xyz:
            file.write(frame)
    (folder / "selected.csv").write_text("frame,reason\n3,untypical\n1,representative\n")


def test_fragments_of_a_trajectory(gems, peptide: Path, trajectory: Path, tmp_path: Path) -> None:
    out, picture = tmp_path / "fragments.h5", tmp_path / "fragments.png"
    options = ("--radius", 3, "--number", 2, "--parent", "ala")
    error, text = gems(
        peptide, "--trajectory", trajectory, *options, "-o", out, "--picture", picture
    )
    assert error is None, text
    for word in (
        "22 atoms",
        "Estimate:",
        "in all about 10",
        "ALA",
        "Done:",
        "Look at",
        "gems label",
    ):
        assert word in text
    structures = read_structures(out)
    with open(tmp_path / "fragments.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(structures) == len(rows) == len(read_kept_atoms(out)) > 5
    frames = mdtraj.load(str(trajectory), top=str(peptide))
    for structure, row, kept in zip(structures, rows, read_kept_atoms(out), strict=True):
        parts = ("top-down", "ala", row["frame"], row["centre"], row["residue"])
        assert structure.source == ":".join(parts)
        positions = 10 * frames.xyz[int(row["frame"])].astype(float)
        expected = positions[kept] - positions[int(row["centre"])]
        np.testing.assert_allclose(structure.positions_angstrom[: len(kept)], expected, atol=1e-5)
    assert plt.imread(picture).shape[1] == 3 * 420
    error, text = gems(peptide, "-o", out)
    assert isinstance(error, FileExistsError)
    assert "--overwrite" in str(error)
    error, text = gems(peptide, "-o", out, "--overwrite")
    assert error is None, text
    assert {structure.charge for structure in read_structures(out)} == {0}


def test_selected_frames_of_a_folder(gems, peptide: Path, trajectory: Path, tmp_path: Path) -> None:
    folder = tmp_path / "parents" / "wet"
    sampled(folder, peptide, trajectory)
    out = tmp_path / "fragments.h5"
    error, text = gems(folder, "-o", out)
    assert error is None, text
    assert {structure.source.split(":")[2] for structure in read_structures(out)} == {"1", "3"}
    error, text = gems(folder, "--trajectory", trajectory, "-o", out, "--overwrite")
    assert "a folder of gems sample has its own frames" in text
    (folder / "selected.csv").write_text("frame,reason\n7,untypical\n")
    error, _ = gems(folder, "-o", out, "--overwrite")
    assert "has 5 frames; expected one with number 7" in str(error)
    (folder / "selected.csv").write_text("number\n7\n")
    error, _ = gems(folder, "-o", out, "--overwrite")
    assert "lines of a frame number and a reason" in str(error)


def test_a_dry_run_writes_nothing(gems, peptide: Path, tmp_path: Path) -> None:
    picture = tmp_path / "none.png"
    error, text = gems(peptide, "-o", tmp_path / "none.h5", "--dry-run", "--picture", picture)
    assert error is None, text
    assert "Estimate:" in text
    assert not list(tmp_path.glob("none*"))


def test_bottom_up(gems, peptide: Path, tmp_path: Path) -> None:
    out, picture = tmp_path / "graphs.h5", tmp_path / "graphs.png"
    options = ("--bottom-up", "--max-heavy-atoms", 3, "--waters-per-ion", 1)
    error, text = gems(
        *options, peptide, "--smiles", "CCO", "--sequence", "G", "-o", out, "--picture", picture
    )
    assert error is None, text
    for word in ("heavy atoms", "complexes", "0 left out", "gems sample"):
        assert word in text
    with open(tmp_path / "graphs.csv", newline="") as stream:
        rows = {row["smiles"]: row for row in csv.DictReader(stream)}
    assert {"C", "O", "CCO", "NC=O", "CCN", "O.O.O.O", "[Na+].O", "[Cl-].O", "CCO.O"} <= set(rows)
    assert rows["CCO"]["parents"] == "CCO"
    assert rows["[Na+].O"]["charge"] == "1"
    structures = read_structures(out)
    assert {f"bottom-up:{smiles}:start" for smiles in rows} == {s.source for s in structures}
    assert picture.is_file()


def test_a_crystal_structure(gems, structures: Path, tmp_path: Path) -> None:
    out = tmp_path / "cut.h5"
    options = ("--add-hydrogens", "--remove", "NAG", "--centres", "protein,ions", "--spacing", 8)
    error, text = gems(structures / "6m0j-cut.pdb", *options, "-o", out)
    assert error is None, text
    assert "left out: 1 NAG" in text
    assert "G ZN 901 is an ion" in text
    assert "Zn2+" in text
    completed = read_structure(tmp_path / "cut.completed.cif")
    kept = read_kept_atoms(out)
    assert max(atoms.max() for atoms in kept) < completed.num_atoms
    numbers = completed.atomic_numbers
    for structure, atoms in zip(read_structures(out), kept, strict=True):
        np.testing.assert_array_equal(structure.atomic_numbers[: len(atoms)], numbers[atoms])


def test_what_is_refused(gems, peptide: Path, structures: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.h5"
    crystal = structures / "6m0j-cut.pdb"
    twins = tmp_path / "twins.pdb"
    lines = peptide.read_text().splitlines(keepends=True)
    atom = next(k for k, line in enumerate(lines) if " CB " in line)
    lines[atom : atom + 1] = [lines[atom][:16] + name + lines[atom][17:] for name in "AB"]
    twins.write_text("".join(lines))
    boxed = tmp_path / "boxed.pdb"
    boxed.write_text(
        "CRYST1   14.000   14.000   14.000  90.00  90.00  90.00 P 1           1\n"
        + peptide.read_text()
    )
    garbage = tmp_path / "garbage.xtc"
    garbage.write_bytes(b"garbage" * 100)
    cases = [
        ((peptide, "--trajectory", garbage, "-o", out), ValueError, "cannot be read"),
        ((crystal, "-o", out), ValueError, "too few bonds"),  # hydrogens are missing
        ((twins, "-o", out), ValueError, "alternate locations A, B"),
        ((boxed, "-o", out), ValueError, "14.00 angstrom wide; expected at least 16.00"),
        ((peptide, "-o", out, "--remove", "NAG"), ValueError, "remove names NAG, which"),
        ((peptide, "-o", out, "--centres", "water"), ValueError, "is nothing of this system"),
        ((peptide, "-o", out, "--centres", ","), ValueError, "at least 1 item"),
        ((peptide, "-o", out, "--interface", 5), ValueError, "has no residue within 5.0"),
        ((peptide, "-o", out, "--spacing", 5, "--number", 2), ValueError, "not both"),
        ((tmp_path / "no.pdb", "-o", out), FileNotFoundError, "There is no file '"),
        ((peptide, "-o", tmp_path / "no" / "out.h5"), FileNotFoundError, "no folder"),
        ((peptide, "--trajectory", "no.dcd", "-o", out), FileNotFoundError, "no file 'no.dcd'"),
        ((peptide, "--trajectory", crystal, "-o", out), ValueError, "cannot be read"),
    ]
    for arguments, kind, message in cases:
        error, _ = gems(*arguments)
        assert isinstance(error, kind), arguments
        assert message in str(error), arguments
    for arguments, message in (
        ((peptide,), "--out FILE.h5"),
        (("-o", out), "a structure file is needed"),
        (("--bottom-up", "-o", out), "nothing is selected"),
        ((peptide, "-o", out, "--select", "x.csv"), "frames of a --trajectory"),
    ):
        error, text = gems(*arguments)
        assert isinstance(error, SystemExit), arguments
        assert error.code == 2
        assert message in " ".join(text.split()), arguments
    assert not out.exists()
    error, text = gems(boxed, "--no-box", "-o", out)
    assert error is None, text


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on(
    gems, peptide: Path, trajectory: Path, tmp_path: Path
) -> None:
    """SIGKILL while it works; repeated, it gives what an undisturbed run gives."""
    long = mdtraj.join([mdtraj.load(str(trajectory), top=str(peptide))] * 60)
    long.save_dcd(str(trajectory))
    arguments = [peptide, "--trajectory", trajectory, "--number", 5, "--radius", 3, "--parent", "p"]
    code = "import typer; from openmmgems.cli.fragment import fragment; typer.run(fragment)"
    out = tmp_path / "killed.h5"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, [*arguments, "-o", out])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    parts = tmp_path / "killed.h5.parts"
    deadline = time.monotonic() + 60
    while len(list(parts.glob("*.h5"))) < 3:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    done = len(list(parts.glob("*.h5")))
    assert 3 <= done < 15
    error, text = gems(*arguments, "-o", out)
    assert error is None, text
    error, text = gems(*arguments, "-o", tmp_path / "whole.h5")
    assert error is None, text
    first, second = read_structures(out), read_structures(tmp_path / "whole.h5")
    assert [s.source for s in first] == [s.source for s in second]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.positions_angstrom, other.positions_angstrom)
    assert (tmp_path / "killed.csv").read_text() == (tmp_path / "whole.csv").read_text()


def test_a_project_is_cut_up_parent_by_parent(
    gems, peptide: Path, trajectory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("set.toml").write_text(PROJECT)
    command = ("--project", "set.toml", "-o", "set")
    error, _ = gems(*command, "--dry-run")
    assert isinstance(error, FileNotFoundError)
    assert not Path("set").exists()
    sampled(Path("set/parents/wet"), peptide, trajectory)
    error, _ = gems(*command)
    assert isinstance(error, FileNotFoundError)
    assert "'set/parents/dry/selected.csv'; run first: gems sample --project set.toml" in str(error)
    assert not list(Path("set").glob("fragments/*"))
    sampled(Path("set/parents/dry"), peptide, trajectory)
    error, text = gems(*command, "--dry-run")
    assert error is None, text
    assert "In all: 2 stages" in " ".join(text.split())
    assert not list(Path("set").glob("fragments/*"))
    error, text = gems(*command)
    assert error is None, text
    assert text.count("Done:") == 2
    assert "gems label --project set.toml --out set" in text
    made = sorted(path.name for path in Path("set/fragments").iterdir())
    assert made == [f"{name}.{end}" for name in ("dry", "wet") for end in ("csv", "h5", "png")]
    sources = [s.source.split(":") for s in read_structures("set/fragments/wet.h5")]
    assert {(parent, frame) for _, parent, frame, *_ in sources} == {("wet", "1"), ("wet", "3")}
    error, text = gems(*command)
    assert text.count("is there already.") == 2
    assert "Done:" not in text

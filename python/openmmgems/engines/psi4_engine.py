# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Density functional theory by Psi4, which runs as a program of its own.

Smith et al., J. Chem. Phys. 152, 184108 (2020), doi:10.1063/5.0006002.
"""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from openmmgems.core.atomic_system import AtomicSystem, Label
from openmmgems.core.settings import Setting
from openmmgems.units import BOHR_ANGSTROM, HARTREE_EV

from .engine import Cost
from .engine_checks import (
    check_distances,
    check_elements,
    checked,
    name_of,
    threads_of_environment,
)

ELEMENTS = range(1, 87)
_OPTIONS: dict[str, Setting] = {
    "scf_type": "df",
    "e_convergence": 1e-10,
    "d_convergence": 1e-8,
    "dft_radial_points": 99,
    "dft_spherical_points": 590,
}


@dataclass(frozen=True)
class Psi4Engine:
    """Kohn-Sham calculations with density fitting; unrestricted if electrons are unpaired.

    Psi4 may be in another environment: only its executable is used. Structures are neither moved
    nor turned, so that forces and dipole are in the frame of the positions.

    Parameters
    ----------
    functional : str
        As Psi4 names it.
    basis : str
        As Psi4 names it.
    executable : str, optional
        Psi4's; None: the one on the search path.
    num_threads : int
        By default what the environment's OMP_NUM_THREADS says, or 1.
    memory_mb : float
    time_limit_s : float, optional
        A calculation that takes longer fails.

    Raises
    ------
    ImportError
        If the executable is not there.
    ValueError
        If an argument is out of range.
    """

    functional: str = "PBE0"
    basis: str = "def2-TZVPP"
    executable: str | None = None
    num_threads: int = field(default_factory=threads_of_environment)
    memory_mb: float = 4000.0
    time_limit_s: float | None = None

    def __post_init__(self) -> None:
        if self.num_threads < 1:
            raise ValueError(f"num_threads is {self.num_threads}; expected at least 1.")
        if self.memory_mb < 300.0:
            raise ValueError(f"memory_mb is {self.memory_mb}; expected at least 300.")
        if self.time_limit_s is not None and not self.time_limit_s > 0.0:
            raise ValueError(f"time_limit_s is {self.time_limit_s}; expected more than 0.")
        self._program()

    @property
    def level_of_theory(self) -> str:
        """Functional and basis."""
        return f"{self.functional}/{self.basis}"

    @property
    def version(self) -> str:
        """Name and version of the program."""
        return _version(self._program())

    @property
    def settings(self) -> dict[str, Setting]:
        """All that decides the numbers."""
        return {"functional": self.functional, "basis": self.basis} | _OPTIONS

    def label(self, structure: AtomicSystem) -> Label:
        """Calculate a structure in a temporary folder; see ``base.Engine``."""
        check_elements(structure, self.level_of_theory, ELEMENTS)
        check_distances(structure, self.level_of_theory)
        with tempfile.TemporaryDirectory(prefix="gems-psi4-") as name:
            folder = Path(name)
            (folder / "job.json").write_text(json.dumps(self._job(structure)))
            script = resources.files(__package__) / "psi4_script.py"
            (folder / "input.dat").write_text(script.read_text())
            self._run(folder, structure)
            result = self._read(folder, structure)
        label = Label(
            energy_ev=float(result["energy"]) * HARTREE_EV,
            forces_ev_per_angstrom=-result["gradient"] * (HARTREE_EV / BOHR_ANGSTROM),
            dipole_e_angstrom=result["dipole"] * BOHR_ANGSTROM,
        )
        return checked(label, structure, self.level_of_theory)

    def cost(self, num_atoms: int) -> Cost:
        """Estimate; water takes 4 s, larger molecules about as long as PySCF's."""
        return Cost(
            seconds=(4.0 + 80.0 * (num_atoms / 12.0) ** 3.3) / self.num_threads,
            memory_mb=500.0 + self.memory_mb,
        )

    def _program(self) -> str:
        found = shutil.which(self.executable or "psi4")
        if found is None:
            where = f"at '{self.executable}'" if self.executable else "on the search path"
            raise ImportError(
                f"The engine 'psi4' needs the program psi4, which is not {where}. Install it "
                "(Debian: apt-get install psi4; conda: conda install -c conda-forge psi4), or "
                "give the option executable."
            )
        return os.path.abspath(found)

    def _job(self, structure: AtomicSystem) -> dict[str, Any]:
        reference = "uks" if structure.spin else "rks"
        return {
            "functional": self.functional,
            "options": {"basis": self.basis, "reference": reference} | _OPTIONS,
            "atomic_numbers": structure.atomic_numbers.tolist(),
            "positions_bohr": (structure.positions_angstrom / BOHR_ANGSTROM).ravel().tolist(),
            "charge": structure.charge,
            "spin": structure.spin,
            "num_threads": self.num_threads,
            "memory_bytes": self.memory_mb * 1e6,
        }

    def _run(self, folder: Path, structure: AtomicSystem) -> None:
        command = [self._program(), "-i", "input.dat", "-o", "output.dat"]
        command += ["-n", str(self.num_threads)]
        try:
            ended = subprocess.run(
                command,
                cwd=folder,
                env=os.environ | {"PSI_SCRATCH": str(folder)},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=self.time_limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(
                f"{self.level_of_theory}: Psi4 took longer than {self.time_limit_s} s for "
                f"{name_of(structure)} and was ended."
            ) from error
        if ended.returncode != 0:
            raise RuntimeError(
                f"{self.level_of_theory}: Psi4 failed for {name_of(structure)} (exit code "
                f"{ended.returncode}): {_last_lines(ended.stderr + ended.stdout, folder)}"
            )

    def _read(self, folder: Path, structure: AtomicSystem) -> dict[str, Any]:
        shapes = {"energy": (), "gradient": (len(structure.atomic_numbers), 3), "dipole": (3,)}
        try:
            found = json.loads((folder / "result.json").read_text())
            result = {name: np.array(found[name], dtype=np.float64) for name in shapes}
            for name, shape in shapes.items():
                if result[name].shape != shape:
                    raise ValueError(f"{name} has shape {result[name].shape}; expected {shape}")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RuntimeError(
                f"{self.level_of_theory}: Psi4 left no readable result for {name_of(structure)} "
                f"({error!r}): {_last_lines('', folder)}"
            ) from error
        return result


def _last_lines(printed: str, folder: Path, number: int = 5) -> str:
    """What Psi4 said last, on the terminal and in its output file."""
    output = folder / "output.dat"
    written = output.read_text(errors="replace") if output.is_file() else ""
    lines = [line.strip() for line in (written + "\n" + printed).splitlines() if line.strip()]
    return " | ".join(lines[-number:]) or "it said nothing"


@lru_cache(maxsize=4)
def _version(program: str) -> str:
    with tempfile.TemporaryDirectory(prefix="gems-psi4-") as folder:  # it leaves a timer.dat
        ended = subprocess.run(
            [program, "--version"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60.0,
            check=False,
        )
    words = ended.stdout.split()
    if ended.returncode != 0 or not words:
        raise RuntimeError(
            f"'{program} --version' failed (exit code {ended.returncode}): {ended.stderr.strip()}"
        )
    return f"Psi4 {words[-1]}"

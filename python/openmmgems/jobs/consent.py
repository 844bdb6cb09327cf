# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What the user has agreed to, which no settings say.

Settings come from files, and files from anywhere: none can agree to what it names itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Consent:
    """What of others may run here.

    Parameters
    ----------
    code : tuple of str
        Modules and programs by name, and 'slurm' for lines of SLURM's job script.
    insecure : bool
        Whether a scheduler of another machine may be reached without TLS: whoever is in the network
        can then run code here.
    """

    code: tuple[str, ...] = ()
    insecure: bool = False

    def check(self, name: str, what: str) -> None:
        """
        Refuse code that was not agreed to.

        Parameters
        ----------
        name : str
        what : str
            What would run it, the beginning of a sentence.

        Raises
        ------
        ValueError
            If it was not.
        """
        if name not in self.code:
            raise ValueError(
                f"{what} would run code of '{name}'. What a file names may come from anywhere: if "
                f"you trust it, add --allow-code {name} (in Python: Consent(code=({name!r},)))."
            )

# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""Errors a user can act on; each message is one sentence that names what to change."""


class StructureError(ValueError):
    """A structure file cannot be used as it stands."""


class ChoiceError(StructureError):
    """A structure file leaves a choice open; the message names the option that makes it."""


class OptionError(ValueError):
    """An option or a setting has a value that it cannot have; the message names those it can."""


class OutsideDomainError(ValueError):
    """A topology lies outside what a model was trained on."""


class RunFolderError(ValueError):
    """An output folder cannot be started in or resumed from."""


class ResourceError(RuntimeError):
    """The machine has too little memory or disk space, or no suitable platform."""


class UnstableSimulationError(RuntimeError):
    """Coordinates or energies stopped being finite."""

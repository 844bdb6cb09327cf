# SPDX-FileCopyrightText: 2026 The openmm-gems authors
# SPDX-License-Identifier: MIT
"""What is used of tblite, loaded after the OpenBLAS that it is to use."""

from .openblas import load_openblas

load_openblas()

from tblite.exceptions import TBLiteRuntimeError  # noqa: E402
from tblite.interface import Calculator, Result  # noqa: E402

__all__ = ["Calculator", "Result", "TBLiteRuntimeError"]

# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""One mistake each in a driver's file, and the rules that have to name it."""

from windows.spoilings import code, headers, sections, tables  # noqa: F401
from windows.spoilings.case import CASES

__all__ = ["CASES"]

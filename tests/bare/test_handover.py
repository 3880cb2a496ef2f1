# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The assembly of the exit path answers plain CPUIDs only; whatever isn't plain leaves a record, for the exit loop did it."""

import pytest

from .host import boot, expect_ok, matching


@pytest.mark.quick
def test_what_is_not_plain_is_handed_over(tmp_path):
    run = expect_ok(boot(tmp_path, "test=handover"))
    assert matching(run, "CPUID ") == ["CPUID plain: 0 records", "CPUID leaf 1: 1 records", "CPUID behind STI: 1 records",
                                       "CPUID behind MOV SS: 1 records", "CPUID single-stepped: 1 records"]

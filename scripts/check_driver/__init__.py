# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What Windows asks of a driver's file, and what we ask of nadir.sys, judged without Windows. By hand: scripts/check-driver."""

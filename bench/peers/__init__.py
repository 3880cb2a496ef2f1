# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Other hypervisors, measured as our own: README.md."""

# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Reads constants out of the Linux headers that are installed on this machine (package linux-headers-*-common)."""

from __future__ import annotations

import ast
import glob
import operator
import re
from pathlib import Path

_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.LShift: operator.lshift,
              ast.RShift: operator.rshift, ast.BitOr: operator.or_, ast.BitAnd: operator.and_}


def folder() -> Path | None:
    """arch/x86/include of the newest installed headers."""
    found = [Path(path) for path in sorted(glob.glob("/usr/src/linux-headers-*/arch/x86/include"))]
    found = [path for path in found if (path / "asm" / "msr-index.h").is_file()]
    return found[-1] if found else None


class Constants:
    """Names and values of the `#define`s and enumerators of some headers; what can't be evaluated is left out."""

    def __init__(self, *headers: Path):
        self._text: dict[str, str] = {}
        self._functions: dict[str, tuple[str, str]] = {}
        for header in headers:
            self._read(header.read_text(encoding="utf-8", errors="replace"))
        self.values: dict[str, int] = {}
        for name in self._text:
            value = self._value(name, set())
            if value is not None:
                self.values[name] = value

    def _read(self, source: str) -> None:
        source = re.sub(r"/\*.*?\*/", " ", source, flags=re.S)
        source = re.sub(r"//[^\n]*", " ", source).replace("\\\n", " ")
        for line in source.splitlines():
            if match := re.match(r"\s*#\s*define\s+(\w+)\((\w+)\)\s+(.+)", line):
                self._functions[match[1]] = (match[2], match[3].strip())
            elif match := re.match(r"\s*#\s*define\s+(\w+)\s+(.+)", line):
                self._text[match[1]] = match[2].strip()
            elif match := re.match(r"\s*(\w+)\s*=\s*([^,]+),?\s*$", line):
                self._text[match[1]] = match[2].strip()

    def _value(self, name: str, under_way: set[str]) -> int | None:
        if name not in self._text or name in under_way:
            return None
        return self._evaluate(self._text[name], under_way | {name})

    def _evaluate(self, text: str, under_way: set[str]) -> int | None:
        text = re.sub(r"_AC\(([^,]+),\s*\w+\)", r"(\1)", text)
        for _ in range(4):  # function-like macros may be nested
            text = re.sub(r"(\w+)\(([^()]*)\)", self._call, text)
        text = re.sub(r"\b_?BIT(?:UL|ULL|_ULL)?\b", "BIT", text)
        text = re.sub(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", text)
        try:
            return self._node(ast.parse(text, mode="eval").body, under_way)
        except (SyntaxError, ValueError, TypeError):
            return None

    def _call(self, match: re.Match) -> str:
        if match[1] not in self._functions:
            return match[0]
        parameter, body = self._functions[match[1]]
        argument = match[2].strip()
        body = re.sub(rf"(\w+)##{parameter}\b", rf"\g<1>{argument}", body)
        return "(" + re.sub(rf"\b{parameter}\b", argument, body) + ")"

    def _node(self, node: ast.AST, under_way: set[str]) -> int:
        if isinstance(node, ast.Constant) and isinstance(node.value, int):
            return node.value
        if isinstance(node, ast.Name):
            value = self._value(node.id, under_way)
            if value is None:
                raise ValueError(node.id)
            return value
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](self._node(node.left, under_way), self._node(node.right, under_way))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "BIT":
            return 1 << self._node(node.args[0], under_way)
        raise ValueError("not a constant")


def enumerators(header: Path, enum: str) -> list[str]:
    """The names in one C enum."""
    source = re.sub(r"/\*.*?\*/", " ", header.read_text(encoding="utf-8", errors="replace"), flags=re.S)
    body = re.search(rf"enum\s+{enum}\s*{{(.*?)}}", source, flags=re.S)
    return re.findall(r"^\s*(\w+)\s*(?:=|,|$)", body[1], flags=re.M) if body else []

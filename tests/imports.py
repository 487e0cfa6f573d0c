"""Who imports whom: the modules of the checkout and the names each one imports, read without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Wall:
    """Modules under ``inside`` never import a name under ``never``, unless it is under ``but``."""

    inside: tuple[str, ...]
    never: tuple[str, ...]
    why: str
    but: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    """Modules under ``inside`` that the wall leaves alone."""


def read_modules(*packages: str) -> dict[str, str]:
    """The text of each module of the packages, by its dotted name; a package that is not there has none."""
    modules = {}
    for package in packages:
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            parts = path.relative_to(CHECKOUT).with_suffix("").parts
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text()
    return modules


def names_imported(module: str, text: str, *, is_package: bool = False) -> set[str]:
    """The dotted names that the module imports anywhere, also inside functions; ``from a import b`` gives a.b."""
    return {name for node in ast.walk(ast.parse(text)) for name in _names(module, node, is_package=is_package)}


def names_imported_at_start(module: str, text: str, *, is_package: bool = False) -> set[str]:
    """The names imported while the module is loaded: not those inside functions or for the type checker alone."""
    return {name for node in _run_at_start(ast.parse(text)) for name in _names(module, node, is_package=is_package)}


def breaches(module: str, text: str, walls: tuple[Wall, ...]) -> list[str]:
    """A sentence for each import of the module that runs against a wall."""
    found = []
    for wall in walls:
        if not is_under(module, wall.inside) or is_under(module, wall.outside):
            continue
        found += [
            f"{module} imports {name}: {wall.why}"
            for name in sorted(names_imported(module, text))
            if is_under(name, wall.never) and not is_under(name, wall.but)
        ]
    return found


def is_under(name: str, roots: tuple[str, ...]) -> bool:
    """Whether the dotted name is one of the roots or inside one."""
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def find_cycle(imports: Mapping[str, set[str]]) -> list[str]:
    """A chain of modules that ends where it began, or an empty list. ``imports`` maps a module to those it loads."""
    done: set[str] = set()
    for start in imports:
        trail: list[str] = []
        if chain := _walk(start, imports, trail, done):
            return chain
    return []


def _walk(module: str, imports: Mapping[str, set[str]], trail: list[str], done: set[str]) -> list[str]:
    if module in trail:
        return [*trail[trail.index(module) :], module]
    if module in done:
        return []
    trail.append(module)
    for other in sorted(imports.get(module, ())):
        if chain := _walk(other, imports, trail, done):
            return chain
    trail.pop()
    done.add(module)
    return []


def _names(module: str, node: ast.AST, *, is_package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        origin = node.module or ""
        if node.level:
            package = module.split(".") if is_package else module.split(".")[:-1]
            parents = package[: len(package) - node.level + 1]
            origin = ".".join([*parents, node.module] if node.module else parents)
        yield from (f"{origin}.{alias.name}" for alias in node.names)


def _run_at_start(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _run_at_start(child)

"""Secrets in files that are made when they are first wanted, readable by the user alone.

Several processes that start at once agree on what the first one wrote. A file is there whole or not at all.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


class SecretFileError(Exception):
    """A file of secrets cannot be read or written; the sentence says which."""


def read_secret(path: Path) -> str | None:
    """What the file holds, or None when there is none. Raises SecretFileError."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(f"{path}: cannot be read ({type(error).__name__}).") from None


def read_or_make_secret(path: Path, make: Callable[[], str]) -> str:
    """What the file holds; before, it is made if it is missing. Raises SecretFileError."""
    if (kept := read_secret(path)) is not None:
        return kept
    keep_secret(path, make())
    if (kept := read_secret(path)) is None:
        raise SecretFileError(f"{path}: was taken away.")
    return kept


def keep_secret(path: Path, text: str) -> None:
    """Write the file, in a folder that only the user may enter; one that is there already stays as it is.

    Raises SecretFileError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_once(path, text)
    except OSError as error:
        raise SecretFileError(f"{path} cannot be written ({error.strerror}).") from None


def _write_once(path: Path, text: str) -> None:
    """Put the file in its place whole or not at all; the first of several processes wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)  # unlike a rename, refuses when somebody was first
        except FileExistsError:
            return
    finally:
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

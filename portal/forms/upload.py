"""Files that citizens send: judged by their content alone, one at a time, outside the event loop.

Neither the name nor the type that the browser claims is looked at: both are the sender's words.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO

import puremagic

from portal.domain.errors import FileRefused
from portal.domain.files import CheckedFile, MediaType, Refusal
from portal.forms.upload_docx import check_docx
from portal.forms.upload_image import check_jpeg, check_png

# One thread: what a decoded picture may take is then taken once in a process, however many people send one.
_examiner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="uploads")


def _check_pdf(content: bytes) -> None:
    from portal.forms.upload_pdf import check_pdf  # by far the largest library that many a process never needs

    check_pdf(content)


_CHECKS: Mapping[MediaType, Callable[[bytes], None]] = {
    MediaType.PDF: _check_pdf,
    MediaType.DOCX: check_docx,
    MediaType.JPEG: check_jpeg,
    MediaType.PNG: check_png,
}


async def examine(stream: IO[bytes], accepted: frozenset[MediaType], most_bytes: int) -> CheckedFile:
    """``check_file`` in the examiner's thread, so that nobody else waits. Raises FileRefused."""
    return await asyncio.get_running_loop().run_in_executor(_examiner, check_file, stream, accepted, most_bytes)


def check_file(stream: IO[bytes], accepted: frozenset[MediaType], most_bytes: int) -> CheckedFile:
    """Read a file and make sure that it is of an accepted type, whole and harmless. Raises FileRefused."""
    content = stream.read(most_bytes + 1)
    if not content:
        raise FileRefused(Refusal.EMPTY)
    if len(content) > most_bytes:
        raise FileRefused(Refusal.TOO_LARGE)
    media_type = _real_type(content)
    if media_type not in accepted:
        raise FileRefused(Refusal.WRONG_TYPE)
    _CHECKS[media_type](content)
    return CheckedFile(media_type, content, hashlib.sha256(content).hexdigest())


def _real_type(content: bytes) -> MediaType | None:
    """The type that the first bytes tell, if it is one of ours; a ZIP archive counts as a DOCX, to be checked."""
    try:
        matches = puremagic.magic_string(content)
    except puremagic.PureError:
        return None
    named = {match.mime_type for match in matches}
    return next((media_type for media_type in MediaType if media_type.value in named), None)

"""Word documents: a ZIP archive of a sane size with a text in it, and nothing that runs or is fetched on opening."""

from __future__ import annotations

from io import BytesIO
from xml.parsers import expat
from zipfile import ZipFile, ZipInfo

from portal.domain.errors import FileRefused
from portal.domain.files import Refusal

MOST_PARTS = 1_000
MOST_UNPACKED_BYTES = 50 * 1024 * 1024
_MOST_DIRECTORY_BYTES = 1024 * 1024
"""Unpacked size of the parts that say what the others are."""

_CONTENT_TYPES = "[Content_Types].xml"
_TEXT = "word/document.xml"
_TEXT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_IS_ENCRYPTED = 0x1
# Macros, embedded programs and controls, by the names that the format gives them.
_ACTIVE_TYPES = ("macroenabled", "vbaproject", "oleobject", "activex", "vbadata")
_ACTIVE_NAMES = ("vbaproject", "vbadata", "activex", "oleobject")
# What Word fetches by itself from another place; a link that a person taps is not among it.
_FETCHED = ("attachedtemplate", "oleobject", "frame", "subdocument", "afchunk", "control", "mailmergesource")


def check_docx(content: bytes) -> None:
    """Raises FileRefused unless the archive is a Word document without macros, of a bearable size."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            _check_parts(archive.infolist())
            _check_types(_read_part(archive, _CONTENT_TYPES))
            _check_text(archive)
            for part in archive.infolist():
                if part.filename.lower().endswith(".rels"):
                    _check_relations(_read_part(archive, part.filename))
    except KeyError:
        raise FileRefused(Refusal.WRONG_TYPE) from None
    except FileRefused:
        raise
    except Exception:  # noqa: BLE001  # zipfile raises whatever it trips over: BadZipFile, zlib.error, struct.error …
        raise FileRefused(Refusal.BROKEN) from None


def _check_parts(parts: list[ZipInfo]) -> None:
    names = [part.filename.lower() for part in parts]
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise FileRefused(Refusal.TOO_COMPLEX)
    if len(set(names)) < len(names):
        raise FileRefused(Refusal.BROKEN)
    if any(part.flag_bits & _IS_ENCRYPTED for part in parts):
        raise FileRefused(Refusal.PROTECTED)
    if any(active in name for name in names for active in _ACTIVE_NAMES):
        raise FileRefused(Refusal.ACTIVE)


def _read_part(archive: ZipFile, name: str) -> bytes:
    """A part that describes others. Raises KeyError when there is none of that name, FileRefused when it is huge."""
    part = archive.getinfo(name)
    if part.file_size > _MOST_DIRECTORY_BYTES:
        raise FileRefused(Refusal.TOO_COMPLEX)
    return archive.read(part)


def _check_types(types: bytes) -> None:
    named = [given["ContentType"].lower() for _, given in _elements(types) if "ContentType" in given]
    if any(active in name for name in named for active in _ACTIVE_TYPES):
        raise FileRefused(Refusal.ACTIVE)
    if _TEXT_TYPE not in named:
        raise FileRefused(Refusal.WRONG_TYPE)


def _check_text(archive: ZipFile) -> None:
    """The text unpacks to what the archive says, and is XML."""
    parser = _parser()
    with archive.open(_TEXT) as text:
        while piece := text.read(64 * 1024):
            parser.Parse(piece)
    parser.Parse(b"", True)


def _check_relations(relations: bytes) -> None:
    for name, given in _elements(relations):
        if not name.endswith("Relationship"):
            continue
        fetched = given.get("Type", "").rpartition("/")[2].lower() in _FETCHED
        if fetched and given.get("TargetMode", "").lower() == "external":
            raise FileRefused(Refusal.ACTIVE)


def _elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Name and attributes of every element. Raises ExpatError when it is no XML."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = _parser()
    parser.StartElementHandler = lambda name, given: found.append((name, given))
    parser.Parse(xml, True)
    return found


def _parser() -> expat.XMLParserType:
    """An XML parser that refuses document types, and with them entities that grow or are fetched."""

    def refuse(*_: object) -> None:
        raise FileRefused(Refusal.ACTIVE)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    return parser

"""Pictures: decoded once, within a limit on pixels, so that what is kept is a picture and whole."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from portal.domain.errors import FileRefused
from portal.domain.files import Refusal

MOST_PIXELS = 25_000_000
"""An A4 page at 500 dots per inch has 24 million; decoded, this many take 100 MB."""

_JPEG_SHRINKING = 8


def check_png(content: bytes) -> None:
    """Raises FileRefused for a PNG that is broken or has too many pixels."""
    _check(PngImageFile, content)


def check_jpeg(content: bytes) -> None:
    """Raises FileRefused for a JPEG that is broken or has too many pixels."""
    _check(JpegImageFile, content)


def _check(kind: type[ImageFile.ImageFile], content: bytes) -> None:
    # WeasyPrint, wherever it is loaded, lets Pillow take half a picture for a whole one, for all of the process.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    # The class is called itself: Image.open would try other formats, and warn of large pictures instead of deciding.
    try:
        with kind(BytesIO(content)) as image:
            width, height = image.size
            _limit_pixels(width * height)
            # A JPEG can be read whole and yet be decoded at an eighth of its size; a PNG ignores this.
            image.draft("L", (width // _JPEG_SHRINKING, height // _JPEG_SHRINKING))
            image.load()
    except FileRefused:
        raise
    except (Image.DecompressionBombError, MemoryError):
        raise FileRefused(Refusal.TOO_MANY_PIXELS) from None
    except Exception:  # noqa: BLE001  # Pillow raises whatever its decoders trip over: OSError, SyntaxError, struct.error …
        raise FileRefused(Refusal.BROKEN) from None


def _limit_pixels(number: int) -> None:
    if number > MOST_PIXELS:
        raise FileRefused(Refusal.TOO_MANY_PIXELS)

"""A file as the invented people send it: a PDF of one page with one line."""

from __future__ import annotations

import hashlib

from portal.domain.files import CheckedFile, MediaType


def write_paper(line: str) -> CheckedFile:
    """A PDF that says ``line`` (plain letters, no brackets); written by hand, for it is the smallest there can be."""
    text = b"BT /F1 18 Tf 60 760 Td (%s) Tj ET" % line.encode("latin-1", "replace")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, each)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    content = body + table + end
    return CheckedFile(MediaType.PDF, content, hashlib.sha256(content).hexdigest())

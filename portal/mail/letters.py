"""What a mail says: the words of its kind (``templates/emails``), filled in with one cita.

Each kind has a subject, a plain text and an HTML version with the same words. The templates know one ``Occasion``, or
``WorkOccasion``, as ``mail``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from portal.domain.appointments import AppointmentView
from portal.domain.links import sign_link
from portal.domain.spanish_dates import moment_in_words, time_in_words
from portal.domain.staff import StaffView
from portal.domain.vocabulary import MessageKind
from portal.mail.message import Letter
from portal.places import TEMPLATES

_CODE_GROUP: Final = 4
_BLANK_LINES: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that a reader may tap; ``view``, ``move`` and ``cancel`` open the cita without asking for more.

    ``attention`` is for the staff, who must sign in first.
    """

    view: str
    move: str
    cancel: str
    book: str
    attention: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a mail about a cita tells. ``details`` are what its kind gathered."""

    cita: AppointmentView
    links: Links
    details: object = None

    @property
    def when(self) -> str:
        return moment_in_words(self.cita.starts_at)

    @property
    def start_time(self) -> str:
        return time_in_words(self.cita.starts_at)

    @property
    def end_time(self) -> str:
        return time_in_words(self.cita.ends_at)

    @property
    def code(self) -> str:
        """The code in groups, for reading aloud."""
        code = self.cita.code
        return " ".join(code[start : start + _CODE_GROUP] for start in range(0, len(code), _CODE_GROUP))


@dataclass(frozen=True, slots=True)
class WorkOccasion:
    """What a mail about work of the staff tells. ``origin`` is what addresses begin with."""

    staff: StaffView
    origin: str
    details: object = None


def make_links(cita: AppointmentView, origin: str, access_key: bytes) -> Links:
    """The addresses for one cita; ``origin`` is the public one, ``access_key`` what links are signed with."""
    page = f"{origin}/citas/{cita.code}"
    k = urlencode({"k": sign_link(cita.code, cita.ends_at, access_key)})
    again = urlencode({"servicio": cita.service_code, "sede": cita.center_code, "modalidad": cita.modality.value})
    return Links(
        view=f"{page}?{k}",
        move=f"{page}/reprogramar?{k}",
        cancel=f"{page}/anular?{k}",
        book=f"{origin}/reservar?{again}",
        attention=f"{origin}/atenciones/{cita.id}",
    )


def write_letter(kind: MessageKind, occasion: Occasion | WorkOccasion) -> Letter:
    """The letter of that kind."""
    environment = _open_templates()
    subject = environment.get_template(f"emails/{kind}.subject.txt").render(mail=occasion)
    subject = " ".join(subject.split())
    return Letter(
        subject,
        _BLANK_LINES.sub("\n\n", environment.get_template(f"emails/{kind}.txt").render(mail=occasion).lstrip()),
        environment.get_template(f"emails/{kind}.html").render(mail=occasion, subject=subject),
    )


@cache
def _open_templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),  # the rest is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )

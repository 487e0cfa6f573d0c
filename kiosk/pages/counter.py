"""One press of a button on the screen to book: who the person is, the times, the sale. Nothing typed is lost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from litestar.response import Redirect, Template
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_409_CONFLICT,
    HTTP_422_UNPROCESSABLE_ENTITY,
    HTTP_503_SERVICE_UNAVAILABLE,
)
from pydantic_core import PydanticCustomError

from kiosk.claiming import ClaimUnanswered, claim_and_sell
from kiosk.finding import (
    KnownPerson,
    ListedCita,
    active_code_of,
    citas_of_day,
    citas_of_document,
    find_person,
)
from kiosk.looks import note_look
from kiosk.pages.times import TimesView, read_choice, read_wish, view_times
from kiosk.reference import read_reference
from kiosk.selling import Order, Sold, find_sold
from kiosk.services import DeskServices
from kiosk.sittings import Sitting
from kiosk.state import NotPaired
from kiosk.unfinished import keep_typed
from portal.database.errors import DatabaseFullError
from portal.domain.appointments import AppointmentView, find_appointment, find_appointment_by_id
from portal.domain.districts import District
from portal.domain.errors import AlreadyReserved, NotOffered, SeatTaken
from portal.domain.exchange import LookKind
from portal.domain.people import Consent
from portal.domain.slots import Slot, SlotKey
from portal.domain.spanish_dates import local_day
from portal.domain.vocabulary import DocumentType, Language
from portal.forms.contact import phone_in_words
from portal.forms.details import FIELDS, LONGEST_MOTIVE, Details, in_order
from portal.forms.district import look_up_district
from portal.forms.document import read_document_number
from portal.forms.new_cita import of_another, read_desk_details
from portal.forms.state import FormState, Mistake
from portal.pages.word_lists.agenda import PREFERENCES
from portal.pages.words import choices

JUST_BOOKED: Final = "recien"
_LONGEST_TOKEN: Final = 64
_FILLED: Final = "llenado"
"""The field that says for whose document others were filled in."""
_ASKED: Final = ("nombres", "apellido_paterno", "celular", "aviso_privacidad")


@dataclass(frozen=True, slots=True)
class BookView:
    """The screen. ``known`` is what an earlier cita tells of the person, ``citas`` are all of theirs that the kiosk
    knows, ``active`` the one they have; ``token`` is the form's own.

    ``used``: this form had booked for somebody else; ``resumed``: it was kept when the screen was locked or left;
    ``unfinished``: such a form waits to be resumed;
    ``full``: nothing could be written, nor put on record.
    """

    times: TimesView | None
    form: FormState
    token: str
    today: tuple[ListedCita, ...]
    known: KnownPerson | None = None
    citas: tuple[ListedCita, ...] = ()
    active: AppointmentView | None = None
    looked_up: bool = False
    mistyped: bool = False
    used: str = ""
    resumed: bool = False
    unfinished: bool = False
    full: bool = False
    districts: tuple[District, ...] = ()

    @property
    def document_types(self) -> tuple[tuple[str, str], ...]:
        """The kinds of documents."""
        return choices(*DocumentType)

    @property
    def preferences(self) -> tuple[tuple[str, str], ...]:
        """Reasons for preferential attention, as the staff says them."""
        return tuple((preference.value, words) for preference, words in PREFERENCES.items())

    @property
    def languages(self) -> tuple[tuple[str, str], ...]:
        """Languages; all but the first need an interpreter."""
        return choices(*Language)

    @property
    def longest_motive(self) -> int:
        """Characters."""
        return LONGEST_MOTIVE


class Counter:
    """One press of a button on the form."""

    def __init__(self, typed: Mapping[str, str], services: DeskServices, sitting: Sitting) -> None:
        self._typed = dict(typed)
        self._services = services
        self._sitting = sitting
        self._token = self._typed.get("ficha", "")[:_LONGEST_TOKEN] or secrets.token_urlsafe(24)

    async def serve(self) -> Template | Redirect:
        """Do what the button says; on a full disk say so, with everything that was typed."""
        try:
            return await self._serve()
        except DatabaseFullError:
            view = replace(await self._view(), full=True)
            return await self.show(view, HTTP_503_SERVICE_UNAVAILABLE)

    async def _serve(self) -> Template | Redirect:
        """The Enter key in the first field alone looks the person up."""
        sold = await find_sold(self._token)
        if sold is not None:
            return await self._repeat(sold)
        if self._typed.get("paso") == "horarios":
            return await self.show()
        if (
            self._typed.get("paso") == "buscar"
            or self._filled_for_another()
            or not any(self._typed.get(name, "").strip() for name in _ASKED)
        ):
            return await self._search()
        return await self._book()

    async def show(
        self,
        view: BookView | None = None,
        status: int = HTTP_200_OK,
        *,
        resumed: bool = False,
        unfinished: bool = False,
    ) -> Template:
        """The screen."""
        view = replace(view or await self._view(), resumed=resumed, unfinished=unfinished)
        return Template("kiosk/desk.html", context={"desk": view}, status_code=status)

    async def times(self, *, lost: str = "", nearest: tuple[Slot, ...] = ()) -> TimesView | None:
        """The times for what is wished; None where the sede offers nothing at all."""
        try:
            wish = await read_wish(self._typed)
        except NotOffered:
            return None
        return await view_times(self._services, wish, self._typed, lost=lost, nearest=nearest)

    async def look_up(self) -> BookView:
        """What is known of the document, without the times."""
        document = self._read_document()
        view = BookView(None, FormState(self._typed), self._token, ())
        if isinstance(document, Mistake):
            return replace(view, form=FormState(self._typed, of_another((document,))))
        kind, number, mistyped = document
        if self._filled_for_another():
            await self._take_back_filled()
        now = await self._services.now()
        citas = tuple(await citas_of_document(number, kind))
        try:
            await note_look(self._sitting, LookKind.SEARCH, now, [cita.id for cita in citas])
        except DatabaseFullError:
            return replace(view, full=True)
        known = await find_person(kind, number)
        self._typed[_FILLED] = _name_of(kind, number) if known and not known.in_one_piece else ""
        code = await active_code_of(kind, number, await self._service_code())
        return replace(
            view,
            form=FormState(_filled(self._typed, known)),
            known=known,
            citas=citas,
            active=await find_appointment(code) if code else None,
            looked_up=True,
            mistyped=mistyped,
        )

    def _filled_for_another(self) -> bool:
        """Whether the fields were filled in for a document that is not the one that stands there now."""
        document = self._read_document()
        filled = self._typed.get(_FILLED, "")
        return bool(filled) and not isinstance(document, Mistake) and filled != _name_of(*document[:2])

    async def _take_back_filled(self) -> None:
        """Nobody is booked under the name of the person before them."""
        kind, _, number = self._typed[_FILLED].partition("-")
        known = await find_person(DocumentType(kind), number) if kind in set(DocumentType) else None
        for name, value in told_of(known).items() if known else ():
            if self._typed.get(name) == value:
                self._typed[name] = ""

    async def _search(self) -> Template:
        found = await self.look_up()
        status = HTTP_422_UNPROCESSABLE_ENTITY if found.form.mistakes else HTTP_200_OK
        if found.full:
            status = HTTP_503_SERVICE_UNAVAILABLE
        whole = await self._view()
        return await self.show(replace(found, times=whole.times, today=whole.today), status)

    async def _repeat(self, sold: Sold) -> Template | Redirect:
        """The same press again; or the form of the last person, filled in for the next one."""
        cita = await find_appointment_by_id(sold.appointment)
        document = self._read_document()
        same = cita is not None and not isinstance(document, Mistake) and document[:2] == _document_of(cita)
        if same or "numero_documento" not in self._typed:
            return Redirect(f"/citas/{sold.code}", status_code=303)
        self._token = secrets.token_urlsafe(24)
        return await self.show(replace(await self._view(), used=sold.code), HTTP_409_CONFLICT)

    async def _book(self) -> Template | Redirect:
        now = await self._services.now()
        reference = await read_reference()
        if reference is None:
            raise NotPaired
        read = read_desk_details(self._typed, local_day(now))
        mistakes = () if isinstance(read, Details) else read
        district, doubt, districts = await look_up_district(self._typed.get("ubigeo", ""))
        if doubt is not None and not any(mistake.field == "ubigeo" for mistake in mistakes):
            mistakes = in_order((*mistakes, *of_another((doubt,))))
        key, consultant = await self._read_key()
        if key is None:
            mistakes = (Mistake("horario", "gone" if self._typed.get("horario") else "missing"), *mistakes)
        if mistakes or key is None or not isinstance(read, Details):
            view = await self._view(FormState(self._typed, mistakes))
            return await self.show(replace(view, districts=districts), HTTP_422_UNPROCESSABLE_ENTITY)
        person = replace(read.person(), ubigeo=district.ubigeo if district else "")
        consent = Consent(reference.privacy_version, now, read.acepta_promociones)
        return await self._sell(Order(self._token, key, person, consent, self._sitting.staff, consultant))

    async def _sell(self, order: Order) -> Template | Redirect:
        try:
            sold = await claim_and_sell(order, self._services.sync, self._services.settings.paper)
        except SeatTaken as lost:
            return await self._show_lost("taken", lost.nearest)
        except NotOffered:
            return await self._show_lost("not_offered")
        except ClaimUnanswered:
            return await self._show_lost("unanswered")
        except AlreadyReserved:
            found = await self.look_up()
            whole = await self._view(FormState(self._typed))
            view = replace(whole, known=found.known, citas=found.citas, active=found.active, looked_up=True)
            return await self.show(view, HTTP_409_CONFLICT)
        self._services.sync.wake()
        with suppress(DatabaseFullError):
            await keep_typed(self._sitting, {})
        return Redirect(f"/citas/{sold.code}?{JUST_BOOKED}=si", status_code=303)

    async def _show_lost(self, lost: str, nearest: tuple[Slot, ...] = ()) -> Template:
        view = replace(await self._view(), times=await self.times(lost=lost, nearest=nearest))
        return await self.show(view, HTTP_409_CONFLICT)

    async def _view(self, form: FormState | None = None) -> BookView:
        return BookView(await self.times(), form or FormState(self._typed), self._token, await self._today())

    async def _today(self) -> tuple[ListedCita, ...]:
        """The citas of the day; none when it cannot be put on record that they were seen."""
        now = await self._services.now()
        try:
            await note_look(self._sitting, LookKind.AGENDA, now)
        except DatabaseFullError:
            return ()
        return tuple(await citas_of_day(now))

    async def _read_key(self) -> tuple[SlotKey | None, UUID | None]:
        """The time, and whom the person asked for."""
        try:
            wish = await read_wish(self._typed)
            return read_choice(self._typed, wish), wish.consultant
        except NotOffered:
            return None, None

    def _read_document(self) -> tuple[DocumentType, str, bool] | Mistake:
        kind = {one.value: one for one in DocumentType}.get(self._typed.get("tipo_documento", ""))
        if kind is None:
            return Mistake("tipo_documento", "missing")
        try:
            number = read_document_number(kind, self._typed.get("numero_documento", ""))
        except PydanticCustomError as error:
            context = error.context or {}
            return Mistake("numero_documento", context["code"], context["limit"])
        return kind, number.value, number.looks_mistyped

    async def _service_code(self) -> str:
        try:
            return (await read_wish(self._typed)).agenda.service.code
        except NotOffered:
            return ""


def _name_of(kind: DocumentType, number: str) -> str:
    return f"{kind.value}-{number}"


def _document_of(cita: AppointmentView) -> tuple[DocumentType, str]:
    return cita.document_type, cita.document_number


def _filled(typed: Mapping[str, str], known: KnownPerson | None) -> dict[str, str]:
    """What was typed, and where nothing was, what is known."""
    if known is None or known.in_one_piece:
        return dict(typed)
    told = told_of(known)
    plain = {"", Language.SPANISH.value}  # the list of languages has a choice from the start
    return {**typed, **{name: value for name, value in told.items() if typed.get(name, "").strip() in plain}}


def told_of(known: KnownPerson) -> dict[str, str]:
    """A known person as the form's fields say it; the motive is each cita's own."""
    told = {
        "nombres": known.given_names,
        "apellido_paterno": known.first_surname,
        "apellido_materno": known.second_surname,
        "fecha_nacimiento": f"{known.birth_date:%d/%m/%Y}" if known.birth_date else "",
        "correo": known.email,
        "celular": phone_in_words(known.phone) if known.phone else "",
        "ubigeo": known.ubigeo,
        "atencion_preferente": known.preference.value if known.preference else "",
        "idioma": known.language.value,
    }
    return {name: told[name] for name in FIELDS if name in told}

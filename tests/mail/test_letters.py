"""What mails say: plain Spanish, the same in text and HTML, with everything that one needs and nothing that spies."""

from __future__ import annotations

import html
import re

import html5lib
import pytest

from portal.domain.links import read_link
from portal.domain.modality import Modality
from portal.domain.vocabulary import MessageKind, State
from portal.mail.kinds.attention import LinksDetails, NotHeldDetails
from portal.mail.kinds.booking import BookingDetails
from portal.mail.kinds.reminder import ReminderDetails
from portal.mail.letters import make_links
from tests.citas import CITA
from tests.mail.samples import CITA_KINDS, FORMER, KEY, KINDS, ORIGIN, letter

WHEN = "viernes 8 de enero de 2027, 9:00 a. m."
WITH_DETAILS = (MessageKind.CONFIRMATION, MessageKind.MOVE, MessageKind.CODE_AGAIN, MessageKind.REMINDER)


def words_of(page: str) -> str:
    """What a person reads on the page, with each run of white space as one space."""
    body = page.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links_in(page: str) -> set[str]:
    return {html.unescape(address) for address in re.findall(r'href="([^"]+)"', page)}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("modality", Modality)
def test_the_page_is_valid_and_fetches_nothing(kind: MessageKind, modality: Modality) -> None:
    page = letter(kind, modality=modality).html
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(page)
    assert re.findall(r"<(?:img|script|iframe|link|object|form|input)\b|url\(|@import|src=", page) == []
    assert '<html lang="es">' in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_page_have_the_same_links(kind: MessageKind) -> None:
    said = letter(kind)
    assert links_in(said.html) == set(re.findall(r"https?://\S+", said.text))


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_page_say_the_same(kind: MessageKind) -> None:
    said = letter(kind)
    page = words_of(said.html)
    for sentence in re.split(r"[.:]\s|\n", said.text.partition("\n--\n")[0]):
        wanted = " ".join(sentence.strip(" -.:").split())
        if wanted and not wanted.startswith("http"):
            assert wanted.lower() in page.lower()


@pytest.mark.parametrize("kind", WITH_DETAILS)
def test_when_where_code_what_to_bring_and_that_it_is_free(kind: MessageKind) -> None:
    text = letter(kind).text
    assert WHEN in text
    assert "Código de tu cita: K7WM 3R9H" in text
    assert "Por videollamada".lower() in text.lower()
    assert "https://meet.google.com/abc-defg-hij" in text
    assert "Tu currículum vítae" in text
    assert "El servicio es gratuito. Nadie puede cobrarte por esta cita." in text


@pytest.mark.parametrize("kind", WITH_DETAILS)
def test_one_tap_to_see_move_and_cancel(kind: MessageKind) -> None:
    links = make_links(CITA, ORIGIN, KEY)
    assert {links.view, links.move, links.cancel} <= links_in(letter(kind).html)


def test_links_open_the_cita_for_their_owner() -> None:
    links = make_links(CITA, ORIGIN, KEY)
    assert links.view.startswith("https://citas.example.org/citas/K7WM3R9H?k=")
    assert read_link("K7WM3R9H", links.view.partition("?k=")[2], KEY, CITA.starts_at)
    assert links.move == links.view.replace("?k=", "/reprogramar?k=")
    assert links.cancel == links.view.replace("?k=", "/anular?k=")
    assert links.book == "https://citas.example.org/reservar?servicio=bolsa&sede=central&modalidad=virtual"


def test_without_a_link_the_consultor_invites() -> None:
    assert "te invita por correo a la videollamada" in letter(MessageKind.CONFIRMATION, meet_link="").text


def test_in_person_there_is_an_address() -> None:
    text = letter(MessageKind.CONFIRMATION, modality=Modality.IN_PERSON, center_reference="Frente al hospital").text
    assert "Av. Salaverry 655, Jesús María" in text
    assert "Frente al hospital" in text
    assert "meet.google.com" not in text


def test_by_phone_only_the_owner_recognises_the_number() -> None:
    text = letter(MessageKind.CONFIRMATION, modality=Modality.PHONE).text
    assert "termina en 321" in text
    assert "987654" not in text


def test_a_move_says_old_and_new() -> None:
    said = letter(MessageKind.MOVE)
    assert "Antes: jueves 7 de enero de 2027, 9:00 a. m. (ya no vale)" in said.text
    assert f"Ahora: {WHEN}" in said.text
    assert said.subject == f"Tu cita cambió: ahora es el {WHEN}"
    assert FORMER.code not in said.text


def test_a_cancellation_is_neutral_and_invites_to_book_again() -> None:
    said = letter(MessageKind.CANCELLATION, state=State.CANCELLED)
    assert said.subject == f"Tu cita fue anulada: {WHEN}"
    assert "Reserva otra cita cuando quieras" in said.text
    assert links_in(said.html) == {make_links(CITA, ORIGIN, KEY).book}
    assert not re.search(r"perdi|abandon|faltaste|no asistió", said.text, re.IGNORECASE)


def test_a_question_reaches_the_consultor_with_who_asks() -> None:
    said = letter(MessageKind.QUESTION_FOR_STAFF)
    for fact in ("¿Puedo ir con mi hijo?", "Rosa María Ñahui Quispe", "10117410", "+51987654321", "rosa@example.org"):
        assert fact in said.text
        assert fact in words_of(said.html)
    assert "?k=" not in said.text + said.html


def test_whoever_asked_reads_that_it_arrived_but_not_the_question() -> None:
    said = letter(MessageKind.QUESTION_RECEIVED)
    assert "Enviamos tu consulta" in said.text
    assert "hijo" not in said.text + said.html


@pytest.mark.parametrize("kind", CITA_KINDS)
def test_typed_words_stay_words(kind: MessageKind) -> None:
    said = letter(kind, given_names='<img src="http://evil.example/x.png">', center_name="{{ 7*7 }}")
    assert "<img" not in said.html
    assert "49" not in said.html
    assert said.html.count("&lt;img") == said.text.count("<img")


@pytest.mark.parametrize("kind", CITA_KINDS)
def test_a_subject_is_one_line_without_the_name(kind: MessageKind) -> None:
    subject = letter(kind, given_names="Zoila").subject
    assert "\n" not in subject
    assert "Zoila" not in subject
    assert len(subject) <= 78


def test_a_sede_without_a_phone() -> None:
    assert "llama a la sede" not in letter(MessageKind.CONFIRMATION, center_phone="").text


@pytest.mark.parametrize("kind", [MessageKind.CONFIRMATION, MessageKind.MOVE])
def test_the_leaflet_is_told_of_where_it_goes_along(kind: MessageKind) -> None:
    for with_leaflet in (True, False):
        text = letter(kind, BookingDetails(with_leaflet, with_leaflet, FORMER)).text
        assert ("cómo entrar a la videollamada" in text) is with_leaflet
        assert ("Prueba antes tu internet" in text) is with_leaflet


@pytest.mark.parametrize(("days_left", "day"), [(1, "mañana"), (0, "hoy")])
def test_a_reminder_says_which_day(days_left: int, day: str) -> None:
    said = letter(MessageKind.REMINDER, ReminderDetails(days_left, with_leaflet=True))
    assert said.subject == f"Recuerda: tu cita es {day}, 9:00 a. m."
    assert f"Tu cita es {day}" in said.text
    assert "cartilla" in said.text


def test_a_reminder_by_hand_days_before_says_which_day() -> None:
    said = letter(MessageKind.REMINDER, ReminderDetails(3, with_leaflet=True))
    assert said.subject == f"Recuerda: tu cita es el {WHEN}"
    assert f"Tu cita es el {WHEN}" in said.text


def test_a_reminder_of_a_cita_by_telephone_says_nothing_of_video() -> None:
    text = letter(MessageKind.REMINDER, ReminderDetails(1, with_leaflet=False), modality=Modality.PHONE).text
    assert "videollamada" not in text
    assert "Te llamamos" in text


def test_an_invitation_has_the_link_and_says_how_long_we_wait() -> None:
    said = letter(MessageKind.INVITATION)
    assert "https://meet.google.com/abc-defg-hij" in links_in(said.html)
    assert "5 minutos" in said.text
    assert "abandon" not in said.text


def test_an_abandonment_is_told_neutrally_with_one_link_to_book_again() -> None:
    said = letter(MessageKind.ABANDONMENT, state=State.ABANDONED)
    assert links_in(said.html) == {make_links(CITA, ORIGIN, KEY).book}
    assert "no logramos comunicarnos contigo" in said.text
    assert not re.search(r"perdi|faltaste|no asististe|no viniste|culpa|anulad", said.text, re.IGNORECASE)


def test_what_was_not_held_is_our_fault_and_offers_times() -> None:
    said = letter(MessageKind.NOT_HELD, state=State.NOT_HELD)
    assert "por un problema nuestro" in said.text
    assert "viernes 8 de enero de 2027, 10:00 a. m." in said.text
    assert "hasta las 10:10 a. m." in said.text
    assert not re.search(r"abandon|perdi|anulad", said.text, re.IGNORECASE)
    assert "Te guardamos" not in letter(MessageKind.NOT_HELD, NotHeldDetails()).text


def test_the_end_brings_the_links_of_activity_06() -> None:
    links = links_in(letter(MessageKind.LINKS, state=State.ATTENDED).html)
    assert {"https://www.empleosperu.gob.pe/", f"{ORIGIN}/encuesta/token", make_links(CITA, ORIGIN, KEY).book} <= links
    assert "encuesta" not in letter(MessageKind.LINKS, LinksDetails("Consultor 1")).text


def test_the_sede_is_told_of_an_unattended_cita_without_who_it_is() -> None:
    said = letter(MessageKind.UNATTENDED)
    assert links_in(said.html) == {make_links(CITA, ORIGIN, KEY).attention}
    assert CITA.document_number not in said.text + said.html
    assert "Ñahui" not in said.text + said.html

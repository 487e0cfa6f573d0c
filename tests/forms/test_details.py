"""The form of who comes to a cita: names, dates, addresses, telephones, and every mistake at once."""

from __future__ import annotations

from datetime import date

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from portal.domain.vocabulary import DocumentType, Language
from portal.forms.birth import read_birth_date
from portal.forms.contact import phone_in_words, read_email, read_phone, suggest_email
from portal.forms.details import FIELDS, Details, read_details
from portal.forms.names import read_name
from portal.forms.state import FormState, Mistake
from portal.forms.text import tidy_text
from portal.pages.words import sentence

TODAY = date(2027, 1, 7)
TYPED = {
    "tipo_documento": "01",
    "numero_documento": "10117410",
    "nombres": "Rosa  María ",
    "apellido_paterno": "Ñahui",
    "correo": "rosa@example.org",
    "celular": "987654321",
    "aviso_privacidad": "si",
}


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("José", "José"),
        ("José\u0301", "José\u0301"),
        ("Jose\u0301", "José"),
        ("  María   del Carmen ", "María del Carmen"),
        ("D’Angelo", "D'Angelo"),
        ("Pérez-Ñahui", "Pérez-Ñahui"),
        ("Ma. Elena", "Ma. Elena"),
        ("Đặng", "Đặng"),
        ("李", "李"),
        ("أحمد", "أحمد"),
    ],
)
def test_names_of_all_people_are_names(typed: str, stored: str) -> None:
    assert read_name(typed) == stored


@pytest.mark.parametrize("typed", ["R2D2", "a@b", "<b>", "😀", "'", "- -", "Rosa\u202e", "x\u200b", "A" * 61, "Rosa²"])
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(PydanticCustomError):
        read_name(typed)


@pytest.mark.parametrize(
    "typed", ["27/03/1990", "27-3-1990", "27.03.1990", "27 3 1990", "1990-03-27", " 27 / 03 / 1990 "]
)
def test_a_birth_date_is_read_as_people_write_it(typed: str) -> None:
    assert read_birth_date(typed, TODAY) == date(1990, 3, 27)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("27/03/90", "malformed"),
        ("27 de marzo", "malformed"),
        ("1990", "malformed"),
        ("\x00", "malformed"),
        ("00/00/0000", "impossible"),
        ("29/02/2023", "impossible"),
        ("13/13/1990", "impossible"),
        ("08/01/2027", "future"),
        ("01/01/9999", "future"),
        ("31/12/1906", "too_old"),
    ],
)
def test_what_is_no_birth_date_is_refused(typed: str, code: str) -> None:
    with pytest.raises(PydanticCustomError) as refusal:
        read_birth_date(typed, TODAY)
    assert (refusal.value.context or {})["code"] == code


def test_today_and_a_hundred_and_twenty_years_ago_are_birth_dates() -> None:
    assert read_birth_date("07/01/2027", TODAY) == TODAY
    assert read_birth_date("01/01/1907", TODAY) == date(1907, 1, 1)


@pytest.mark.parametrize(
    ("typed", "stored", "shown"),
    [
        ("987654321", "+51987654321", "987 654 321"),
        ("987-654-321", "+51987654321", "987 654 321"),
        ("+51 987 654 321", "+51987654321", "987 654 321"),
        ("0051987654321", "+51987654321", "987 654 321"),
        ("(01) 456 7890", "+5114567890", "(01) 4567890"),
        ("14567890", "+5114567890", "(01) 4567890"),
        ("084 234567", "+5184234567", "(084) 234567"),
        ("+34 612 345 678", "+34612345678", "+34 612 34 56 78"),
    ],
)
def test_a_telephone_is_stored_one_way_and_shown_as_people_read_it(typed: str, stored: str, shown: str) -> None:
    assert read_phone(typed) == stored
    assert phone_in_words(stored) == shown


@given(digits=st.from_regex(r"9[0-9]{8}", fullmatch=True), style=st.sampled_from(["{}", "+51{}", "+51 {}", "51{}"]))
def test_a_mobile_is_read_and_shown_as_the_library_does(digits: str, style: str) -> None:
    number = phonenumbers.parse(style.format(digits), "PE")
    assert phonenumbers.is_valid_number(number)
    assert read_phone(style.format(digits)) == f"+51{digits}"
    assert phone_in_words(f"+51{digits}") == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


@pytest.mark.parametrize("typed", ["4567890", "887654321", "98765432", "987654321 anexo 3", "nada", "9" * 30, "+"])
def test_what_is_no_telephone_is_refused(typed: str) -> None:
    with pytest.raises(PydanticCustomError):
        read_phone(typed)


def test_an_address_is_stored_so_that_mail_arrives() -> None:
    assert read_email(" Rosa@EXAMPLE.org ") == "Rosa@example.org"
    assert read_email("rosa@niñas.pe") == "rosa@xn--nias-hqa.pe"


@pytest.mark.parametrize(
    "typed", ["rosa", "rosa@", "@x.pe", "a b@x.pe", "rosa@x", "ñandu@x.pe", "a@b@c.pe", "a\n@x.pe"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(PydanticCustomError):
        read_email(typed)


def test_only_close_misses_of_common_domains_are_doubted() -> None:
    assert suggest_email("rosa@gmai.com") == "rosa@gmail.com"
    assert suggest_email("rosa@outlok.es") == "rosa@outlook.es"
    for fine in ("rosa@gmail.com", "rosa@mintra.gob.pe", "rosa@pucp.edu.pe", "rosa@ymail.pe"):
        assert not suggest_email(fine)


def test_a_motive_keeps_its_lines_and_its_pictures() -> None:
    assert tidy_text("uno\r\ndos 👍🏽\r\n", 500) == "uno\ndos 👍🏽"


def test_the_least_that_is_needed_is_enough() -> None:
    read = read_details(TYPED, TODAY)
    assert isinstance(read, Details)
    person = read.person()
    assert (person.document_type, person.document_number) == (DocumentType.DNI, "10117410")
    assert (person.given_names, person.second_surname, person.language) == ("Rosa María", "", Language.SPANISH)
    assert (person.birth_date, person.preference, person.ubigeo, person.motive) == (None, None, "", "")
    assert not read.acepta_promociones


def test_all_mistakes_come_at_once_in_the_order_of_the_form() -> None:
    mistakes = read_details({"correo": "x", "fecha_nacimiento": "x", "idioma": "x"}, TODAY)
    assert isinstance(mistakes, tuple)
    names = [mistake.field for mistake in mistakes]
    assert names == sorted(names, key=FIELDS.index)
    assert {"tipo_documento", "fecha_nacimiento", "correo", "idioma", "aviso_privacidad"} <= set(names)


def test_without_a_type_of_document_its_number_is_not_judged_as_a_dni() -> None:
    mistakes = read_details(TYPED | {"tipo_documento": "", "numero_documento": "AB123"}, TODAY)
    assert mistakes == (Mistake("tipo_documento", "missing"),)


@given(st.fixed_dictionaries({}, optional={name: st.text(max_size=80) for name in FIELDS}))
def test_whatever_is_typed_is_read_or_each_mistake_has_a_sentence(typed: dict[str, str]) -> None:
    read = read_details(typed, TODAY)
    if isinstance(read, tuple):
        assert read
        assert all(sentence(mistake) for mistake in read)


def test_a_form_shows_nothing_that_a_page_cannot_hold() -> None:
    assert FormState({"nombres": "Ro\x00sa\ud800\x1f\ufffe"}).value("nombres") == "Rosa"
    assert FormState({"motivo": "uno\ndos"}).value("motivo") == "uno\ndos"

"""Invented people: names as one meets them in Peru, documents and telephones that should be nobody's."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Final

from portal.demo.texts import MOTIVES
from portal.domain.modality import Modality
from portal.domain.people import Person
from portal.domain.vocabulary import DocumentType, Language, Origin, Preference

_GIVEN: Final = (
    "Rosa María", "José Luis", "Milagros", "Juan Carlos", "Yesenia", "Luis Alberto", "Carmen Rosa", "Jhon Kevin",
    "Flor de María", "Miguel Ángel", "Nancy", "Wilmer", "Gladys", "Percy", "Lucero", "Edwin", "Maritza", "Raúl",
    "Katherine", "Segundo", "Esperanza", "Óscar", "Diana Carolina", "Hernán", "Noemí", "Brayan", "Soledad", "Iván",
    "Jhoselyn", "Teófilo", "Mónica", "Fredy", "Ángela", "Julio César", "Sheyla", "Abel", "Liliana", "Rubén",
)  # fmt: skip
_SURNAMES: Final = (
    "Quispe", "Flores", "Ñahui", "Sánchez", "Mamani", "Rojas", "Huamán", "Vásquez", "Chávez", "Ramos", "Condori",
    "Torres", "Ccahuana", "Espinoza", "Cárdenas", "Yupanqui", "Castillo", "Poma", "Gutiérrez", "Ticona", "Peña",
    "Salazar", "Choque", "Núñez", "Palomino", "Villanueva", "Apaza", "Zevallos", "D'Angelo", "Tello", "Huanca",
    "Aguilar", "Shapiama", "Bustamante", "Inga", "Muñoz", "Cruz", "Ríos", "Arroyo", "Taipe", "Del Águila",
)  # fmt: skip
_LANGUAGES: Final = (Language.QUECHUA, Language.QUECHUA, Language.AYMARA, Language.SIGN, Language.SHIPIBO)

# Beyond the documents issued so far, and a block of mobile numbers that is not in use: as far as one can know.
_FIRST_DNI: Final = 99_100_000
_FIRST_MOBILE: Final = 900_000_000
FULL_MAILBOX: Final = "@buzon-lleno.example.org"
"""Mail to these addresses comes back."""


def invent_person(number: int, origin: Origin, districts: Sequence[str], today: date, rng: Random) -> Person:
    """The ``number``-th person: who calls or comes to the desk has an e-mail less often."""
    given, first = rng.choice(_GIVEN), rng.choice(_SURNAMES)
    second = rng.choice(_SURNAMES) if rng.random() < 0.96 else ""
    age = rng.triangular(18, 66, 29)
    person = Person(
        document_type=DocumentType.DNI,
        document_number=str(_FIRST_DNI + number),
        given_names=given,
        first_surname=first,
        second_surname=second,
        birth_date=today - timedelta(days=int(age * 365.25)) if rng.random() < 0.8 else None,
        phone=f"+51{_FIRST_MOBILE + number}",
        ubigeo=rng.choice(districts) if districts and rng.random() < 0.85 else "",
        language=rng.choice(_LANGUAGES) if rng.random() < 0.03 else Language.SPANISH,
        motive=rng.choice(MOTIVES) if rng.random() < 0.6 else "",
        preference=_preference(age, rng),
    )
    if rng.random() < 0.07:
        person = replace(person, document_type=DocumentType.TEMPORARY_PERMIT, document_number=f"DEMO{number:06}")
    if rng.random() < (0.98 if origin is Origin.WEB else 0.55):
        mailbox = _plain(f"{given.split()[0]}.{first}{number}")
        person = replace(person, email=mailbox + (FULL_MAILBOX if rng.random() < 0.02 else "@example.org"))
    return person


def choose_modality(rng: Random) -> Modality:
    """Most come by video call."""
    return rng.choices((Modality.VIRTUAL, Modality.IN_PERSON, Modality.PHONE), (70, 18, 12))[0]


def choose_origin(rng: Random) -> Origin:
    """Most reserve by themselves."""
    return rng.choices((Origin.WEB, Origin.PHONE, Origin.DESK), (80, 11, 9))[0]


def _preference(age: float, rng: Random) -> Preference | None:
    if age >= 60:
        return Preference.OLDER
    if rng.random() < 0.07:
        return rng.choice((Preference.PREGNANT, Preference.WITH_CHILD, Preference.DISABILITY))
    return None


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if letter.isascii() and (letter.isalnum() or letter == "."))

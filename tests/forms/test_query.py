"""What the picker's address asks for."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.modality import Modality
from portal.forms.query import OfferQuery, read_offer_query

NAMES = ("servicio", "sede", "modalidad", "mes", "fecha")


def test_everything_has_a_default() -> None:
    assert read_offer_query({}) == OfferQuery()
    assert read_offer_query(dict.fromkeys(NAMES, "")) == OfferQuery()


def test_what_is_asked_for_is_read() -> None:
    query = read_offer_query(
        {"servicio": "bolsa", "sede": "central", "modalidad": "telefonica", "mes": "2027-02", "fecha": "2027-02-03"}
    )
    assert query == OfferQuery("bolsa", "central", Modality.PHONE, date(2027, 2, 1), date(2027, 2, 3))


def test_what_is_not_understood_is_named() -> None:
    query = read_offer_query({"modalidad": "x", "mes": "2027-2", "fecha": "20270203"})
    assert query == OfferQuery(misread=("modalidad", "mes", "fecha"))


@given(st.fixed_dictionaries({}, optional={name: st.text(max_size=60) for name in NAMES}))
def test_whatever_is_asked_something_can_be_shown(query: dict[str, str]) -> None:
    read = read_offer_query(query)
    assert read.day is None or 2000 <= read.day.year < 2200
    assert len(read.service) <= 32

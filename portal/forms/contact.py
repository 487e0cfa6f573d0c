"""E-mail addresses and telephone numbers, as far as one can tell without asking anybody."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from portal.forms.text import has_control, refuse

LONGEST_EMAIL = 254
_PERU = "PE"
_LONGEST_PHONE = 40
_ALIKE = 0.8
# Nearly everybody's telephone, by DOMAIN's rule. The library knows it too, and takes fifty times as long.
_MOBILE = re.compile(r"(?:\+51)?(9\d{8})", re.ASCII)
_STORED_MOBILE = re.compile(r"\+51(9\d{2})(\d{3})(\d{3})", re.ASCII)
_COMMON_DOMAINS = (
    "gmail.com",
    "hotmail.com",
    "hotmail.es",
    "outlook.com",
    "outlook.es",
    "yahoo.com",
    "yahoo.es",
    "live.com",
    "icloud.com",
)


def read_email(typed: str) -> str:
    """An address that mail can be sent to, its domain in ASCII. Refuses the empty and the malformed."""
    text = typed.strip()
    if not text:
        raise refuse("missing")
    if len(text) > LONGEST_EMAIL:
        raise refuse("too_long", LONGEST_EMAIL)
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise refuse("malformed") from None
    return found.ascii_email or found.normalized


def suggest_email(email: str) -> str:
    """What an address was probably meant to be ("rosa@gmial.com"), or the empty string."""
    name, _, domain = email.rpartition("@")
    meant = _common_domain_like(domain)
    return f"{name}@{meant}" if meant else ""


@lru_cache(maxsize=512)
def _common_domain_like(domain: str) -> str:
    """What a domain was probably meant to be; remembered, because to compare takes 0.1 ms."""
    if domain in _COMMON_DOMAINS:
        return ""
    close = get_close_matches(domain, _COMMON_DOMAINS, n=1, cutoff=_ALIKE)
    return close[0] if close else ""


def read_phone(typed: str) -> str:
    """A telephone in Peru (a mobile's nine digits, a landline with its area code) or abroad with "+", as E.164."""
    text = typed.strip()
    if not text:
        raise refuse("missing")
    if len(text) > _LONGEST_PHONE or has_control(text):
        raise refuse("malformed")
    mobile = _MOBILE.fullmatch(text.replace(" ", "").replace("-", ""))
    if mobile is not None:
        return f"+51{mobile[1]}"
    try:
        number = phonenumbers.parse(text, _PERU)
    except phonenumbers.NumberParseException:
        raise refuse("malformed") from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise refuse("malformed")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_in_words(phone: str) -> str:
    """A stored number as people in Peru read it: "987 654 321", "(01) 456 7890"; foreign ones with "+"."""
    mobile = _STORED_MOBILE.fullmatch(phone)
    if mobile is not None:
        return " ".join(mobile.groups())
    number = phonenumbers.parse(phone, _PERU)
    is_ours = phonenumbers.region_code_for_number(number) == _PERU
    style = phonenumbers.PhoneNumberFormat.NATIONAL if is_ours else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)

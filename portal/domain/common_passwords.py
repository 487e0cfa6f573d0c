"""Passwords that are tried first: the commonest words, rows of keys and counting, however they are dressed up.

A long password is refused when nothing but such a word is left once its digits and signs are put aside, when it is one
word twice, or when it uses fewer than five different characters.
"""

from __future__ import annotations

import unicodedata

_FEWEST_DIFFERENT = 5
_LONG, _LITTLE = 6, 4
_WORDS = """
contrasena clave micontrasena miclave password passw mypassword secret secreto welcome bienvenido bienvenida
admin administrador administrator usuario user root sistema invitado temporal cambiame changeme prueba test
consultor responsable consultordeempleo empleo trabajo bolsadetrabajo centrodeempleo ministerio
ministeriodetrabajo mtpe empleosperu citas citasenlinea cita peru lima arribaperu vivaperu vamosperu alianzalima
universitario sportingcristal teamo tequiero iloveyou amor familia jesus diosesamor diosteama princesa dragon
futbol football monkey letmein superman batman qwerty qwertyuiop qwertyuiopasdfgh qwertyuiopasdf asdfghjkl
asdfghjklzxcvbnm zxcvbnm qazwsx qazwsxedc qazwsxedcrfv abc abcd abcdef abcdefgh abcdefghij abcdefghijkl
abcdefghijklm enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre
primavera verano otono invierno lunes martes miercoles jueves viernes
"""
_STEMS = frozenset(_WORDS.split())
_COUNTING = "01234567890123456789"
_AROUND = "0123456789.,-_*!?#$@+ "
_SUBSTITUTES = str.maketrans("4301578@$!", "aeoistbasi")


def is_common(password: str) -> bool:
    """Whether a password is one of those that are tried first."""
    folded = "".join(
        letter for letter in unicodedata.normalize("NFD", password.casefold()) if not unicodedata.combining(letter)
    )
    if len(set(folded)) < _FEWEST_DIFFERENT or (folded.isdigit() and _counts(folded)):
        return True
    plain = "".join(letter for letter in folded if letter.isalpha())
    dressed = "".join(letter for letter in folded.translate(_SUBSTITUTES) if letter.isalpha())
    trimmed = "".join(letter for letter in folded.strip(_AROUND).translate(_SUBSTITUTES) if letter.isalpha())
    return any(_is_stem(word) for word in (plain, dressed, trimmed)) or _is_dressed_up(dressed)


def _is_stem(word: str) -> bool:
    half = len(word) // 2
    return word in _STEMS or (word[:half] == word[half:] and word[:half] in _STEMS)


def _is_dressed_up(word: str) -> bool:
    """One of the longer words with little behind it: digits at its end were read as letters."""
    return any(len(stem) >= _LONG and word.startswith(stem) and len(word) - len(stem) <= _LITTLE for stem in _STEMS)


def _counts(digits: str) -> bool:
    return digits in _COUNTING * 2 or digits[::-1] in _COUNTING * 2

"""How a citizen is attended: the closed set of modalities."""

from enum import StrEnum


class Modality(StrEnum):
    """The value is what addresses and forms carry."""

    VIRTUAL = "virtual"
    IN_PERSON = "presencial"
    PHONE = "telefonica"

"""The procedure's own figures (PE-BT-01, section 4): its activities and the minutes that each should take."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Activity(StrEnum):
    """The activities by their numbers; their titles are in the catalogue of the guide."""

    RESERVE = "01"
    REMIND = "02"
    INVITE = "03"
    START = "04"
    ORIENT = "05"
    FINISH = "06"
    SURVEY = "07"
    REGISTER = "08"


STANDARD_MINUTES: Final = {
    Activity.REMIND: 3,
    Activity.INVITE: 5,
    Activity.ORIENT: 15,
    Activity.SURVEY: 1,
    Activity.REGISTER: 2,
}
"""The others carry none. The minutes of 05 are those from *Inicio* to *Final*, so 04 and 06 are within them."""

STANDARD_TOTAL: Final = sum(STANDARD_MINUTES.values())

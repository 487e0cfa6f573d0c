"""What happened in a run, as nobody in it knows it: every slip that was ordered, every log that was written, and what
disasters have taken back. By it the invariants tell what must be from what a disaster excuses, and only that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Paper:
    """A slip that was ordered: its transaction is on disk, so nothing may undo it."""

    kiosk: UUID
    entry: str
    """The hash of the log's entry."""
    lease: UUID
    seat: UUID
    appointment: UUID
    code: str
    consultant: UUID | None
    starts_at: datetime
    ends_at: datetime


@dataclass
class Ledger:
    """The papers by their entries, and what was taken back.

    ``copied``: kiosks that run on two machines, from the copy on. ``rewound``: those whose machine was set back and has
    not been answered since. ``forked``: all that were ever one or the other. ``forgotten``: leases that a restored
    portal remembers otherwise than it knew them. ``lost``: entries that stood in no file any more, nor at the portal,
    when a disaster was over. ``purged``: entries that a machine has forgotten, since the portal keeps them.
    """

    papers: dict[str, Paper] = field(default_factory=dict)
    written: defaultdict[str, dict[str, tuple[int, str]]] = field(default_factory=lambda: defaultdict(dict))
    """By kiosk and hash: an entry's number, and the hash of the one before it."""
    copied: set[str] = field(default_factory=set)
    rewound: dict[str, int] = field(default_factory=dict)
    forked: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)

    def write(self, paper: Paper) -> str:
        """Note a slip; returns what is wrong with it: a lease yields at most one sale, unless its kiosk was forked."""
        self.papers[paper.entry] = paper
        same = [other for other in self.papers.values() if other.lease == paper.lease and other.entry != paper.entry]
        if not same or (str(paper.kiosk) in self.forked and {other.kiosk for other in same} == {paper.kiosk}):
            return ""
        return f"the lease of the cita {paper.code} was sold before"

    def papers_of(self, appointment: str) -> list[Paper]:
        """The slips of a cita."""
        return [paper for paper in self.papers.values() if str(paper.appointment) == appointment]

    def lose(self, kept: Iterable[str]) -> None:
        """A disaster is over: what is kept nowhere is lost, and no other loss is excused."""
        self.lost |= self.papers.keys() - set(kept)

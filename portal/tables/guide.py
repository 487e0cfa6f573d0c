"""The Guía del Consultor, each version as it was."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, ForeignKey, Integer, Timestamptz
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.people import Staff


class GuideVersion(Table, tablename="guide_version"):
    """A version, whole. The one with the highest number holds."""

    id = UUID(primary_key=True, default=UUID4())
    number = Integer(unique=True)
    sections = JSON(default="[]")
    edited_by = ForeignKey(references=Staff, null=True, default=None)
    edited_at = Timestamptz()

"""How staff gets in: sessions, recovery codes, links for a forgotten password. Secrets are kept as hashes alone."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.people import Staff


class StaffSession(Table, tablename="staff_session"):
    """A browser that signed in. The key is the hash of the cookie's value; deleting the row ends the session."""

    key = Varchar(length=64, primary_key=True)
    staff = ForeignKey(references=Staff, null=False)
    stage = Varchar(length=12)  # what is still asked for before it may do anything: a code, a new password
    opened_at = Timestamptz()
    seen_at = Timestamptz()
    ends_at = Timestamptz()


class RecoveryCode(Table, tablename="recovery_code"):
    """One of the codes that stand in for a lost telephone, good once."""

    id = UUID(primary_key=True, default=UUID4())
    staff = ForeignKey(references=Staff, null=False)
    code_hash = Varchar(length=64)
    used_at = Timestamptz(null=True, default=None)


class PasswordLink(Table, tablename="password_link"):
    """A link that lets somebody set a forgotten password, good once. The key is the hash of its token."""

    key = Varchar(length=64, primary_key=True)
    staff = ForeignKey(references=Staff, null=False)
    made_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)

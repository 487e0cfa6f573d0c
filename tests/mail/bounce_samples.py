"""Delivery status notifications as mail servers write them, about a message of ours with a given Message-ID."""

from __future__ import annotations

from typing import Final

OURS: Final = "<{message_id}@citas.example.org>"

_ORIGINAL = """\
From: =?utf-8?q?Citas_en_l=C3=ADnea?= <citas@example.org>
To: rosa@example.org
Subject: =?utf-8?q?Tu_cita_est=C3=A1_reservada?=
Message-ID: {ours}
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"

Hola, Rosa:
"""

POSTFIX: Final = (
    """\
Return-Path: <>
Received: by mail.example.org (Postfix)
	id 4Bx1Yz0000; Thu,  7 Jan 2027 09:00:05 -0500 (-05)
Date: Thu,  7 Jan 2027 09:00:05 -0500 (-05)
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: citas@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="4Bx1Yz0000.1799330405/mail.example.org"
Message-Id: <20270107140005.4Bx1Yz0000@mail.example.org>

This is a MIME-encapsulated message.

--4Bx1Yz0000.1799330405/mail.example.org
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

<rosa@example.org>: host mx.example.org said: 550 5.1.1 User unknown

--4Bx1Yz0000.1799330405/mail.example.org
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
X-Postfix-Queue-ID: 4Bx1Yz0000
Arrival-Date: Thu,  7 Jan 2027 09:00:01 -0500 (-05)

Final-Recipient: rfc822; rosa@example.org
Original-Recipient: rfc822;rosa@example.org
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--4Bx1Yz0000.1799330405/mail.example.org
Content-Description: Undelivered Message
Content-Type: message/rfc822

"""
    + _ORIGINAL
    + """
--4Bx1Yz0000.1799330405/mail.example.org--
"""
)

# Only the headers come back, and the fields are spelled otherwise.
EXIM: Final = (
    """\
From: Mail Delivery System <Mailer-Daemon@relay.example.net>
To: citas@example.org
Subject: Mail delivery failed: returning message to sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=1799330405-eximdsn-1

--1799330405-eximdsn-1
Content-type: text/plain; charset=us-ascii

A message that you sent could not be delivered to one or more of its recipients.

--1799330405-eximdsn-1
Content-type: message/delivery-status

Reporting-MTA: dns; relay.example.net

Action: {action}
Final-Recipient: rfc822;rosa@example.org
Status: {status}
Remote-MTA: dns; mx.example.org
Diagnostic-Code: smtp; 550 Mailbox unavailable

--1799330405-eximdsn-1
Content-type: text/rfc822-headers

"""
    + _ORIGINAL.partition("\n\n")[0]
    + """

--1799330405-eximdsn-1--
"""
)

# The original is nested in another container, and the long Message-ID stands on a line of its own.
EXCHANGE: Final = (
    """\
From: <postmaster@outlook.example.com>
To: <citas@example.org>
Subject: Undeliverable: Tu cita
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="_71b9_outlook_"

--_71b9_outlook_
Content-Type: multipart/alternative; boundary="_71ba_outlook_"

--_71ba_outlook_
Content-Type: text/plain; charset="us-ascii"

Delivery has failed to these recipients.

--_71ba_outlook_
Content-Type: text/html; charset="us-ascii"

<p>Delivery has failed to these recipients.</p>

--_71ba_outlook_--

--_71b9_outlook_
Content-Type: message/delivery-status

Reporting-MTA: dns;outlook.example.com
Received-From-MTA: dns;mail.example.org

Final-Recipient: rfc822;rosa@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound

--_71b9_outlook_
Content-Type: message/rfc822

"""
    + _ORIGINAL.replace("Message-ID: {ours}", "Message-ID:\n\t{ours}")
    + """
--_71b9_outlook_--
"""
)

SAMPLES: Final = {"postfix": POSTFIX, "exim": EXIM, "exchange": EXCHANGE}


def notification(server: str, message_id: object, action: str = "failed", status: str = "5.1.1") -> bytes:
    """What that server writes about one of our messages, with the line ends of mail."""
    ours = OURS.format(message_id=message_id)
    return SAMPLES[server].format(ours=ours, action=action, status=status).replace("\n", "\r\n").encode()

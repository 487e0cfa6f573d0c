"""Headers that every answer carries, so that a page can do only what our pages do."""

from __future__ import annotations

Header = tuple[bytes, bytes]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; "
)
CONTENT_SECURITY_POLICY = f"{_POLICY}frame-ancestors 'none'"
_WITH_OWN_FRAMES = f"{_POLICY}frame-src 'self'; frame-ancestors 'self'"

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)

NOT_KEPT: Header = (b"cache-control", b"private, no-store")
"""What an answer says that says nothing about caching: pages show who somebody is, and phones are lent."""


def security_headers(*, https: bool, own_frames: bool = False) -> tuple[Header, ...]:
    """The headers, ready to be sent. ``https`` says whether the public address is https; ``own_frames`` that a page may
    hold another one of the same origin, which is how a browser prints a PDF without leaving the page.
    """
    headers = {
        "content-security-policy": _WITH_OWN_FRAMES if own_frames else CONTENT_SECURITY_POLICY,
        # Signed links carry their signature in the address: it goes to no other page, ours included.
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "SAMEORIGIN" if own_frames else "DENY",
        "permissions-policy": PERMISSIONS_POLICY,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    if https:
        headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"
    return tuple((name.encode(), value.encode()) for name, value in headers.items())

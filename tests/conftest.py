"""What every test may use."""

pytest_plugins = [
    "tests.databases",
    "tests.html_checker",
    "tests.browser",
    "tests.running_portal",
    "tests.chromium",
    "tests.portal.walking",
    "tests.portal.owning",
    "tests.staffing",
    "tests.desk.asking",
    "tests.kiosk.desk",
    "tests.kiosk.cups_server",
    "tests.kiosk.encrypted",
]

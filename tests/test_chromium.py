"""The fixtures of the browser see what they are there to see."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.chromium import DESKTOP, NO_SCRIPT, PHONE, NewPage, assert_accessible, assert_fits, open_watched

HERE = "http://127.0.0.1:9"
POLICY = "<meta http-equiv='content-security-policy' content=\"script-src 'self'\">"
HEAD = '<!doctype html><html lang="es"><head><title>Prueba</title></head><body><main><h1>Prueba</h1>'


async def test_axe_sees_what_is_not_accessible(new_page: NewPage) -> None:
    page = await new_page(DESKTOP, HERE)
    await page.set_content(f"{HEAD}<label>Nombres <input></label>")
    await assert_accessible(page)
    await page.set_content(f"{HEAD}<input><p style='color:#aaa;background:#fff'>Pálido</p>")
    with pytest.raises(AssertionError, match=r"(?s)color-contrast.*label"):
        await assert_accessible(page)


async def test_what_sticks_out_is_seen(new_page: NewPage) -> None:
    page = await new_page(PHONE, HERE)
    head = HEAD.replace("<title>", '<meta name="viewport" content="width=device-width"><title>')
    await page.set_content(f"{head}<p>Cabe</p>")
    await assert_fits(page)
    await page.set_content(f"{head}<p style='width:400px'>No cabe</p>")
    with pytest.raises(AssertionError, match="No cabe"):
        await assert_fits(page)


async def test_a_window_without_scripts_runs_none(new_page: NewPage) -> None:
    page = await new_page(NO_SCRIPT, HERE)
    await page.set_content(f"{HEAD}<script>document.title = 'Otra'</script>")
    assert await page.title() == "Prueba"


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        (f"{HEAD}<script>unheard_of()</script>", "a script failed: unheard_of is not defined"),
        (f"{HEAD}<img src='https://other.example/x.png'>", "asked another host for https://other.example/x.png"),
        (HEAD.replace("<title>", f"{POLICY}<title>") + "<script>1</script>", "violates"),
    ],
)
async def test_what_goes_wrong_in_a_window_is_written_down(browser: Browser, html: str, fault: str) -> None:
    faults: list[str] = []
    context = await browser.new_context()
    page = await open_watched(context, HERE, faults)
    await page.set_content(html)
    await context.close()
    assert fault in "\n".join(faults)

"""Static files: named after their content, kept for a year, compressed once."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
from litestar import Litestar

from portal.places import STATIC
from portal.web.assets import AssetError, Assets
from portal.web.compression import Encoding


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "css").mkdir()
    (tmp_path / "fonts").mkdir()
    (tmp_path / "css" / "citas.css").write_text(
        '@font-face { src: url("../fonts/letra.woff2") }\nbody { background: url(data:,x) }\n'
        + "p { margin: 0 }\n" * 50
    )
    (tmp_path / "fonts" / "letra.woff2").write_bytes(b"wOF2" + bytes(range(256)))
    (tmp_path / "fonts" / "OFL.txt").write_text("a licence")
    return tmp_path


def test_a_name_carries_a_hash_of_the_content(folder: Path) -> None:
    before = Assets(folder).url("css/citas.css")
    assert re.fullmatch(r"/static/css/citas\.[0-9a-f]{12}\.css", before)
    (folder / "css" / "citas.css").write_text("body { color: red }")
    assert Assets(folder).url("css/citas.css") != before


def test_style_sheets_refer_to_the_hashed_names(folder: Path) -> None:
    assets = Assets(folder)
    style = assets.find(assets.url("css/citas.css"))
    assert style is not None
    assert f'url("{assets.url("fonts/letra.woff2")}")' in style.plain.decode()
    assert "url(data:,x)" in style.plain.decode()


def test_a_changed_font_changes_the_name_of_the_style_sheet(folder: Path) -> None:
    before = Assets(folder).url("css/citas.css")
    (folder / "fonts" / "letra.woff2").write_bytes(b"wOF2 another")
    assert Assets(folder).url("css/citas.css") != before


def test_a_name_that_does_not_exist_is_a_fault(folder: Path) -> None:
    with pytest.raises(AssetError):
        Assets(folder).url("css/cita.css")
    (folder / "css" / "citas.css").write_text("body { background: url(../img/no.png) }")
    with pytest.raises(AssetError):
        Assets(folder)


def test_a_style_sheet_that_refers_to_itself_is_a_fault(folder: Path) -> None:
    (folder / "css" / "citas.css").write_text("@import url(citas.css);")
    with pytest.raises(AssetError):
        Assets(folder)


def test_notes_and_licences_are_not_served(folder: Path) -> None:
    with pytest.raises(AssetError):
        Assets(folder).url("fonts/OFL.txt")


def test_text_is_compressed_as_small_as_it_gets_and_fonts_are_not(folder: Path) -> None:
    assets = Assets(folder)
    style, font = (assets.find(assets.url(name)) for name in ("css/citas.css", "fonts/letra.woff2"))
    assert style is not None
    assert font is not None
    assert brotli.decompress(style.encoded[Encoding.BROTLI]) == style.plain
    assert gzip.decompress(style.encoded[Encoding.GZIP]) == style.plain
    assert not font.encoded


@pytest.fixture
def address(app: Litestar) -> str:
    return str(app.state.services.assets.url("css/citas.css"))


async def test_a_file_is_kept_for_a_year(client: httpx.AsyncClient, address: str) -> None:
    answer = await client.get(address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, br", "br"), ("gzip", "gzip"), ("identity", None)])
async def test_a_file_is_sent_as_the_browser_likes(
    client: httpx.AsyncClient, address: str, accepted: str, encoding: str | None
) -> None:
    answer = await client.get(address, headers={"accept-encoding": accepted})
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["vary"] == "accept-encoding"
    assert b"{" in answer.content


@pytest.mark.parametrize("known", ["{etag}", "W/{etag}", '"other", {etag}'])
async def test_a_file_that_the_browser_has_is_not_sent_again(
    client: httpx.AsyncClient, address: str, known: str
) -> None:
    etag = (await client.get(address)).headers["etag"]
    again = await client.get(address, headers={"if-none-match": known.format(etag=etag)})
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(address, headers={"if-none-match": '"other"'})).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/static/css/citas.css",
        "/static/css/citas.000000000000.css",
        "/static/",
        "/static",
        "/static/../pyproject.toml",
        "/static/%2e%2e/pyproject.toml",
        "/static/fonts/OFL.txt",
    ],
)
async def test_anything_else_is_not_found(client: httpx.AsyncClient, address: str) -> None:
    assert (await client.get(address)).status_code == 404


async def test_a_file_takes_no_forms(client: httpx.AsyncClient, address: str) -> None:
    assert (await client.post(address)).status_code == 404


async def test_the_icon_that_browsers_ask_for_unbidden_leads_to_the_drawing(client: httpx.AsyncClient) -> None:
    answer = await client.get("/favicon.ico", follow_redirects=True)
    assert answer.headers["content-type"] == "image/svg+xml"


def test_every_file_of_ours_that_should_be_served_is() -> None:
    served = {".css", ".js", ".svg", ".woff2", ".png", ".webp"}
    assets = Assets(STATIC)
    for path in STATIC.rglob("*"):
        if path.suffix in served:
            assert assets.url(path.relative_to(STATIC).as_posix()).startswith("/static/")

"""A report opened in a real browser: drawn, nothing to complain of, at any width, in any light."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hybrid.report import write_report
from tests.report.browser import Browser, Page, browser, find_browser
from tests.report.made import EVIL, run_of

pytestmark = pytest.mark.skipif(find_browser() is None, reason="no Chromium on the PATH")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    runs = [run_of(folder / f"{name}.db", EVIL) for name in ("one", "two")]
    write_report(runs[:1], folder / "one.html", reference=0.15)
    write_report(runs, folder / "both.html")
    return {"one": folder / "one.html", "both": folder / "both.html"}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize(("name", "charts"), [("one", 5), ("both", 2)])
def test_a_page(
    chromium: Browser, pages: dict[str, Path], name: str, charts: int, width: int, dark: bool
) -> None:
    page = Page(chromium, pages[name], width=width, dark=dark)
    assert page.complaints() == []
    assert page.evaluate("document.documentElement.dataset.drawn") == str(charts)
    assert page.evaluate("document.querySelectorAll('.chart canvas').length") == charts
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("typeof window.broken") == "undefined"
    background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (background == "rgb(20, 24, 31)") == dark


def test_every_chart_shows_something(chromium: Browser, pages: dict[str, Path]) -> None:
    page = Page(chromium, pages["one"], width=1000, dark=False)
    inked = """[...document.querySelectorAll('.chart canvas')].map((each) => {
        const pixels = each.getContext('2d').getImageData(0, 0, each.width, each.height).data;
        return new Set(new Uint32Array(pixels.buffer)).size;
    })"""
    assert all(colours > 10 for colours in page.evaluate(inked))


def test_the_timeline_can_be_zoomed(chromium: Browser, pages: dict[str, Path]) -> None:
    page = Page(chromium, pages["one"], width=1000, dark=False)
    page.evaluate("document.getElementById('timeline').scrollIntoView({block: 'center'})")
    chart = "echarts.getInstanceByDom(document.getElementById('timeline'))"
    span = f"(({chart}).getOption().dataZoom[0].end - ({chart}).getOption().dataZoom[0].start)"
    assert page.evaluate(span) == 100
    box = page.evaluate(
        "(({x, y, width, height}) => [x + width / 2, y + height / 3])"
        "(document.getElementById('timeline').getBoundingClientRect())"
    )
    for _ in range(3):
        page.call("Input.dispatchMouseEvent", type="mouseWheel", x=box[0], y=box[1],
                  deltaX=0, deltaY=-240)  # fmt: skip
    page.evaluate("new Promise((done) => setTimeout(done, 300))")
    assert page.evaluate(span) < 95
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
    assert page.complaints() == []

"""The heat map: one page by itself, every cell a link, nothing that a candidate wrote can act in it."""

from html.parser import HTMLParser

import pytest

from assay.attacks.heat import Cell, Row, heat_map

ROWS = [Row("clock.a", "clock/a.py", "clock"), Row("theft.b", "theft/b.py", "theft")]
COLUMNS = ["policy", "jail"]
CELLS = {(row.name, column): Cell(0.0, "stopped") for row in ROWS for column in COLUMNS}
NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>\u202e\x00"


class Page(HTMLParser):
    """Elements, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def links(self, parent: str) -> list[str | None]:
        """Addresses of the links right inside such an element."""
        pairs = zip(self.tags, self.tags[1:], strict=False)
        return [attributes["href"] for (before, _), (tag, attributes) in pairs if before == parent and tag == "a"]


def page(rows=ROWS, cells=CELLS, base_url="corpus", **more) -> Page:
    return Page(heat_map("Map", COLUMNS, rows, cells, base_url, **more))


def test_every_cell_and_every_row_is_a_link_to_its_file():
    found = page()
    assert found.links("td") == ["corpus/clock/a.py"] * 2 + ["corpus/theft/b.py"] * 2
    assert found.links("th") == ["corpus/clock/a.py", "corpus/theft/b.py"]


def test_a_cell_may_lead_elsewhere_than_its_row():
    assert page(cells={("clock.a", "jail"): Cell(1.0, "x", path="logs/7.txt")}).links("td")[1] == "corpus/logs/7.txt"


@pytest.mark.parametrize("base_url", ["", "../corpus", "../corpus/", "https://example.org/tree/main"])
def test_a_base_url_stands_before_every_path(base_url):
    wanted = "/".join(part for part in (base_url.rstrip("/"), "clock/a.py") if part)
    assert page(base_url=base_url).links("td")[0] == wanted


@pytest.mark.parametrize("base_url", ["javascript:alert(1)", "data:text/html,x", "file:///etc"])
def test_a_base_url_that_could_act_is_refused(base_url):
    with pytest.raises(ValueError, match="relative path"):
        page(base_url=base_url)


def test_what_a_candidate_wrote_stays_text():
    rows = [Row(NASTY, NASTY, NASTY)]
    cells = {(NASTY, column): Cell(1.0, NASTY, NASTY, NASTY) for column in COLUMNS}
    raw = heat_map(NASTY, COLUMNS, rows, cells, "corpus", note=NASTY)
    found = Page(raw)
    assert {tag for tag, _ in found.tags} & {"script", "img"} == set()
    assert all(not name.startswith("on") for _, attributes in found.tags for name in attributes)
    assert "\u202e" not in raw
    assert "\x00" not in raw
    assert "<script>alert(1)</script>" in found.text


def test_the_page_asks_for_nothing():
    raw = heat_map("Map", COLUMNS, ROWS, CELLS, "corpus")
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in Page(raw).tags}
    assert "default-src 'none'" in raw
    assert "url(" not in raw


def test_a_cell_that_was_not_measured_says_so():
    assert page(cells={}).text.count("not measured") == 4


def test_got_through_and_stopped_differ_in_colour_and_in_words():
    cells = {("clock.a", "policy"): Cell(0.0, "stopped"), ("clock.a", "jail"): Cell(1.0, "gained")}
    styles = [attributes["style"] for tag, attributes in page(cells=cells).tags if tag == "a" and "style" in attributes]
    assert styles[0] != styles[1]


@pytest.mark.parametrize("heat", [0.0, 0.25, 0.5, 0.75, 1.0])
def test_every_heat_is_readable(heat):
    raw = heat_map("Map", ["x"], ROWS[:1], {("clock.a", "x"): Cell(heat, "7")}, "")
    style = next(a["style"] for tag, a in Page(raw).tags if tag == "a" and "style" in a)
    back, ink = (part.split(":")[1] for part in style.split(";"))
    assert contrast(back, ink) >= 4.5  # WCAG 2, level AA


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours in hexadecimal."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("heat", [-0.1, 1.1, float("nan")])
def test_a_heat_that_is_none_is_named(heat):
    with pytest.raises(ValueError, match="between 0 and 1"):
        page(cells={("clock.a", "jail"): Cell(heat, "x")})


def test_two_rows_of_one_name_are_named():
    with pytest.raises(ValueError, match=r"clock\.a"):
        page(rows=[ROWS[0], ROWS[0]])


def test_a_group_is_named_once_above_its_rows():
    rows = [Row("a", "a.py", "clock"), Row("b", "b.py", "clock"), Row("c", "c.py", "theft")]
    assert [page(rows=rows).text.count(name) for name in ("clock", "theft")] == [1, 1]

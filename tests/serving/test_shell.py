"""The shell is plain text made of what the server knows: links that keep class and dates, and nothing unescaped."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from jinja2 import Template
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from edukit.errors import new_reference
from edukit.serving.identity import Visitor
from edukit.serving.shell import SCRIPT, STYLE, Shell, error_card, kept_of
from edukit.ui.links import PAGES

if TYPE_CHECKING:
    from jupyter_server.base.handlers import JupyterHandler

ANN = Visitor(
    username="1:2", name="Ms Ann", session="s", account_id=1, institution_id=1, user_id=2, role="teacher",
    institution="North", signed_in_at=datetime(2026, 6, 30, tzinfo=UTC), has_choice=False, theme="dark",
)  # fmt: skip
HOME = "/voila/render/home.ipynb"
EVIL = '"><script>alert(1)</script>'


class Read(HTMLParser):
    """What a browser sees: the tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """The attributes of the tags that have these."""
        return [found for name, found in self.tags if name == tag and wanted.items() <= found.items()]


def asked(uri: str = HOME, visitor: Visitor | None = ANN, base_url: str = "/") -> JupyterHandler:
    """What the shell looks at of a request."""
    told = {"base_url": base_url, "_jupyter_current_user": visitor, "xsrf_token": b"2|token"}
    line, headers = RequestStartLine("GET", uri, "HTTP/1.1"), HTTPHeaders({"Host": "school.example"})
    request = HTTPServerRequest(start_line=line, headers=headers)
    return cast("JupyterHandler", SimpleNamespace(request=request, **told))


def read(uri: str = HOME, visitor: Visitor | None = ANN, name: str = "home", **more: Any) -> Read:
    """The head of a page."""
    return Read(Shell(asked(uri, visitor), name=name, title="Home · edukit", **more).head())


def pages(found: Read) -> list[dict[str, str]]:
    """The links of the navigation."""
    return [
        link for link in found.all("a") if link.get("href", "").startswith("/voila/render/") and "class" not in link
    ]


def test_a_head_is_a_page_up_to_its_content() -> None:
    """Language, theme, title and icon stand in it, what the caller adds, and the open place of the content."""
    shell = Shell(asked(), name="home", title="Home · edukit")
    head = shell.head('<script src="/assets/x.js"></script>', {"plotly": "/a&b"})
    found = Read(head)
    assert head.startswith("<!DOCTYPE html>")
    assert found.all("html") == [{"lang": "en", "data-theme": "dark"}]
    assert found.all("link", rel="icon")[0]["href"] == "/favicon.ico"
    assert "<title>Home · edukit</title>" in head
    assert head.index("/assets/x.js") < head.index("</head>")
    (body,) = found.all("body")
    assert body == {"data-voila": "voila", "class": "edukit-page", "data-plotly": "/a&b"}
    assert head.rstrip().endswith('<main id="rendered_cells" tabindex="-1">')
    assert found.all("a", **{"class": "edukit-skip"})[0]["href"] == "#rendered_cells"
    assert shell.foot().startswith("</main>")


def test_navigation_keeps_class_and_dates() -> None:
    """Each dashboard is linked with what the address says of them, and with nothing else; the open one is marked."""
    links = pages(read(f"{HOME}?class=4&from=2026-06-01&to=2026-06-30&student=9&find=x", name="class_mastery"))
    assert [urlsplit(link["href"]).path for link in links] == [f"/voila/render/{page}.ipynb" for page in PAGES]
    kept = {"class": ["4"], "from": ["2026-06-01"], "to": ["2026-06-30"]}
    assert all(parse_qs(urlsplit(link["href"]).query) == kept for link in links)
    assert [link["href"].split("?")[0] for link in links if "aria-current" in link] == [
        "/voila/render/class_mastery.ipynb"
    ]
    assert [link["href"] for link in pages(read())] == [f"/voila/render/{page}.ipynb" for page in PAGES]


@pytest.mark.parametrize("query", [f"class={EVIL}", "class=4%00", "from=%ff&to=%e2%82", "class=", "class=4&class=x y"])
def test_what_is_no_class_or_date_is_not_kept(query: str) -> None:
    """Whatever else stands in the address goes nowhere."""
    assert kept_of(asked(f"{HOME}?{query}")) == {}


@pytest.mark.parametrize(
    ("role", "offered", "looks_for"),
    [
        ("teacher", 6, "Find a student or class"),
        ("admin", 6, "Find a student or class"),
        ("analyst", 6, "Find a student or class"),
        ("mentor", 3, "Find a student"),
        ("parent", 2, None),
        ("student", 2, None),
    ],
)
def test_each_role_has_what_is_of_use_to_it(role: str, offered: int, looks_for: str | None) -> None:
    """Who stands by a few students is offered no page on classes; who finds them all on the first page, no search."""
    found = read(visitor=replace(ANN, role=role))
    assert len(pages(found)) == offered
    assert [field["aria-label"] for field in found.all("input", type="search")] == ([looks_for] if looks_for else [])


def test_the_menu_says_who_is_in_and_leads_out() -> None:
    """Name, role and school; themes, of which the chosen one is pressed; the account and the way out."""
    found = read(f"{HOME}?class=4")
    assert "Ms Ann, teacher, North" in found.text
    assert {one["value"]: one["aria-pressed"] for one in found.all("button", name="theme")} == {
        "light": "false", "dark": "true", "system": "false",
    }  # fmt: skip
    assert [form["action"] for form in found.all("form", method="post")] == ["/theme", "/logout"]
    assert len(found.all("input", name="_xsrf", value="2|token")) == 2
    assert found.all("input", name="next")[0]["value"] == f"{HOME}?class=4"
    assert (
        found.all("a", **{"class": "edukit-account"})[0]["href"]
        == "/account?next=%2Fvoila%2Frender%2Fhome.ipynb%3Fclass%3D4"
    )
    assert ">Account<" in Shell(asked(), name="", title="x").head()
    assert ">Change<" in Shell(asked(visitor=replace(ANN, has_choice=True)), name="", title="x").head()


def test_nobody_is_shown_the_way_home_alone() -> None:
    """A page for who is not signed in names nobody and asks for nothing."""
    found = read(visitor=None)
    assert found.all("html")[0]["data-theme"] == "system"
    assert not [*found.all("nav"), *found.all("form"), *found.all("details")]
    assert len(found.all("a")) == 2


def test_names_stay_names() -> None:
    """Whatever stands in a name, an address or a title is text."""
    visitor = replace(ANN, name=EVIL, institution=EVIL)
    found = Read(
        Shell(asked(f"{HOME}?class=4&x={EVIL}", visitor), name=EVIL, title=EVIL, found=EVIL).head(body_data={"x": EVIL})
    )
    assert len(found.all("script")) == 1
    assert found.all("body")[0]["data-x"] == EVIL
    assert found.all("input", name="find")[0]["value"] == EVIL
    assert EVIL in Read(error_card("0a1b2c3d", EVIL)).text


def test_nothing_is_of_another_host() -> None:
    """Every address begins at the server's own root, wherever that is."""
    head = Shell(asked(base_url="/here/"), name="home", title="x").head()
    addresses = re.findall(r'(?:href|src|action)="([^"]+)"', head)
    assert addresses
    assert all(address.startswith(("/here/", "#")) for address in addresses)
    assert "//" not in re.sub(r"http://www\.w3\.org/2000/svg|^\s*//.*$", "", head, flags=re.MULTILINE)


def test_what_waits_says_so() -> None:
    """A skeleton is told to those who do not see it, and its shapes are not."""
    found = Read(Shell(asked(), name="home", title="x").skeleton())
    assert found.all("div")[0] == {"class": "edukit-skeleton", "role": "status"}
    assert "Loading…" in found.text
    assert all(shape["aria-hidden"] == "true" for shape in found.all("i"))


def test_an_error_card_has_its_number() -> None:
    """What went wrong, the next step, and a number that is another each time."""
    numbers = {new_reference() for _ in range(100)}
    assert len(numbers) == 100
    assert all(re.fullmatch("[0-9a-f]{8}", number) for number in numbers)
    found = Read(error_card("0a1b2c3d", "Reload the page."))
    assert found.tags[0] == ("div", {"class": "edukit-fault", "role": "alert"})
    assert "Reload the page." in found.text
    assert "0a1b2c3d" in found.text


def test_a_page_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates are compiled when the server starts: a head takes less than a millisecond, of the best of many."""
    monkeypatch.setattr("jinja2.Environment.compile", lambda *_: pytest.fail("compiled"))
    with pytest.raises(pytest.fail.Exception):
        Template("x")
    times = []
    for _ in range(50):
        start = time.perf_counter()
        Shell(asked(f"{HOME}?class=4"), name="home", title="x").head()
        times.append(time.perf_counter() - start)
    assert min(times) < 0.001


def test_the_shell_is_small() -> None:
    """What is inline in each page stays a few packets."""
    assert len(STYLE) + len(SCRIPT) < 20_000

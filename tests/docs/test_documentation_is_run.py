"""Whoever does what the README, the tutorial and the how-to pages say gets what they promise."""

import re

import pytest
from documentation import ALL_PAGES, FOLLOWED, ROOT, Reader, blocks_of


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda p: p.stem)
def test_the_page_can_be_followed(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path)
    reader.follow(page)
    assert reader.done > 0, "the page has no step that is run"


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda p: p.stem)
def test_files_are_named_in_the_text_before_their_block(page):
    text = page.read_text(encoding="utf-8")
    for block in blocks_of(page):
        asks, _, name = block.asks.partition("=")
        if asks in ("file", "append", "edit"):
            assert f"`{name}`" in text, f"a reader cannot see that the block is {name}"


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith(("https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name) if name else page
        assert path.exists(), f"{page.name} points to {target}"
        if anchor:
            assert anchor in anchors_of(path), f"{page.name} points to {target}"


def anchors_of(page):
    """The anchors that a Markdown viewer gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in ALL_PAGES:
        if page.parent != ROOT and page.name != "README.md":
            assert str(page.relative_to(ROOT / "docs")) in index, f"{page} is not in docs/README.md"

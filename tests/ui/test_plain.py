import doctest

from ui import plain as module
from ui.plain import plain


def test_the_example_is_true() -> None:
    assert doctest.testmod(module).failed == 0


def test_nothing_of_markdown_is_left_to_act() -> None:
    bait = "![x](https://example.org) <b> `code` :red[y] $z$ [l](u) www.example.org a@b.org\n# title | cell"
    shown = plain(bait)
    for sign in "`*_[]()#!|<>$:":
        assert sign not in shown.replace(f"\\{sign}", "")
    assert ":material/" not in plain(":material/home:") and ":smile" not in plain(":smile:").replace("\\", "")
    assert "://" not in shown and "www." not in shown and "a@" not in shown and "\n" not in shown
    assert shown.replace("\\", "").replace("\u200b", "") == bait.replace("\n", " ")

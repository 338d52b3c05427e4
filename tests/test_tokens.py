"""Contrast, computed from the colours that site.css names."""

import re
from pathlib import Path

import pytest

from kytkos import pages

CSS = (Path(pages.__file__).parent / "static" / "site.css").read_text(encoding="utf-8")
# Every `:root` block, the plain one first; another one changes some of the colours.
SCHEMES = [
    dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", block))
    for block in re.findall(r":root\s*\{(.*?)\}", CSS, re.DOTALL)
]
KINDS = [name.removesuffix("-tint") for name in SCHEMES[0] if name.endswith("-tint")]
TEXTS = ("text", "muted", "link", "focus", "alarm", *KINDS)
GROUNDS = ("ground", "band")


def luminance(colour: str) -> float:
    """Source: WCAG 2.1, definition of relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.1, definition of contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_twenty_one() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#fff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("number", range(len(SCHEMES)))
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_can_be_read_on_each_ground(number: int, text: str) -> None:
    colours = SCHEMES[0] | SCHEMES[number]

    found = {ground: contrast(colours[text], colours[ground]) for ground in GROUNDS}
    assert min(found.values()) >= 4.5, found


@pytest.mark.parametrize("number", range(len(SCHEMES)))
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_can_be_read_on_its_tint(number: int, kind: str) -> None:
    colours = SCHEMES[0] | SCHEMES[number]

    assert contrast(colours[kind], colours[f"{kind}-tint"]) >= 6.7


@pytest.mark.parametrize("number", range(len(SCHEMES)))
@pytest.mark.parametrize("ground", GROUNDS)
def test_the_focus_can_be_seen(number: int, ground: str) -> None:
    colours = SCHEMES[0] | SCHEMES[number]

    assert contrast(colours["focus"], colours[ground]) >= 3

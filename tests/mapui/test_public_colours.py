"""The words a report is told by can be told apart without telling colours apart."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from django.conf import settings

from mapui.templatetags.icons import SHAPES
from mapui.views.public import TOLD

TOKENS = (settings.BASE_DIR / "mapui/styles/tokens.css").read_text()
#: What red, green and blue become for three kinds of eyes (Machado and others, 2009).
EYES = {
    "most": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
}
#: Differences that are seen at a glance, in CIELAB: ten times what is just noticed.
AT_A_GLANCE = 23


def colours(light):
    """The colour of each word, by day or by night."""
    day, night = TOKENS.split("(prefers-color-scheme: dark)", 1)
    text = day if light == "day" else night
    names = {group: group.value.replace("_", "-") for group in TOLD}
    found = {
        group: re.search(rf"--{name}: #([0-9a-f]{{6}})", text).group(1)
        for group, name in names.items()
    }
    return {
        group: [int(hexed[i : i + 2], 16) for i in (0, 2, 4)]
        for group, hexed in found.items()
    }


def seen(colour, eyes):
    """A colour as these eyes see it, in CIELAB."""
    straight = [
        c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4
        for c in colour
    ]
    red, green, blue = (
        min(1, max(0, sum(part * c for part, c in zip(row, straight, strict=True))))
        for row in EYES[eyes]
    )
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    f, g, h = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in (x, y, z)
    )
    return 116 * g - 16, 500 * (f - g), 200 * (g - h)


@pytest.mark.parametrize("light", ["day", "night"])
@pytest.mark.parametrize("eyes", EYES)
def test_the_colours_of_the_pins_differ_at_a_glance_for_any_eyes(light, eyes):
    drawn = {group: seen(colour, eyes) for group, colour in colours(light).items()}

    for one, other in combinations(drawn.values(), 2):
        apart = sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
        assert apart > AT_A_GLANCE


def test_every_word_has_a_shape_of_its_own():
    shapes = [SHAPES[group] for group in TOLD]

    assert len(set(shapes)) == len(TOLD)

from __future__ import annotations

import pytest

from gis_data.models import Place, search_key, tidy
from tests.factories import PlaceFactory


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Phường Hoà Hưng", "Phường Hòa Hưng"),
        ("Thuỷ", "Thủy"),
        ("Hoà", "Hoa\u0300"),
        ("PHƯỜNG  AN ĐÔNG", "phường an đông"),
    ],
)
def test_two_spellings_of_one_name_have_one_key(one, other):
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hoa", "Hoà"), ("Hoá", "Hoà"), ("Tân Đinh", "Tân Định"), ("Da", "Đa")],
)
def test_two_names_have_two_keys(one, other):
    assert search_key(one) != search_key(other)


def test_a_text_is_kept_composed_with_single_spaces():
    assert tidy(" Phươ\u0300ng \n Rạch  Dừa ") == "Phường Rạch Dừa"


@pytest.mark.django_db
def test_a_place_is_found_wherever_its_tone_stands():
    place = PlaceFactory.create(name="Phường Đông Hoà")

    assert Place.objects.named("phường đông hòa").get() == place
    assert not Place.objects.named("phường đông hoa").exists()

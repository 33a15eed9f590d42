"""Factors of variation and layouts are named, and a typing mistake is not."""

import pytest

from foresee.envs.factors import FACTORS, RANGES, check_factors, check_layout


def test_defaults_lie_inside_of_their_ranges():
    assert all(low <= default <= high for entries in RANGES.values() for default, low, high in entries.values())


def test_all_names_every_factor_and_a_typing_mistake_none():
    assert check_factors(["all"]) == set(FACTORS) == {"pose", "layout", *RANGES}
    with pytest.raises(ValueError, match="no factor of variation 'mas'; there are"):
        check_factors(["mas"])


def test_an_unknown_layout_is_refused_with_those_there_are():
    assert check_layout("tight") == "tight"
    with pytest.raises(ValueError, match=r"there is no layout 'messy'; there are \['roomy', 'tight', 'between'\]"):
        check_layout("messy")

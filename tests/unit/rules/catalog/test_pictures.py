"""Pure rules for pictures: paths that are safe, where they go, which are large enough."""

from __future__ import annotations

import pytest

from freesport_sync.i18n.texts import Language, Texts
from freesport_sync.rules.catalog.pictures import (
    PRODUCT,
    VARIANT,
    PictureProblem,
    PictureRules,
    file_name,
    is_safe,
    media_path,
)

RULES = PictureRules(minimum=8, large=100, maximum=1000)


@pytest.mark.parametrize(
    "path", ["01/x.jpg", "x.jpg", "01/02/x.jpg", "01/мяч №5 (синий).JPG", "01//x.jpg", "01/a..b.jpg", "01/.x.jpg"]
)
def test_a_path_below_the_folder_is_safe(path: str) -> None:
    assert is_safe(path)


@pytest.mark.parametrize(
    "path",
    [
        "../x.jpg",
        "01/../../x.jpg",
        "..",
        "/etc/x.jpg",
        "//server/share/x.jpg",
        "C:/x.jpg",
        "C:x.jpg",
        "01/x.jpg:stream",
        "01/x\0.jpg",
        "01/x\n.jpg",
        "01\\x.jpg",
        "01/a?.jpg",
        "01/CON.jpg",
        "nul/x.jpg",
        "01./x.jpg",
        "01 /x.jpg",
        "./x.jpg",
    ],
)
def test_a_path_that_leads_out_or_that_windows_cannot_have_is_not_safe(path: str) -> None:
    assert not is_safe(path)


@pytest.mark.parametrize(
    ("owner", "path", "relative"),
    [
        (PRODUCT, "01/x.jpg", "products/base/01/x.jpg"),
        (VARIANT, "01/x.jpg", "products/variants/01/x.jpg"),
        (PRODUCT, "01/02/x.jpg", "products/base/01/x.jpg"),
        (PRODUCT, "x.jpg", "products/base/x.jpg"),
    ],
)
def test_the_first_folder_and_the_file_name_make_the_path_in_the_shop(owner: str, path: str, relative: str) -> None:
    assert media_path(owner, path) == relative
    assert file_name(relative) == file_name(path) == "x.jpg"


@pytest.mark.parametrize(
    ("sizes", "smallest"), [([], 8), ([7, 99], 8), ([7, 100], 100), ([5000], 100)], ids=["none", "small", "edge", "one"]
)
def test_a_large_picture_makes_the_smaller_ones_thumbnails(sizes: list[int], smallest: int) -> None:
    assert RULES.smallest_wanted(sizes) == smallest


@pytest.mark.parametrize("language", Language)
def test_every_problem_of_a_picture_has_its_texts(language: Language) -> None:
    texts = Texts(language)
    assert [problem for problem in PictureProblem if texts.issue_title(problem) == problem] == []

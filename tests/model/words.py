"""Words of the model's exports: few ids and names, so that they meet again and again, and odd ones of every kind."""

from __future__ import annotations

from tests.model.pictures import LONG
from tests.model.values import ZERO_GUID

ROOT = "СПОРТ"
NBSP = "\u00a0"

GROUP_IDS = ["g1", "g2", "g3", "g4"]
PRODUCT_IDS = ["p1", "p2", "p3", "12345678-a", "12345678-b"]
OFFER_IDS = ["p1", "p1#a", "p1#b", "p2", "p2#a", "p3#a", "12345678-a#1", "12345678-b#1", "p9#a"]
CHARACTERISTICS = ["p1#a", "p1#b", "p3#a", "p4#a"]
EMPTY_CHARACTERISTICS = ["p1#", f"p1#{ZERO_GUID}", f"p2#{ZERO_GUID}"]
TYPE_IDS = ["t1", "t2", "t3", "t4", "t5"]
WAREHOUSE_IDS = ["w3", "w2", "w1"]
BRAND_IDS = ["b1", "b2", "b3", "b4"]

PROPERTY_IDS = ["color", "color2", "weight", "size", "frame", "Бренд"]
VALUE_IDS = ["v1", "v2", "true", "0b6ea3a4-1920-11eb-81ce-00155d3cae02"]
ATTRIBUTE_SLUGS = ["tsvet", "razmer", "ves-kg", "own", "brend"]

PROPERTY_NAMES = [
    "Цвет",
    "цвет ",
    "Вес, кг",
    "вес (кг)",
    "Размер",
    "Цвет рамы",
    "Tsvet",
    "--",
    "№",
    "½" * 150,
    "Цвет (Ботинки)",
    "Бренд (Обувь)",
    "Торговая марка",
]
VALUES = ["Да", "Красный", "красныи ", "Синий", "XL", "x l", "0,5", "0.5", "--", "½" * 150, "щ" * 256]
TEXTS = ["", " ", "-999 999 999,9", "-999999999.9", ZERO_GUID, "5f06cea4-1920-11eb-81ce-00155d3cae02", "X.L", "12,5"]
NORMALIZED_VALUES = ["красныи", "синии", "xl", "да", "05"]
GROUP_NAMES = ["Мячи", "Прочее", "Прочее 2", "прочее", "Прочее 3", "Ёлка", "Елка", "中文", ROOT, "щ" * 201, " Мячи "]
BRAND_NAMES = ["Nike", "NIKE", "Ni-ke ", "Без Бренда", "No Brand", "Бой", "Бои", "Joma", "Йома", "--", "№", "½" * 60]
TYPE_NAMES = ["Опт 1", "Опт1 старый", "РРЦ", "РРЦ рекомендованная", "Розничная", "Закупочная", "МРЦ", "Тренерская"]
PRODUCT_NAMES = ["Мяч", "мяч", "Мяч 2", "Мяч-2", "Ёж", "Еж", "中文", "№", "щ" * 90, "ю" * 301]
OFFER_NAMES = [
    "Мяч",
    "Мяч тёмно-синий",
    "Мяч Синий (42)",
    "Мяч (5 (2XL))",
    "Мяч (Да)",
    "Мяч (((5)))",
    "(5) красный",
    "Мяч (красный, 42)",
    "Мяч (бордо, 42)",
]
ARTICLES = ["ART", "ART-1", "ART-2", "ART-1-1", "p1", "SKU-p1#a", "A" * 100, "A" * 98 + "-1", "B" * 101]
DESCRIPTIONS = ["", "Круглый", "Новое\nописание", "Квадратный"]
RATES = ["20", "22%", "10,5", "0", "Без НДС", "", "двадцать", "120"]
ODD_AMOUNTS = [
    "1 234,50",
    f"1{NBSP}200",
    "12.345",
    "-5",
    "",
    "по запросу",
    "-999 999 999,9",
    "99999999.99",
    "1e9",
    "1,2E+3",
]
CURRENCIES = [None, "", "USD", "руб.", "643", "бел. руб."]
FACTORS = ["12", "0,5", "0", "пара", "-1"]
ODD_QUANTITIES = ["-4", "2,7", "3.000", "мало", "", "-999 999 999,9", "999999999", "1e9"]
SIZES = ["42", "Да", "-", "-999 999 999,9", "", "щ" * 51]
COLOURS = ["Белый", "белый ", "", "-999 999 999,9", "c" * 101]
DATES = ["2025-09-12T21:25:39", "2025-09-13T08:00:00"]
SPELLINGS = ["%Y-%m-%dT%H:%M:%S", "%d.%m.%Y %H:%M:%S", "%Y%m%dT%H%M%S", "%Y-%m-%d %H:%M:%S.000", "вчера", " "]
"""Of a date; one that cannot be read leaves the time at which the file was written."""
SEGMENTS = [1, 2, 10]
WAREHOUSE_NAMES = ["1 СДВ склад", "2 ТЛВ склад", "Intex ОСНОВНОЙ", "Новый"]

PICTURES = [f"import_files/01/{name}" for name in ("large.jpg", "nearly.jpg", "medium.png", "small.jpg", "both.jpg")]
ODD_PICTURES = [
    "import_files/01/offered.jpg",
    "import_files/01/missing.jpg",
    "import_files/01/manual.pdf",
    "import_files/01/flat.webp",
    "import_files\\02\\medium.png",
    "02/deep/deep.jpeg",
    " import_files/flat.webp",
    "import_files/../secret.jpg",
    "./import_files/01/LARGE.jpg",
    "/01//two%20words.jpg",
    "import_files/01/two words.jpg",
    "import_files/01/plan.tif",
    f"import_files/{LONG}",
    "",
]
LISTS_OF_PICTURES = ["[]", '["uploads/medium.png"]', '["uploads/large.jpg", "uploads/own.jpg"]']

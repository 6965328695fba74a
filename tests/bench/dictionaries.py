"""The words and reference data that the bench exports are made of; nothing here comes from a real shop."""

from __future__ import annotations

from tests.bench.export_files import ReferenceData
from tests.bench.xml_records import BRAND_PROPERTY, Group, Property, stable_guid

PRICE_TYPES = (
    ("Опт 1 (400-800 тыс.руб в квартал)", 60),
    ("Опт 2 (200-400 тыс.руб в квартал)", 64),
    ("Опт 3 (80-200 тыс.руб в квартал)", 68),
    ("Тренерская", 80),
    ("МРЦ", 92),
    ("РРЦ", 100),
    ("Розничная", 100),
)
"""Name and per cent of the recommended price."""
PRICE_TYPE_IDS = tuple(stable_guid(name) for name, _ in PRICE_TYPES)
PRICE_SHARES = tuple(share for _, share in PRICE_TYPES)
WAREHOUSES = ("1 СДВ склад", "2 ТЛВ склад")
WAREHOUSE_IDS = tuple(stable_guid(name) for name in WAREHOUSES)
UNITS = (
    ("796", "шт", "Штука", "PCE"),
    ("715", "пар", "Пара", "NPR"),
    ("839", "компл", "Комплект", "SET"),
    # 1C pads some full names to 100 characters.
    ("778", "упак", "Упаковка".ljust(100), "PK"),
    ("006", "м", "Метр", ""),
    ("166", "кг", "", "KGM"),
)


def _split(text: str, separator: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(separator))


COLORS = _split("белый чёрный синий красный зелёный жёлтый серый розовый оранжевый фиолетовый голубой бежевый")
SIZES = {
    "dogi": ("А1 (S)", "А2 (M)", "А3 (L)", "А4 (XL)", "А5 (2XL)", "М0 (127-132)", "М1 (133-140)"),
    "clothes": ("XS", "S", "M", "L", "XL", "2XL", "3XL"),
    "shoes": ("36", "37", "38", "39", "40", "41", "42", "43", "44", "45"),
    "gloves": ("4 oz", "6 oz", "8 oz", "10 oz", "12 oz", "14 oz", "16 oz"),
    "ball": ("№3", "№4", "№5", "№6", "№7", "мини"),
    "weight": ("0,5 кг", "1 кг", "1,5 кг", "2 кг", "3 кг", "5 кг", "8 кг"),
    "one": ("one size",),
}
ITEMS = (
    ("Кимоно", "dogi"),
    ("Кимоно для дзюдо", "dogi"),
    ("Мяч футбольный", "ball"),
    ("Мяч баскетбольный", "ball"),
    ("Мяч волейбольный пляжный", "ball"),
    ("Гантель неопреновая", "weight"),
    ("Утяжелители для рук и ног", "weight"),
    ("Перчатки боксёрские", "gloves"),
    ("Перчатки снарядные", "gloves"),
    ("Бутсы многошиповые", "shoes"),
    ("Коньки хоккейные", "shoes"),
    ("Кроссовки беговые", "shoes"),
    ("Футболка тренировочная", "clothes"),
    ("Шорты волейбольные", "clothes"),
    ("Купальник гимнастический", "clothes"),
    ("Рашгард с длинным рукавом", "clothes"),
    ("Коврик для йоги", "one"),
    ("Самокат 2-колёсный", "one"),
    ("Ракетка для настольного тенниса", "one"),
    ("Очки для плавания", "one"),
    ("Скакалка скоростная", "one"),
    ("Эспандер ленточный", "one"),
    ("Палатка туристическая", "one"),
    ("Шлем защитный", "clothes"),
)
"""Goods and the family of their sizes."""

COUNTRIES = ("РОССИЯ", "КИТАЙ", "ПАКИСТАН", "БЕЛАРУСЬ", "ТУРЦИЯ")
MAKERS = ("ООО Заря-М, д. 12", "Север-Пласт", "Лотос Текстиль КО, ЛТД", "Ориент Болл", "Гранд Спорт")
SENTENCES = (
    "Надёжная модель для регулярных тренировок дома, в зале и на открытой площадке.",
    "Материал устойчив к истиранию, не выгорает на солнце и сохраняет форму после стирки.",
    "Швы усилены двойной строчкой, нагруженные места проклеены.",
    "Подходит для начинающих и для спортсменов с опытом.",
    "Перед первым использованием проверьте крепления & прочтите инструкцию.",
    "Эргономичная форма снижает нагрузку на кисть и плечо во время длинных занятий.",
    "Упаковано в индивидуальный пакет с европодвесом.",
    'Соответствует требованиям технического регламента "О безопасности продукции".',
    "Размер подбирается по таблице: при промежуточных значениях берите больший.",
    "Уход: протирать влажной тканью,\nсушить вдали от нагревательных приборов.",
    "Срок службы при соблюдении правил эксплуатации не менее трёх лет.",
    "Дышащие вставки отводят влагу, сетка на подкладке ускоряет высыхание.",
)

_BRAND_NAMES = _split(
    "Вектория Nordvika Форталекс Grantiva Волнорезка Belmaris Тайгана Kortexa Рикошетта Sundoro Ледовика Maxitona "
    "Юнимо Ferrolino Стрелония Quadrona Атлетика-М Bravixo Кедрия Polarisso Спортания Vimpello Дружбина Tornexa "
    "Горняна Rapidex-S Луговия Zentaro Морянка-Спорт Orionex Балтикум Helvaro Снежара Pantero Искрина"
)


def build_brands() -> Property:
    """About 105 values for 35 brands: each in three spellings, as people typed them into 1C."""
    texts = [text for name in _BRAND_NAMES for text in (name, name.upper(), f"{name} ")]
    values = tuple((stable_guid(f"brand {text}"), text) for text in [*texts, "Без Бренда"])
    return Property(BRAND_PROPERTY, BRAND_PROPERTY, values=values)


_SPORTS = _split(
    "футбола|баскетбола|волейбола|гандбола|хоккея|бокса|борьбы|дзюдо|плавания|йоги и пилатеса|лёгкой атлетики|"
    "большого тенниса|настольного тенниса|туризма и отдыха на природе",
    "|",
)


def build_groups() -> Group:
    """One root with 119 groups below it, five levels deep, all names different."""
    return _group("СПОРТ", tuple(_sport_group(number, sport) for number, sport in enumerate(_SPORTS)))


def leaf_ids(group: Group) -> list[str]:
    """Ids of the groups that have no groups below them."""
    if not group.children:
        return [group.onec_id]
    return [onec_id for child in group.children for onec_id in leaf_ids(child)]


def _sport_group(number: int, sport: str) -> Group:
    winter = _group(f"Одежда для {sport}, детская зимняя")
    summer = (_group(f"Одежда для {sport}, детская летняя"),) if number % 2 else ()
    clothes = (_group(f"Одежда для {sport}, детская", (winter, *summer)), _group(f"Одежда для {sport}, взрослая"))
    kinds = [_group(f"{kind} для {sport}") for kind in ("Инвентарь", "Обувь", "Защита и аксессуары")]
    return _group(f"Всё для {sport}", (*kinds, _group(f"Одежда для {sport}", clothes)))


def _group(name: str, children: tuple[Group, ...] = ()) -> Group:
    return Group(stable_guid(f"group {name}"), name, children)


_VALUES = {
    "Цвет": (*COLORS, *(f"{a} / {b} " for a in COLORS[:4] for b in COLORS[4:])),
    "Размер": (*(size for sizes in SIZES.values() for size in sizes), "L ", "one size ", "р.5", "р.7"),
    "Материал": ("хлопок", "полиэстер", "полиэстер 100%", "неопрен", "ПВХ", "натуральная кожа", "иск. кожа", "резина"),
    "Вес": tuple(
        text for tenth in range(1, 31) for text in (f"{tenth / 10:.1f}", f"{tenth / 10:.1f}".replace(".", ","))
    ),
    "Возраст": ("взрослые", "дети", "подростки", "от 3 лет", "от 6 лет", "Взрослые"),
    "Пол": ("мужской", "женский", "унисекс"),
    "Сезон": ("лето", "зима", "всесезонный", "демисезонный"),
    "Уровень подготовки": ("начинающий", "любитель", "профессионал", "Любитель "),
    "Диаметр колеса": tuple(f"{size} мм" for size in range(100, 300, 10)),
    "Жёсткость": ("мягкая", "средняя", "жёсткая", "70A", "78A", "82A"),
    "Тип застёжки": ("липучка", "шнуровка", "молния", "без застёжки"),
    "Срок годности": ("не ограничен",),
}
_FLAGS = (
    "Новинка сезона",
    "Скидка партнёрам",
    "Хрупкий товар",
    "Есть сертификат",
    "Скрыть на витрине",
    "Детский товар",
)
_NUMBERS = ("Вес коробки (кг)", "Длина коробки (см)", "Ширина коробки (см)", "Высота коробки (см)", "Кратность")
_PACK_NUMBERS = ("Вес", "Длина", "Ширина", "Высота", "Обьём")
_TEXTS = ("Технические условия", "Наименование на английском", "Страница производителя", "Комплектация")


def dictionary_property(key: str, name: str) -> Property:
    """A property whose values are those known for `name`; `key` keeps equal names apart."""
    values = tuple((stable_guid(f"{key} {name} {text}"), text) for text in _VALUES[name])
    return Property(stable_guid(f"{key} {name}"), name, values=values)


def flag_property(key: str, name: str) -> Property:
    """A yes/no property: in 1C a dictionary of two values whose ids are words."""
    return Property(stable_guid(f"{key} {name}"), name, values=(("true", "Да"), ("false", "Нет")))


def _plain(key: str, name: str, value_type: str) -> Property:
    return Property(stable_guid(f"{key} {name}"), name, value_type)


def build_used_goods_properties() -> list[Property]:
    """The 52 properties that every product of the bench has besides its brand."""
    names = list(_VALUES)
    used = [dictionary_property(f"goods {number}", names[number % len(names)]) for number in range(24)]
    used += [flag_property("goods", name) for name in _FLAGS]
    used += [_plain(f"goods {number}", _NUMBERS[number % 5], "Число") for number in range(13)]
    return used + [_plain(f"goods {number}", _TEXTS[number % 4], "Строка") for number in range(9)]


def build_goods_properties(used: list[Property]) -> list[Property]:
    """The used properties among 196 that no product has, many with the same names."""
    names = list(_VALUES)
    spare = [_spare_property(number, names[number % len(names)]) for number in range(196)]
    return [*spare[:98], *used, *spare[98:]]


def _spare_property(number: int, name: str) -> Property:
    full = dictionary_property(f"spare {number}", name)
    return Property(full.onec_id, name, values=full.values[: number % 9])


OFFER_FLAG = flag_property("offers", "Детский размер")
OFFER_COLOR = dictionary_property("offers", "Цвет")
OFFER_SIZE = dictionary_property("offers", "Размер")
OFFER_CODE = _plain("offers", "Код упаковки", "Строка")
OFFER_NUMBERS = [_plain("offers", name, "Число") for name in _NUMBERS] + [
    _plain("offers", f"{name} упаковки", "Число") for name in (*_PACK_NUMBERS, "Вес БРУТТО")
]


def build_offers_properties() -> list[Property]:
    """Properties of offers, 55 with the brands: two segments."""
    used = [OFFER_FLAG, OFFER_COLOR, OFFER_SIZE, OFFER_CODE, *OFFER_NUMBERS]
    return used + [_spare_property(1000 + number, list(_VALUES)[number % 12]) for number in range(53 - len(used))]


def build_reference_data(root: Group, goods: list[Property], offers: list[Property], brands: Property) -> ReferenceData:
    """The reference data of a shop with these groups and properties; price types, warehouses and units are fixed."""
    return ReferenceData(
        root=root,
        goods_properties=goods,
        offers_properties=offers,
        brands=brands,
        price_types=[(onec_id, name) for onec_id, (name, _) in zip(PRICE_TYPE_IDS, PRICE_TYPES, strict=True)],
        warehouses=list(zip(WAREHOUSE_IDS, WAREHOUSES, strict=True)),
        units=UNITS,
    )

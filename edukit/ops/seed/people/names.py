"""Names of invented people: first and last of one culture, and the e-mail addresses made from them."""

# ruff: noqa: E501, RUF001 - a line is a culture; names are written in their own letters
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Culture:
    """Given and family names that go together; ``shown|latin`` where the script is not Latin."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    family_first: bool = False
    joint: str = " "


@dataclass(frozen=True)
class Person:
    """A name as shown, its first and last name in plain letters for an e-mail address, and the parts of it."""

    name: str
    address: str
    given: str = ""
    family: str = ""
    culture: int = 0
    """Place in ``CULTURES``."""


def _culture(given: str, family: str, *, family_first: bool = False, joint: str = " ") -> Culture:
    return Culture(tuple(given.split(", ")), tuple(family.split(", ")), family_first, joint)


CULTURES = (
    _culture(
        "Amelia, Freya, Imogen, Martha, Phoebe, Rosalind, Tabitha, Alfie, Barnaby, Callum, Ewan, Harvey, Rufus, Toby",
        "Ashworth, Barraclough, Dunmore, Fairclough, Hargreave, Kettlewell, Lockett, Ogden, Pemberton, Ridley-Moss, "
        "Thistlethwaite, Tunnicliffe, Whitlock, Yardley",
    ),
    _culture(
        "Aoife, Bríd, Caoimhe, Gráinne, Niamh, Róisín, Sadhbh, Cathal, Cian, Daithí, Fionn, Lorcán, Oisín, Tadhg",
        "O'Brien, O'Dowd, Mac Giolla, McNulty, Ní Bhriain, Brannigan, Cassidy, Devaney, Geraghty, Hanrahan, Lenihan, Tierney",
    ),
    _culture(
        "Zoë, Fenna, Lotte, Maaike, Noor, Sanne, Bram, Daan, Jasper, Koen, Sjoerd, Thijs",
        "Vermeulen, van den Heuvel, de Graaf, Hoekstra, Kuipers, Postma, Terpstra, van Leeuwen, Wijnands, Zijlstra",
    ),
    _culture(
        "Begoña, Candela, Inés, Lucía, Nuria, Rocío, Álvaro, Gonzalo, Íñigo, Joaquín, Martín, Raúl, Tomás, Ximena",
        "Núñez, Ibáñez Soler, Muñiz, Peña Ríos, Cárdenas, Echeverría, Fuentes, Lozano, Monteagudo, Quiroga, Saldaña, Zúñiga",
    ),
    _culture(
        "Thị Bích, Minh Anh, Thu Hà, Ngọc Lan, Thanh Mai, Bảo Châu, Đức Huy, Quang Khải, Minh Khôi, Hữu Phước, Gia Bảo",
        "Nguyễn, Trần, Lê, Phạm, Huỳnh, Võ, Đặng, Bùi, Đỗ",
        family_first=True,
    ),
    _culture(
        "子涵|Zihan, 雨桐|Yutong, 梓萱|Zixuan, 思远|Siyuan, 欣悦|Xinyue, 浩宇|Haoyu, 嘉懿|Jiayi, 文博|Wenbo, 若溪|Ruoxi, 俊熙|Junxi",
        "王|Wang, 李|Li, 张|Zhang, 陈|Chen, 黄|Huang, 吴|Wu, 郭|Guo, 沈|Shen",
        family_first=True,
        joint="",
    ),
    _culture(
        "Adaeze, Chidera, Ifeoma, Kosisochukwu, Nkechi, Somtochukwu, Chukwuemeka, Ikenna, Tobenna, Obinna, Uchenna, Zikora",
        "Okonkwo, Anyanwu, Ezeigbo, Igwebuike, Mbachu, Nwachukwu, Obiora, Onyekachi, Umeh, Uzodinma",
    ),
    _culture(
        "Aditi, Gauri, Ishani, Meenakshi, Nandini, Saanvi, Tanvi, Advait, Harish, Kartik, Pranav, Rohan, Siddharth, Vihaan",
        "Banerjee, Chaudhary, Deshmukh, Iyer, Kulkarni, Mahajan, Nambiar, Patel, Raghunathan, Srivastava, Thakur, Venkataraman",
    ),
    _culture(
        "Anneliese, Frieda, Greta, Jördis, Käthe, Svenja, Anton, Björn, Henning, Jannik, Lennart, Sönke",
        "Bäcker, Dörflinger, Groß, Hülsmann, Kößler, Möllenkamp, Niedermayer, Rübsam, Schönfelder, Tiedemann, Weißhaupt",
    ),
    _culture(
        "Agnieszka, Bożena, Grażyna, Łucja, Małgorzata, Zuzanna, Bartłomiej, Jędrzej, Michał, Paweł, Szymon, Wojciech",
        "Brzozowiec, Dąbek, Gąsior, Jabłonka, Kęsik, Łuczak, Mączka, Pietrzyk, Szczepaniak, Wróbel, Żurek",
    ),
    _culture(
        "Ayşegül, Buse, Çiğdem, Elif, Gülşen, Şule, Barış, Doğukan, Emirhan, İlker, Oğuz, Uğur",
        "Aydoğan, Bayraktaroğlu, Çetinkaya, Demirtaş, Güngör, Kılıç, Öztürk, Şahin, Türkmen, Yıldırım",
    ),
    _culture(
        "Amal, Dalia, Hanan, Layan, Samar, Yasmin, Anas, Bilal, Faris, Idris, Khalil, Tariq",
        "Abu Zaid, Al-Masri, Barakat, El-Amrani, Ghanem, Haddad, Khoury, Mansour, Nasser, Qabbani, Sabbagh, Zeidan",
    ),
    _culture(
        "Beatriz, Conceição, Estêvão, Iara, João Pedro, Luísa, Mateus, Thaís, Vinícius, Yasmim",
        "Araújo, Brandão, Conceição, da Conceição Leite, Falcão, Guimarães, Magalhães, Nóbrega, Teixeira, Vasconcelos",
    ),
    _culture(
        "Олена|Olena, Соломія|Solomiia, Марічка|Marichka, Назар|Nazar, Остап|Ostap, Богдана|Bohdana, Юрко|Yurko",
        "Бондаренко|Bondarenko, Гриценко|Hrytsenko, Коваленко|Kovalenko, Мельничук|Melnychuk, Шевчук|Shevchuk",
    ),
    _culture(
        "Ha-eun, Ji-yul, Seo-jin, Yu-na, Do-hyeok, Eun-chan, Gyeong-su, Tae-won",
        "Ahn, Bang, Chu, Gwak, Jang, Noh, Seol, Yoon",
        family_first=True,
    ),
)  # fmt: skip
SHARES = (0.2, 0.07, 0.06, 0.09, 0.06, 0.07, 0.06, 0.09, 0.06, 0.05, 0.05, 0.06, 0.03, 0.03, 0.02)
"""Share of each culture among the people."""

LONG = Person(
    "Maximiliane Alexandra Theodora Freifrau von Hohenstein-Wittgenau zu Oberkirchen-Niederfelden",
    "maximiliane.hohenstein",
    "Maximiliane Alexandra Theodora",
    "von Hohenstein-Wittgenau zu Oberkirchen-Niederfelden",
    8,
)
TWIN = Person("Amelia Whitlock", "amelia.whitlock", "Amelia", "Whitlock")
REMARKABLE = {4: LONG, 7: TWIN, 8: TWIN}
"""Names at fixed places, so that every demo of a class has a very long name and two equal ones."""


def draw_people(rng: np.random.Generator, count: int) -> list[Person]:
    """So many people, of cultures by their share; names repeat only when a culture has no further pair."""
    which = rng.choice(len(CULTURES), size=count, p=SHARES)
    pairs = [rng.permutation(len(culture.given) * len(culture.family)) for culture in CULTURES]
    drawn = [0] * len(CULTURES)
    people = []
    for culture in which.tolist():
        given, family = CULTURES[culture].given, CULTURES[culture].family
        pair = int(pairs[culture][drawn[culture] % len(pairs[culture])])
        drawn[culture] += 1
        people.append(named(given[pair % len(given)], family[pair // len(given)], culture))
    return people


def draw_students(rng: np.random.Generator, count: int) -> list[Person]:
    """As :func:`draw_people`, with the remarkable names at their places."""
    people = draw_people(rng, count)
    return [REMARKABLE.get(place, person) for place, person in enumerate(people)]


def named(given: str, family: str, culture: int) -> Person:
    """A person with a given and a family name (``shown|latin``), put together as is the custom."""
    custom = CULTURES[culture]
    shown, latin = _scripts(given)
    family_shown, family_latin = _scripts(family)
    parts = (family_shown, shown) if custom.family_first else (shown, family_shown)
    address = f"{_plain(latin)}.{_plain(family_latin)}"
    return Person(custom.joint.join(parts), address, shown, family_shown, culture)


def _scripts(name: str) -> tuple[str, str]:
    shown, _, latin = name.partition("|")
    return shown, latin or shown


def _plain(name: str) -> str:
    # NFKD leaves these letters whole.
    mapped = name.lower().replace("ß", "ss").translate(str.maketrans("łđıø", "ldio"))
    ascii_only = unicodedata.normalize("NFKD", mapped).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", "", ascii_only)


def addresses(people: list[Person], domain: str, taken: set[str]) -> list[str]:
    """An address for each person at the domain, numbered where one is taken; adds them to ``taken``."""
    made = []
    last_number: dict[str, int] = {}
    for person in people:
        address = f"{person.address}@{domain}"
        while address in taken:
            last_number[person.address] = last_number.get(person.address, 1) + 1
            address = f"{person.address}{last_number[person.address]}@{domain}"
        taken.add(address)
        made.append(address)
    return made

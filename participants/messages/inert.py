"""Values typed by people, made inert for mails: text that no reader turns into a link, and headers of one line."""

import re
import unicodedata

LONGEST = 40
# What mail programs make links of, as signs that only look the same. In domains the ideographic stop is a dot, too.
_LOOKS = str.maketrans(
    {
        ".": "\u2024",
        "\u3002": "\u2024",
        "/": "\u2215",
        "\\": "\u2216",
        "@": "\uff20",
        ":": "\ua789",
        "<": "‹",
        ">": "›",
    }
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
# For `str.translate`: what no mail may hold, as spaces; lines may end, and tabs stay.
NO_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)], " ")


def inert(value: str, longest: int = LONGEST) -> str:
    """`value` as readable text without dots, slashes or at-signs that a mail program would make a link of.

    The stored name stays as it is: titles such as A.Md. look like domains. At most `longest` characters.
    """
    text = _CONTROL.sub(" ", unicodedata.normalize("NFKC", value)).translate(_LOOKS).strip()
    return text if len(text) <= longest else text[: longest - 1] + "…"


def initials(name: str) -> str:
    """The first letters of at most three words of `name`, as "S. N. A.": enough to know one's child, and no message."""
    letters = [word[0].upper() for word in unicodedata.normalize("NFKC", name).split() if word[0].isalpha()]
    return " ".join(f"{letter}." for letter in letters[:3]) or "…"


def header(value: str) -> str:
    """`value` on one line, whatever it held: replaces, never raises."""
    return " ".join(_CONTROL.sub(" ", value).split())

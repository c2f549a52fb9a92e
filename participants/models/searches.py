"""What a name or a ticket is found by: expressions of PostgreSQL's own that an index holds."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BigIntegerField, BooleanField, Func, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce


class NameWords(Func):
    """The words of a name in small letters, whatever stands between them: a function of the database's, which knows
    what it costs, so that the index is asked and not row after row."""

    function = "participants_name_words"
    output_field = SearchVectorField()


class Beginnings(Func):
    """What asks for words that begin as those of the typed text do; for a text without words nothing, and so nobody.

    The text is split as the name is, by the database, so that no letter is a word's in one and none in the other.
    """

    template = (
        "(replace(nullif(btrim(regexp_replace(lower(%(expressions)s), '[^[:alnum:]]+', ' ', 'g')), ''), ' ', ':* & ')"
        " || ':*')::tsquery"
    )
    output_field = TextField()


class HoldsAll(Func):
    """Whether words hold all that is asked for, as an index of the words finds it."""

    template = "(%(expressions)s)"
    arg_joiner = " @@ "
    output_field = BooleanField()

    def __init__(self, words: NameWords, typed: str) -> None:
        super().__init__(words, Beginnings(Value(typed)))


TICKETS = 19**7  # as many short codes there are, letters that check them aside
_PIECES = ("substr({id}, 1, 8)", "substr({id}, 10, 4) || substr({id}, 15, 4)")
_OTHERS = ("substr({id}, 20, 4) || substr({id}, 25, 4)", "substr({id}, 29, 8)")


def _rest() -> str:
    """The rest of a UUID by TICKETS: of 32 bits after another, since the whole fits no number of the database's."""
    said = "0"
    for piece in (*_PIECES, *_OTHERS):
        bits = f"('x' || {piece.format(id='%(expressions)s::text')})::bit(32)::bigint"
        said = f"mod({said} * 4294967296 + {bits}, {TICKETS})"
    return said


class TicketNumber(Func):
    """What the letters of a short code say of a random id: its rest by so many (`tickets.code_number`)."""

    template = _rest()
    output_field = BigIntegerField()


def is_there(rows: QuerySet[Any]) -> Coalesce:
    """Whether there are any of `rows`, which belong to an outer row: looked up for each of those.

    `Exists` says the same, but two of them, one within the other, are joined by a planner that then takes the outer
    rows for one or none, and goes through all of them for each row of a page.
    """
    return Coalesce(Subquery(rows.order_by().values(found=Value(True))[:1]), Value(False), output_field=BooleanField())

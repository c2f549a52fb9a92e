"""How many rows a list has: counted as long as that is quick, and above that as PostgreSQL reckons."""

from __future__ import annotations

import json
import math
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

COUNTED = 20_000  # rows; to count a million takes longer than to show the page
FOUND = 500  # rows of a search among everybody's: whoever has found so many types more of the name


class ListPaginator(Paginator):
    """Pages of a list of the workplace. Above `most` rows its `count` is an estimate, which `is_about` says, and its
    pages end there: whoever looks for a row beyond filters, searches or turns the list round.

    PostgreSQL cannot reckon how many have a name (it took a third too few), nor how many belong to a coordinator's
    regions, which it takes for regions like all others: `is_reckoned` is for lists of neither.
    """

    def __init__(self, *args: Any, is_searched: bool = False, is_of_everybody: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.is_searched = is_searched
        self.is_reckoned = is_of_everybody and not is_searched
        # The first few of many are found by going through all, newest first; of a region's few that takes longer.
        self.most = FOUND if is_searched and is_of_everybody else COUNTED

    @cached_property
    def count(self) -> int:
        """The number of rows, or about how many."""
        return max(self._counted, self._estimated) if self.is_about else self._counted

    @property
    def is_about(self) -> bool:
        """Whether `count` is an estimate."""
        return self._counted > self.most

    @property
    def is_floor(self) -> bool:
        """Whether nothing is known but that there are more than `most`."""
        return self.is_about and self._estimated < self._counted

    @property
    def rounded(self) -> int:
        """`count` to two digits, as the others of an estimate mean nothing: 1,012,345 becomes 1,000,000. Of what is
        only known to be more than were counted, as many as were counted."""
        if self.is_floor:
            return self.most
        size = 10 ** max(0, len(str(self.count)) - 2)
        return round(self.count / size) * size

    @cached_property
    def num_pages(self) -> int:
        """How many pages can be asked for."""
        return math.ceil(max(1, min(self.count, self.most)) / self.per_page)

    def page(self, number: int | str) -> Page:
        """The rows of a page, looked up by their keys: what stands before them is never joined."""
        page, keys = super().page(number), self._found if self.is_searched else self._keys
        last = min(page.end_index(), self.most) if self.is_about else page.end_index()
        page.object_list = self._rows.filter(pk__in=list(keys[page.start_index() - 1 : last]))
        return page

    @property
    def _rows(self) -> QuerySet[Any]:
        return self.object_list  # type: ignore[return-value]

    @property
    def _keys(self) -> QuerySet[Any]:
        return self._rows.values_list("pk", flat=True)

    @cached_property
    def _found(self) -> list[Any]:
        """What was searched for, all at once and in order: to find it takes longer than to bring its keys."""
        return list(self._keys[: self.most + 1])

    @cached_property
    def _counted(self) -> int:
        """The number of rows, at most one more than are counted; in no order, as an index brings them."""
        return len(self._found) if self.is_searched else self._keys.order_by()[: self.most + 1].count()

    @cached_property
    def _estimated(self) -> int:
        """The number of rows as PostgreSQL reckons it, none where it cannot."""
        if not self.is_reckoned:
            return 0
        return int(json.loads(self._keys.order_by().explain(format="json"))[0]["Plan"]["Plan Rows"])

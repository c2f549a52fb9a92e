"""Links of letters that somebody guesses."""

import uuid

import pytest

from participants import tokens

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("door", ["wali", "tawaran", "datang"])
def test_a_guessed_link_costs_no_query_and_tells_nothing(client, django_assert_num_queries, door):
    made = tokens.offer_token(uuid.uuid4())
    guessed = [made, made[:-1] + ("A" if made[-1] != "A" else "B"), "A" * 43, "x"]

    with django_assert_num_queries(1 if door == "tawaran" else 0):  # ours, for nobody
        answers = [client.get(f"/{door}/{token}/") for token in guessed]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.content for answer in answers}) == 1

"""A crowd at the door: many ask for codes from one network within a few minutes. Nobody is turned away for it.

A school of 300 behind one address looks like a script that mails strangers, and cannot be told from it. So from a
threshold on each further code has its price: a small computation (altcha's puzzle), which a phone does in a second and
which makes thousands dear, or, where no script runs, a place in a line that moves on by one every few seconds.

All is counted in the database under a lock of the network, and all times are machine time.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import altcha
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from participants import tokens
from participants.models import SpentProof, WaitingTurn
from participants.operations import locks
from participants.operations.refusals import Refused

WINDOW = timedelta(minutes=10)  # CROWD_ASKS codes within it are free
PUZZLE_LIFETIME = timedelta(minutes=10)
ROUNDS = 2000  # of PBKDF2 a try; 300 to 600 tries: half a second on a laptop, a few on an old phone
TRIES = (300, 600)
FIRST_WAIT, BETWEEN_TURNS = timedelta(seconds=15), timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=10)
TURN_LIFETIME = timedelta(minutes=10)
KEPT = timedelta(days=1)


# When so many were asked for that the next one has its price: the oldest of them. Only this one is read.
LAST_FREE = """
    SELECT asked_at FROM participants_logincode
    WHERE network_hash = %(network)s AND asked_at > %(since)s
    ORDER BY asked_at DESC OFFSET %(free)s - 1 LIMIT 1
"""


class Crowd(Refused):
    """Too many asked from here: a code has its price until `retry_at`."""

    code = "crowd"
    sentence = _("Sedang banyak yang masuk dari jaringan yang sama denganmu.")
    remedy = _("Tetap di halaman ini sebentar; yang kamu ketik masih ada.")

    def __init__(self, retry_at: datetime) -> None:
        """`retry_at` is a machine instant."""
        self.retry_at = retry_at


class NotYourTurn(Crowd):
    code = "not_your_turn"
    sentence = _("Belum giliranmu.")
    remedy = _("Tunggu sampai waktunya, lalu tekan tombolnya. Yang kamu ketik masih ada.")


class LineIsFull(Crowd):
    code = "line_is_full"
    sentence = _("Antrean dari jaringan ini sedang panjang.")
    remedy = _("Coba lagi beberapa menit lagi, atau pakai jaringan lain, misalnya paket data ponselmu.")


def admit(*, network: str, proof: str, ticket: str, machine_now: datetime) -> str:
    """Let one more ask pass, in the caller's transaction, and return the network's hash; "" is a network unknown.

    Free while fewer than CROWD_ASKS codes were asked for from `network` within ten minutes; beyond, it costs a solved
    puzzle or a turn whose time has come, each good for once. Raises Crowd, or NotYourTurn for a ticket that came early.
    """
    if not network:
        return ""
    network_hash = tokens.network_hash(network)
    if _spend_proof(proof, machine_now) or _use_turn(ticket, machine_now):
        return network_hash
    lock(network_hash)
    if not settings.CROWD_ASKS:
        raise Crowd(machine_now + WINDOW)
    asked: dict[str, Any] = {"network": network_hash, "since": machine_now - WINDOW, "free": settings.CROWD_ASKS}
    with connection.cursor() as cursor:
        cursor.execute(cast(Any, connection).planned(LAST_FREE), asked)
        if last_free := cursor.fetchone():
            raise Crowd(last_free[0] + WINDOW)
    return network_hash


def puzzle(*, machine_now: datetime) -> dict[str, Any]:
    """A fresh puzzle as altcha's solvers read it: signed, usable for ten minutes, solved by 300 to 600 tries."""
    lowest, highest = TRIES
    until = int((machine_now + PUZZLE_LIFETIME).timestamp())
    challenge = altcha.create_challenge(
        "PBKDF2/SHA-256",
        ROUNDS,
        counter=lowest + secrets.randbelow(highest - lowest + 1),
        data={"until": until},  # not altcha's own expiry, which reads another clock
        hmac_secret=tokens.puzzle_key("challenge"),
        hmac_key_secret=tokens.puzzle_key("solution"),
    )
    return challenge.to_dict()


@transaction.atomic
def take_turn(*, network: str, machine_now: datetime) -> WaitingTurn:
    """Give a place at the end of the network's line. Raises LineIsFull when it is ten minutes long."""
    network_hash = tokens.network_hash(network)
    lock(network_hash)
    soonest = machine_now + FIRST_WAIT
    last = WaitingTurn.objects.filter(network_hash=network_hash).order_by("-usable_from").first()
    usable_from = max(soonest, last.usable_from + BETWEEN_TURNS) if last else soonest
    if usable_from > machine_now + LONGEST_WAIT:
        raise LineIsFull(usable_from - LONGEST_WAIT)
    return WaitingTurn.objects.create(network_hash=network_hash, usable_from=usable_from)


def purge(*, machine_now: datetime) -> None:
    """Forget puzzles and turns of yesterday: what they could buy has long expired. Safe to run twice."""
    old_proofs(machine_now=machine_now).delete()
    old_turns(machine_now=machine_now).delete()


def old_proofs(*, machine_now: datetime) -> QuerySet[SpentProof]:
    """The puzzles that `purge` forgets."""
    return SpentProof.objects.filter(spent_at__lt=machine_now - KEPT)


def old_turns(*, machine_now: datetime) -> QuerySet[WaitingTurn]:
    """The turns that `purge` forgets."""
    return WaitingTurn.objects.filter(usable_from__lt=machine_now - KEPT)


def lock(network_hash: str) -> None:
    """Let nobody else count this network's asks until the transaction ends; waits for `lock_timeout`."""
    locks.hold(f"crowds:{network_hash}")


def _spend_proof(proof: str, machine_now: datetime) -> bool:
    """Whether `proof` is the solution of a puzzle of ours that nobody has handed in before; now somebody has."""
    if not proof:
        return False
    try:
        payload = altcha.Payload.from_base64(proof)
        until = (payload.challenge.parameters.data or {}).get("until")
        solved = altcha.verify_solution(
            payload, tokens.puzzle_key("challenge"), hmac_key_secret=tokens.puzzle_key("solution")
        ).verified
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    if not solved or not isinstance(until, int) or datetime.fromtimestamp(until, UTC) <= machine_now:
        return False
    _row, is_new = SpentProof.objects.get_or_create(
        nonce=payload.challenge.parameters.nonce, defaults={"spent_at": machine_now}
    )
    return is_new


def _use_turn(ticket: str, machine_now: datetime) -> bool:
    """Whether `ticket` is a turn whose time has come and that nobody has used; raises NotYourTurn when it is early."""
    public_id = tokens.turn_id(ticket) if ticket else None
    if public_id is None:
        return False
    turn = WaitingTurn.objects.filter(public_id=public_id, used_at=None)
    if early := turn.filter(usable_from__gt=machine_now).first():
        raise NotYourTurn(early.usable_from)
    return bool(turn.filter(usable_from__gt=machine_now - TURN_LIFETIME).update(used_at=machine_now))

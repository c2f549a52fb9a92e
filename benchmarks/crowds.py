"""Many confirmed people at once, and a reminder that falls due for them: rows multiplied in the database itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection

EACH = 300  # people a session


def ask(sql: str, values: Any = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def confirm_many(people: int, *, first: int = 0) -> None:
    """`people` confirmed, p0@example.com (or p`first`) and so on, in sessions of 300, all reminded at EVE."""
    from participants.models import Participant, Registration
    from portal.accounts.models import User
    from programs.models import TrainingSession
    from tests.factories import make_program, make_rule, make_session
    from tests.faults.people import confirm

    session = TrainingSession.objects.order_by("pk").first()
    if session is None:
        program = make_program()
        make_rule(program)
        session = make_session(program=program, capacity=EACH)
    sessions = [session] if not first else []
    while len(sessions) * EACH < people:
        sessions.append(make_session(program=session.program, region=session.region, capacity=EACH))
    confirm(sessions[0], 1, first=first)
    one = Registration.objects.select_related("participant__user").latest("pk")
    user, person = one.participant.user_id, one.participant_id
    numbers = ask(
        "SELECT array_agg(id ORDER BY id) FROM programs_trainingsession WHERE id = ANY(%s)", [[s.pk for s in sessions]]
    )[0][0]
    ask("SET session_replication_role = replica; SET statement_timeout = 0")  # a trigger counts seats row by row
    multiply(User._meta.db_table, user, people - 1, {"email": f"'p' || ({first} + n) || '@example.com'"})
    multiply(Participant._meta.db_table, person, people - 1, {"user_id": f"{user} + n"})
    multiply(
        Registration._meta.db_table,
        one.pk,
        people - 1,
        {
            "participant_id": f"{person} + n",
            "session_id": f"('{{{','.join(map(str, numbers))}}}'::bigint[])[n / {EACH} + 1]",
        },
    )
    ask(
        "UPDATE programs_trainingsession s SET seats_taken = (SELECT count(*) FROM participants_registration r WHERE r.session_id = s.id)"
    )
    ask("SET session_replication_role = origin; RESET statement_timeout")
    ask("ANALYZE")


def multiply(table: str, key: int, times: int, changed: Mapping[str, str]) -> None:
    """Copies number 1 to `times` of the row `key`, which gets the keys after its own; `changed` are expressions of n."""
    columns = dict(
        ask(
            "SELECT attname, atttypid::regtype::text FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            [table],
        )
    )
    values = {name: "gen_random_uuid()" if kind == "uuid" else name for name, kind in columns.items()}
    values |= {"id": f"{key} + n", **changed}
    ask(
        f"INSERT INTO {table} ({', '.join(columns)}) OVERRIDING SYSTEM VALUE "
        f"SELECT {', '.join(values[name] for name in columns)} FROM {table}, generate_series(1, {times}) n WHERE id = {key}"
    )
    ask(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {key + times})")

"""A training day of today, as staff see it at the door and participants on their phones."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, timedelta

from participants.documents import tickets
from participants.models import DoorRule
from participants.operations import absences, scanners, scans, ticket_changes
from portal import clock
from programs.models import Region
from tests import factories as make
from tests.scanning import paired, scanner_of
from tests.shots import Shot
from tests.states.cookies import cookie_of


def at_the_door(region: Region, coordinator: str) -> Iterator[Shot]:
    """A training day of today: phones at the door and what they saw, paper, the wall, and checking in by oneself."""
    now = clock.now()
    program = make.make_program(starts_on=date(2025, 12, 17))  # after December's, so that home shows that one
    session = make.make_session(program=program, region=region, first_day=now.astimezone(region.zone).date())
    DoorRule.objects.create(session=session, is_self_open=True, opens_before=720, closes_after=720)
    people = [
        make.make_registration(session, participant=make.make_participant(full_name=name, region=region))
        for name in ("Yohana Wonda", "Marthen Luther Rumbiak", "Ester Kambu", "Siti Nur'aini", "Sri-Wahyuni")
    ]
    east, west = (paired(session, gate=gate, now=now) for gate in ("Pintu timur", "Pintu barat"))
    for token, person in ((east, people[0]), (west, people[0]), (west, people[1])):
        seen = scans.Seen(uuid.uuid4(), now, ticket=tickets.ticket_text(person))
        scans.take(token=token, scans=[seen], sent_at=now, now=now, machine_now=now)
    stray = scans.Seen(uuid.uuid4(), now, ticket="BUKAN TIKET")
    scans.take(token=east, scans=[stray], sent_at=now, now=now, machine_now=now)
    staff = scanner_of(east).made_by
    scanners.make(session=session, gate="Lobi", by=staff, now=now, machine_now=clock.machine_now() + timedelta(days=1))
    for person, text in ((people[2], "Demam, kata dokter istirahat dua hari."), (people[3], "")):
        begun = max(now, session.starts)
        (said,) = absences.say(registration=person, days=[session.days.get(number=2).date], text=text, now=begun)
    page = f"/staf/programs/trainingsession/{session.pk}"
    yield Shot("scanner", "/pemindai/", awaits="[data-view=pair]:not([hidden])")
    yield Shot("staff-door", f"{page}/pintu/", coordinator)
    yield Shot("staff-door-dismiss", f"{page}/pintu/{scanner_of(east).pk}/pindaian/", coordinator)
    yield Shot("staff-door-attendance", f"{page}/hadir/", coordinator)
    every = {"press": ["#all-days"], "awaits": ".said-absent"}
    yield Shot("staff-door-attendance-all-days", f"{page}/hadir/", coordinator, **every)
    yield Shot("staff-absence-answer", f"/staf/participants/appeal/{said.pk}/jawab/", coordinator)
    rest = ["[name=all_present]"]
    yield Shot("staff-attendance-rest-present", f"{page}/hadir/", coordinator, press=rest, awaits="[name=sure]")
    yield Shot("staff-paper", f"{page}/kertas/", coordinator)
    wrong = {"lines": "Yohana Wonda\nTidak Ada"}
    yield Shot(
        "staff-paper-refused",
        f"{page}/kertas/",
        coordinator,
        typed=wrong,
        press=["main [type=submit]"],
        awaits=".errorlist",
    )
    yield Shot("staff-wall", f"{page}/dinding/", coordinator)
    reader, told = cookie_of(people[2].participant.user), cookie_of(people[0].participant.user)
    yield Shot("check-in", "/saya/hadir/", reader)
    yield Shot(
        "check-in-refused",
        "/saya/hadir/",
        reader,
        typed={"code": "000000"},
        press=["main form button"],
        awaits=".error",
    )
    yield Shot("check-in-done", "/saya/hadir/", told)
    yield Shot("ticket-replace", "/saya/tiket/ganti/", told)
    for _time in range(ticket_changes.MOST_A_DAY):
        people[1].refresh_from_db()
        ticket_changes.replace(registration=people[1], old=people[1].ticket, by=None, now=now)
    press = {"press": ["main form button"], "awaits": "[role=alert]"}
    yield Shot("ticket-replace-refused", "/saya/tiket/ganti/", cookie_of(people[1].participant.user), **press)

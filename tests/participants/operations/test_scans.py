"""Scans are facts: kept once, counted the same in any order, looked at where they are in doubt."""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from participants import queries
from participants.models import Attendance, AttendanceFact, DoorRule, DoubtfulScan, Registration
from participants.operations import attendance, scanners, scans
from participants.operations.attendance import NewMark
from participants.operations.row_locks import lock_session
from participants.operations.scans import Seen
from tests.factories import WIB, make_region, make_registration, make_session
from tests.histories import seeds
from tests.participants.operations.scanned import MORNING, derived, outcomes, reasons, seen, session, take, token
from tests.races import wait_for_somebody_who_waits
from tests.scanning import paired, recorder, scanner_of

pytestmark = pytest.mark.django_db
__all__ = ["session", "token"]


class TestOrder:
    @pytest.mark.parametrize("seed", seeds(15))
    def test_any_order_and_any_repetition_come_to_the_same(self, seed):
        """Scans of three devices over three days, sent in two quite different ways, with the same corrections.

        None of them empty: that one ends what the server had before it is what makes it one.
        """
        chance = random.Random(seed)
        session = make_session(region=make_region(time_zone=chance.choice(["Asia/Jakarta", "Asia/Jayapura"])))
        tokens = [paired(session, gate=f"Pintu {number}", now=MORNING) for number in range(3)]
        people = [make_registration(session) for _ in range(4)]
        now = datetime(2025, 12, 18, 20, tzinfo=WIB)
        offsets = [timedelta(seconds=chance.randint(-90, 90) * 40) for _ in tokens]
        sent = []
        for _ in range(chance.randint(5, 30)):
            device = chance.randrange(3)
            at = MORNING + timedelta(days=chance.randrange(3), minutes=chance.randint(-60, 500))
            happened = now + (at - now) - offsets[device]
            sent.append((device, seen(chance.choice(people), happened, is_leaving=chance.random() < 0.2)))
        corrections = [
            NewMark(chance.choice(people).pk, chance.choice(session.days.all()).pk, chance.choice(["late", "excused"]))
            for _ in range(chance.randint(0, 3))
        ]

        def histories():
            """Each scan at least once; corrections in their order, somewhere between."""
            batches = [("scan", device, [scan]) for device, scan in sent]
            batches += [
                ("scan", device, [scan, *[other for d, other in sent if d == device][:3]])
                for device, scan in chance.sample(sent, 3)
            ]
            chance.shuffle(batches)
            places = sorted(chance.randint(0, len(batches)) for _ in corrections)
            for place, mark in zip(reversed(places), reversed(corrections), strict=True):
                batches.insert(place, ("correction", None, [mark]))
            return batches

        results = []
        for history in (histories(), histories()):
            with transaction.atomic():
                for kind, device, what in history:
                    if kind == "scan":
                        take(tokens[device], *what, now=now, sent_at=now - offsets[device])
                    else:
                        attendance.record(session=session, marks=what, by=scanner_of(tokens[0]).made_by, now=now)
                results.append((derived(), AttendanceFact.objects.count(), sorted(reasons())))
                transaction.set_rollback(True)

        (first, facts, doubts), (second, other_facts, other_doubts) = results
        assert first == second
        by_order = ("again", "overruled")  # of what the server knew by then
        assert (facts, [one for one in doubts if one[1] not in by_order]) == (
            other_facts,
            [one for one in other_doubts if one[1] not in by_order],
        )

    def test_the_same_scan_sent_five_times_is_answered_the_same_and_kept_once(self, session, token):
        scan = seen(make_registration(session))

        assert {outcomes(token, scan)[0] for _ in range(5)} == {"welcome"}
        assert AttendanceFact.objects.count() == 1
        assert not DoubtfulScan.objects.exists()


class TestOutcome:
    def test_a_second_use_says_when_and_where_the_first_was_and_is_noted(self, session, token):
        registration, other = make_registration(session), paired(session, gate="Pintu 2", now=MORNING)
        take(token, seen(registration))

        (answer,) = take(
            other, seen(registration, MORNING + timedelta(minutes=20)), now=MORNING + timedelta(minutes=20)
        )

        assert (answer.outcome, answer.at, answer.gate) == ("already", MORNING, "Pintu 1")
        doubt = DoubtfulScan.objects.get()
        assert (doubt.reason, doubt.registration, doubt.answer) == ("again", registration, "")

    def test_a_ticket_held_a_moment_too_long_is_no_second_use(self, session, token):
        registration = make_registration(session)

        assert outcomes(token, seen(registration), seen(registration, MORNING + timedelta(seconds=5))) == [
            "welcome",
            "already",
        ]
        assert not DoubtfulScan.objects.exists()

    @pytest.mark.parametrize(
        ("hour", "minute", "outcome", "mark"),
        [
            (6, 59, "outside_hours", None),
            (7, 0, "welcome", "present"),
            (9, 14, "welcome", "present"),
            (9, 15, "late", "late"),
            (16, 59, "late", "late"),
            (17, 0, "outside_hours", None),
        ],
    )
    def test_the_doors_hours_and_lateness_are_those_of_the_rule(self, session, token, hour, minute, outcome, mark):
        at = datetime(2025, 12, 16, hour, minute, tzinfo=WIB)

        assert outcomes(token, seen(make_registration(session), at), now=at) == [outcome]
        assert list(Attendance.objects.values_list("mark", flat=True)) == ([mark] if mark else [])

    def test_staff_may_set_other_hours(self, session, token):
        DoorRule.objects.create(session=session, opens_before=10, late_after=60, closes_after=0)
        early, fine = (datetime(2025, 12, 16, *time, tzinfo=WIB) for time in ((8, 49), (9, 59)))

        assert outcomes(token, seen(make_registration(session), early), now=early) == ["outside_hours"]
        assert outcomes(token, seen(make_registration(session), fine), now=fine) == ["welcome"]

    @pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
    def test_the_day_is_the_venues_local_date(self, zone):
        session = make_session(region=make_region(time_zone=zone))
        DoorRule.objects.create(session=session, opens_before=540, closes_after=480)
        midnight = datetime(2025, 12, 17, tzinfo=session.region.zone)
        token, registration = paired(session, now=MORNING), make_registration(session)

        for at in (midnight - timedelta(minutes=1), midnight + timedelta(minutes=1)):
            take(token, seen(registration, at), now=at)

        days = AttendanceFact.objects.order_by("happened_at").values_list("day__date", flat=True)
        assert list(days) == [date(2025, 12, 16), date(2025, 12, 17)]

    def test_a_wrong_clock_is_put_right_by_what_it_says_when_it_sends(self, session, token):
        registration, wrong = make_registration(session), MORNING + timedelta(hours=9)

        take(token, seen(registration, wrong - timedelta(minutes=40)), now=MORNING, sent_at=wrong)

        fact = AttendanceFact.objects.get()
        assert (fact.device_at, fact.happened_at) == (wrong - timedelta(minutes=40), MORNING - timedelta(minutes=40))

    def test_a_scan_from_the_future_counts_for_nobody(self, session, token):
        assert outcomes(token, seen(make_registration(session), MORNING + timedelta(hours=1))) == ["ahead"]
        assert not AttendanceFact.objects.exists()

    def test_a_ticket_of_another_session_is_refused_by_a_code_alone(self, session, token):
        (answer,) = take(token, seen(make_registration(make_session())))

        assert (answer.outcome, answer.at, answer.gate) == ("other_session", None, "")
        assert DoubtfulScan.objects.get().registration is None

    def test_what_is_no_ticket_and_what_is_nobodys_are_noted(self, session, token):
        scanned = [
            Seen(uuid.uuid4(), MORNING, ticket="WIFI:S:GEDUNG"),
            Seen(uuid.uuid4(), MORNING, typed=uuid.uuid4()),
        ]

        assert outcomes(token, *scanned, Seen(uuid.uuid4(), MORNING)) == ["not_a_ticket", "unknown", "not_a_ticket"]
        assert not AttendanceFact.objects.exists()

    def test_who_was_inside_before_the_release_was_known_is_not_lost(self, session, token):
        registration = make_registration(session)
        scan = seen(registration)
        Registration.objects.filter(pk=registration.pk).update(
            place="released", release_reason="cancelled_by_self", released_at=MORNING
        )

        assert outcomes(token, scan, now=MORNING + timedelta(hours=1)) == ["released"]
        assert (DoubtfulScan.objects.get().reason, AttendanceFact.objects.count()) == ("released", 1)
        assert not queries.with_attendance(Registration.objects.confirmed(), now=MORNING).exists()

    def test_a_flood_about_nobody_buries_no_doubt_about_somebody(self, session, token, monkeypatch):
        monkeypatch.setattr(scans, "MOST_ABOUT_NOBODY", 3)
        person = make_registration(session)
        for _ in range(3):
            take(token, *(Seen(uuid.uuid4(), MORNING, ticket="junk") for _ in range(2)))
        night = MORNING.replace(hour=3)
        take(token, seen(person, at=night))

        about = list(DoubtfulScan.objects.order_by("pk").values_list("registration", flat=True))
        assert about == [None, None, None, person.pk]

    def test_one_bad_scan_stops_no_other(self, session, token):
        good = [seen(make_registration(session)) for _ in range(2)]
        bad = Seen(uuid.uuid4(), MORNING, ticket="A" * 149)

        assert outcomes(token, good[0], bad, good[1]) == ["welcome", "not_a_ticket", "welcome"]

    def test_an_id_that_another_sessions_scan_has_used_names_nobody_here(self, session, token):
        other = make_session()
        scan = seen(make_registration(other))
        take(paired(other, now=MORNING), scan)
        mine = seen(make_registration(session))

        stolen = Seen(scan.public_id, mine.device_at, ticket=mine.ticket)

        assert outcomes(token, stolen) == ["unknown"]
        assert AttendanceFact.objects.count() == 1

    def test_leaving_early_outranks_coming_and_a_correction_outranks_both(self, session, token):
        registration, ten = make_registration(session), MORNING.replace(hour=10)

        assert outcomes(token, seen(registration, ten, is_leaving=True), seen(registration), now=ten) == [
            "left",
            "welcome",
        ]
        assert Attendance.objects.get().mark == "left_early"
        mark = NewMark(registration.pk, session.days.get(number=1).pk, "present")
        attendance.record(session=session, marks=[mark], by=scanner_of(token).made_by, now=ten)
        assert Attendance.objects.get().mark == "present"

    def test_a_typed_code_counts_as_its_ticket(self, session, token):
        registration = make_registration(session)

        assert outcomes(token, Seen(uuid.uuid4(), MORNING, typed=registration.public_id)) == ["welcome"]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE participants_attendancefact SET mark = 'absent'",
        "INSERT INTO participants_doubtfulscan (public_id, session_id, scanner_id, reason, device_at, happened_at,"
        " recorded_at, answer) SELECT gen_random_uuid(), {other}, id, 'again', now(), now(), now(), ''"
        " FROM participants_scanner LIMIT 1",
        "INSERT INTO participants_doubtfulscan (public_id, session_id, reason, device_at, happened_at, recorded_at,"
        " answer) SELECT gen_random_uuid(), session_id, 'again', now(), now(), now(), '' FROM participants_scanner"
        " LIMIT 1",
        "INSERT INTO participants_attendancefact (public_id, registration_id, day_id, session_id, kind, source, mark,"
        " recorded_at) SELECT gen_random_uuid(), NULL, day_id, session_id, 'scan', 'scanner', 'present', now()"
        " FROM participants_attendancefact LIMIT 1",
    ],
)
def test_the_database_keeps_facts_and_ties_devices_to_their_session(session, token, sql):
    take(token, seen(make_registration(session)))

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(other=make_session().pk))


@pytest.mark.parametrize("people", [1, 3])
def test_a_scan_costs_the_same_for_one_and_three(session, token, people, django_assert_num_queries):
    scanned = [seen(make_registration(session)) for _ in range(people)]

    with django_assert_num_queries(8):  # two of them the transaction's
        take(token, *scanned)


@pytest.mark.django_db(transaction=True)
def test_ten_devices_scan_one_ticket_in_the_same_instant_and_one_is_first(session):
    registration = make_registration(session)
    tokens = [paired(session, gate=f"Pintu {number}", now=MORNING) for number in range(10)]

    def alone(token):
        try:
            return take(token, seen(registration))[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(alone, tokens))

    assert sorted(answer.outcome for answer in answers) == ["already"] * 9 + ["welcome"]
    assert len({answer.gate for answer in answers}) == 1
    assert Attendance.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("loses", ["nothing", "device", "right"])
def test_a_scan_that_waits_for_the_session_is_judged_by_what_holds_when_its_turn_comes(session, loses):
    registration, by = make_registration(session), recorder(session)
    token = paired(session, now=MORNING, by=by)
    scanned = seen(registration)

    def waits():
        try:
            return outcomes(token, scanned)
        except scanners.ScannerIsDead as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock_session(session)
            answer = pool.submit(waits)
            assert wait_for_somebody_who_waits()
            if loses == "device":
                scanners.withdraw(scanner=scanner_of(token), by=by, now=MORNING)
            elif loses == "right":
                by.groups.clear()
        answered = answer.result(timeout=30)

    counts = loses == "nothing"
    assert answered == (["welcome"] if counts else "scanner_withdrawn")
    assert AttendanceFact.objects.exists() is counts


def test_a_device_is_refused_where_it_may_not_look(session):
    with pytest.raises(scanners.ScannerIsDead):
        take("no-token-of-ours")

"""Scans are facts: kept once, counted the same in any order, looked at where they are in doubt."""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from participants import queries
from participants.documents import tickets
from participants.models import Attendance, AttendanceFact, Deed, DoorRule, DoubtfulScan, Registration
from participants.operations import attendance, scanners, scans
from participants.operations.attendance import NewMark
from participants.operations.row_locks import lock_session
from participants.operations.scans import Seen
from tests.factories import WIB, make_region, make_registration, make_session
from tests.histories import seeds
from tests.races import wait_for_somebody_who_waits
from tests.scanning import paired, recorder, scanner_of

pytestmark = pytest.mark.django_db
MORNING = datetime(2025, 12, 16, 8, 30, tzinfo=WIB)


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def token(session):
    return paired(session, gate="Pintu 1", now=MORNING)


def seen(registration, at=MORNING, **fields):
    return Seen(uuid.uuid4(), at, ticket=tickets.ticket_text(registration), **fields)


def take(token, *scanned, now=MORNING, sent_at=None):
    return scans.take(token=token, scans=scanned, sent_at=sent_at or now, now=now, machine_now=now)[1]


def outcomes(token, *scanned, **options):
    return [answer.outcome for answer in take(token, *scanned, **options)]


def derived():
    """What holds of everybody on every day, with all that a scan brings along."""
    return sorted(
        Attendance.objects.values_list("registration", "day", "mark", "kind", "happened_at", "gate"), key=repr
    )


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


def reasons():
    return DoubtfulScan.objects.values_list("public_id", "reason")


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


class TestAgainstStaff:
    """Scans of people of whom staff had said something else."""

    @pytest.fixture
    def registration(self, session):
        return make_registration(session)

    @pytest.fixture
    def staff(self, token):
        return scanner_of(token).made_by

    @pytest.fixture
    def mark(self, session, registration, staff):
        def record(mark, batch=None):
            new = NewMark(registration.pk, session.days.get(number=1).pk, mark)
            attendance.record(session=session, marks=[new], by=staff, now=MORNING, batch=batch)

        return record

    @pytest.mark.parametrize(
        ("said", "is_leaving", "outcome"),
        [
            ("absent", False, "overruled"),
            ("excused", False, "overruled"),
            ("present", False, "welcome"),
            ("late", False, "welcome"),
            ("left_early", False, "welcome"),
            ("absent", True, "overruled"),
            ("present", True, "overruled"),
            ("left_early", True, "left"),
        ],
    )
    def test_what_counts_for_nothing_is_said_and_noted(self, token, registration, mark, said, is_leaving, outcome):
        mark(said)

        (answer,) = take(token, seen(registration, is_leaving=is_leaving))

        assert answer.outcome == outcome
        assert list(DoubtfulScan.objects.values_list("reason", flat=True)) == ["overruled"] * (outcome == "overruled")
        assert Attendance.objects.get().mark == said
        if outcome == "overruled":
            assert (answer.mark, answer.gate) == (said, "")

    def test_a_repeat_and_a_second_look_are_told_the_same_and_noted_once(self, token, registration, mark):
        mark("absent")
        scan = seen(registration)

        told = outcomes(token, scan, seen(registration, MORNING + timedelta(seconds=5))) + outcomes(token, scan)

        assert told == ["overruled"] * 3
        assert DoubtfulScan.objects.count() == 1

    def test_who_was_scanned_before_staff_said_so_is_noted_when_scanned_again(self, token, registration, mark):
        first = seen(registration)
        assert outcomes(token, first) == ["welcome"]
        mark("absent")

        assert outcomes(token, first, seen(registration, MORNING + timedelta(seconds=5))) == ["welcome", "overruled"]
        assert DoubtfulScan.objects.get().reason == "overruled"

    def test_after_an_undo_what_the_phone_says_is_what_holds(self, session, token, registration, staff, mark):
        batch, noon = uuid.uuid4(), MORNING.replace(hour=12)
        take(token, seen(registration))
        mark("absent", batch)
        attendance.undo(session=session, batch=batch, by=staff, now=MORNING)

        assert outcomes(token, seen(registration, noon, is_leaving=True), now=noon) == ["left"]
        assert Attendance.objects.get().mark == "left_early"
        assert not DoubtfulScan.objects.exists()

    def test_who_was_cleared_is_welcome_again(self, token, registration, mark):
        take(token, seen(registration))
        mark("")

        later = MORNING + timedelta(minutes=30)
        assert outcomes(token, seen(registration, later), now=later) == ["welcome"]
        assert Attendance.objects.get().mark == "present"
        assert not DoubtfulScan.objects.exists()

    @pytest.mark.parametrize(("is_leaving", "holds"), [(False, "late"), (True, "left_early")])
    def test_counting_one_says_what_the_scan_says(self, token, registration, mark, staff, is_leaving, holds):
        noon = MORNING.replace(hour=12)
        mark("absent")
        take(token, seen(registration, noon, is_leaving=is_leaving), now=noon)

        scans.settle(doubt=DoubtfulScan.objects.get(), is_counted=True, by=staff, now=noon)

        assert Attendance.objects.get().mark == holds


class TestDoubts:
    @pytest.fixture
    def doubt(self, session, token):
        take(token, seen(make_registration(session), MORNING - timedelta(hours=3)))
        return DoubtfulScan.objects.get()

    def test_counting_one_says_present_and_who_said_so(self, doubt, token):
        staff = scanner_of(token).made_by

        scans.settle(doubt=doubt, is_counted=True, by=staff, now=MORNING)

        assert list(Attendance.objects.values_list("mark", "recorded_by")) == [("present", staff.pk)]
        with pytest.raises(scans.AnsweredDoubt):
            scans.settle(doubt=doubt, is_counted=False, by=staff, now=MORNING)

    def test_dismissing_one_records_nothing(self, doubt, token):
        scans.settle(doubt=doubt, is_counted=False, by=scanner_of(token).made_by, now=MORNING)

        assert not AttendanceFact.objects.exists()
        assert not DoubtfulScan.objects.open().exists()

    @pytest.mark.parametrize(("is_counted", "answer"), [(True, "counted"), (False, "dismissed")])
    def test_who_settled_one_is_told_in_the_history(self, session, doubt, token, is_counted, answer):
        staff = scanner_of(token).made_by

        scans.settle(doubt=doubt, is_counted=is_counted, by=staff, now=MORNING)

        deed = Deed.objects.about(doubt).get()
        assert (deed.what, deed.by, deed.session, deed.changed) == (
            "answered",
            staff,
            session,
            {"answer": ["", answer]},
        )

    def test_nobody_is_counted_who_is_nobody(self, session, token):
        take(token, Seen(uuid.uuid4(), MORNING, typed=uuid.uuid4()))

        with pytest.raises(scans.NobodyToCount):
            scans.settle(doubt=DoubtfulScan.objects.get(), is_counted=True, by=scanner_of(token).made_by, now=MORNING)


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

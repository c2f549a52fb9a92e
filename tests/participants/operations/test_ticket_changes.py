"""A ticket that was shared or lost is replaced: the old one is dead at every door, and nothing else is lost by it."""

import uuid
from datetime import datetime, timedelta
from functools import partial

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from participants.documents import door_lists, tickets
from participants.messages.mails import mail
from participants.models import AttendanceFact, Deed, DoubtfulScan, Notification, Registration, TicketChange
from participants.operations import message_facts, registrations, row_locks, scanners, scans, ticket_changes
from participants.operations.scans import Seen
from portal import roles
from tests.factories import WIB, as_reader, kinds, log_in_staff, make_coordinator, make_registration, make_session
from tests.races import at_once, meeting
from tests.scanning import paired, scanner_of
from tests.staff import make_staff

pytestmark = pytest.mark.django_db
MORNING = datetime(2025, 12, 16, 8, 30, tzinfo=WIB)
PAGE = "/saya/tiket/ganti/"


@pytest.fixture(autouse=True)
def _moment(monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: MORNING)


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def row(session):
    return make_registration(session)


def replace(row, *, by=None, now=MORNING, old=None):
    row.refresh_from_db()
    return ticket_changes.replace(registration=row, old=old or row.ticket, by=by, now=now)


def outcomes(token, *seen, now=MORNING):
    answers = scans.take(token=token, scans=seen, sent_at=now, now=now, machine_now=now)[1]
    return [answer.outcome for answer in answers]


def scan_of(text, at=MORNING):
    return Seen(uuid.uuid4(), at, ticket=text)


def soup(answer):
    return BeautifulSoup(answer.text, "html.parser")


class TestReplacing:
    def test_gives_another_ticket_and_code_and_tells_its_person_once(self, row):
        old, text, code = row.ticket, tickets.ticket_text(row), tickets.short_code(row)

        new = replace(row)
        assert ticket_changes.replace(registration=new, old=old, by=None, now=MORNING).ticket == new.ticket

        assert new.ticket not in (old, new.public_id)
        assert tickets.ticket_text(new) != text
        assert tickets.short_code(new) != code
        assert not tickets.verify(text).admits(new)
        assert tickets.verify(tickets.ticket_text(new)).admits(new)
        assert kinds(new) == ["ticket_replaced"]
        assert list(TicketChange.objects.values_list("registration", "old", "new", "at", "by")) == [
            (row.pk, old, new.ticket, MORNING, None)
        ]
        assert not Deed.objects.exists()

    def test_where_it_was_replaced_before_that_is_said_and_nothing_changes(self, row):
        staff, old = make_staff("coordinator", row.region), row.ticket
        replace(row)
        others = [(staff, MORNING), (None, MORNING + ticket_changes.ONE_PRESS)]
        for by, now in others:
            with pytest.raises(ticket_changes.ReplacedBefore):
                replace(row, old=old, by=by, now=now)
        replace(row)
        for foreign in (old, uuid.uuid4()):
            with pytest.raises(ticket_changes.ReplacedBefore):
                replace(row, old=foreign)
        assert TicketChange.objects.count() == 2

    def test_by_staff_stands_in_the_history(self, row):
        staff = make_staff("coordinator", row.region)
        replace(row, by=staff)

        deed = Deed.objects.about(row).get()
        assert (deed.what, deed.by, deed.session_id) == ("ticket_replaced", staff, row.session_id)
        assert TicketChange.objects.get().by == staff

    @pytest.mark.parametrize("place", ["queued", "offered", "asked", "released", "over"])
    def test_is_refused_where_no_ticket_admits(self, session, place):
        fields = {
            "queued": {"place": "queued", "queue_number": 1},
            "offered": {"place": "offered", "offered_until": MORNING},
            "asked": {"guardian": "asked"},
            "released": {"place": "released", "release_reason": "switched", "released_at": MORNING},
            "over": {},
        }[place]
        row = make_registration(session, **fields)

        with pytest.raises(ticket_changes.NoTicketToReplace):
            replace(row, now=MORNING + timedelta(days=3) if place == "over" else MORNING)
        assert not TicketChange.objects.exists()

    def test_three_times_a_day_by_oneself_and_by_staff_as_often_as_it_takes(self, row):
        for _time in range(ticket_changes.MOST_A_DAY):
            replace(row)
        with pytest.raises(ticket_changes.TooManyTickets):
            replace(row)
        replace(row, by=make_staff("coordinator", row.region))
        with pytest.raises(ticket_changes.TooManyTickets):
            replace(row)
        replace(row, now=MORNING + timedelta(days=1))

    def test_no_two_registrations_ever_have_one_ticket(self, session, row):
        new = replace(row)
        other = make_registration(session)
        with pytest.raises(IntegrityError), transaction.atomic():
            TicketChange.objects.create(registration=other, old=other.ticket, new=new.ticket, at=MORNING)

    def test_the_mail_holds_no_ticket(self, row):
        new = replace(row)
        (message,) = message_facts.read(Notification.objects.values_list("pk", flat=True))
        text = mail(message, now=MORNING).body

        assert "ditolak di pintu" in text
        for secret in (
            tickets.short_code(new),
            tickets.code_of(new.public_id),
            tickets.ticket_text(new),
            str(new.ticket),
        ):
            assert secret not in text


class TestAtTheDoor:
    @pytest.fixture
    def token(self, session):
        return paired(session, now=MORNING)

    def test_the_old_ticket_is_red_at_once_and_no_attendance(self, row, token):
        texts = [tickets.ticket_text(row)]
        for _time in range(2):
            texts.append(tickets.ticket_text(replace(row)))

        assert outcomes(token, *map(scan_of, texts)) == ["replaced", "replaced", "welcome"]
        assert AttendanceFact.objects.get().registration == row
        doubts = DoubtfulScan.objects.filter(reason="replaced", registration=row)
        assert doubts.count() == 2

    def test_so_is_its_code_even_from_a_phone_that_knows_of_nothing(self, row, token):
        typed = row.public_id  # what a list of before says of the old code
        new = replace(row)
        seen = [Seen(uuid.uuid4(), MORNING, typed=one) for one in (typed, new.ticket)]
        assert outcomes(token, *seen) == ["replaced", "welcome"]

    def test_what_was_seen_before_it_was_replaced_counts_whenever_it_comes(self, row, token):
        text = tickets.ticket_text(row)
        replace(row, now=MORNING + timedelta(minutes=10))
        later = MORNING + timedelta(minutes=30)
        assert outcomes(token, scan_of(text, MORNING + timedelta(minutes=9)), now=later) == ["welcome"]
        assert outcomes(token, scan_of(text, MORNING + timedelta(minutes=10)), now=later) == ["replaced"]

    def test_who_was_there_with_the_old_one_is_there_already(self, row, token):
        assert outcomes(token, scan_of(tickets.ticket_text(row))) == ["welcome"]
        new = replace(row)
        assert outcomes(token, scan_of(tickets.ticket_text(new))) == ["already"]

    def test_another_sessions_phone_learns_nothing_of_it(self, row):
        text, new = tickets.ticket_text(row), replace(row)
        stranger = paired(make_session(), now=MORNING)
        seen = [scan_of(text), Seen(uuid.uuid4(), MORNING, typed=row.public_id)]
        assert outcomes(stranger, *seen, Seen(uuid.uuid4(), MORNING, typed=new.ticket)) == [
            "other_session",
            "unknown",
            "unknown",
        ]
        assert not DoubtfulScan.objects.exclude(registration=None).exists()

    def test_the_list_names_what_is_dead_and_changes_by_it(self, session, row, token):
        def listed():
            return door_lists.door_list(scanner_of(token).session, scanners.rule_of(session))

        before, old = listed(), row.ticket
        new = replace(row)
        after = listed()

        assert (before["replaced"], before["reissued"]) == ([], {})
        assert (after["replaced"], after["reissued"]) == ([old.hex], {new.ticket.hex: row.public_id.hex})
        assert after["replaced_codes"] == {tickets.code_of(old): old.hex}
        assert after["cohort"][0][:2] == [row.public_id.hex, tickets.short_code(new)]
        assert after["version"] != before["version"]

        registrations.cancel(registration=new, now=MORNING - timedelta(days=3))
        gone = listed()
        assert gone["released_codes"] == {tickets.short_code(new): new.ticket.hex}
        assert gone["reissued"] == {new.ticket.hex: row.public_id.hex}

    def test_only_what_is_no_first_ticket_is_looked_up_besides(self, row, token):
        def asked_after(text):
            with CaptureQueriesContext(connection) as captured:
                outcomes(token, scan_of(text))
            return sum("ticketchange" in query["sql"] for query in captured)

        assert asked_after(tickets.ticket_text(row)) == 0
        assert asked_after(tickets.ticket_text(replace(row))) == 1


class TestPages:
    def test_people_replace_their_own_after_a_question(self, row):
        client, old = as_reader(row), row.ticket
        assert client.get("/saya/").text.count(PAGE) == 1
        assert PAGE in client.get("/saya/tiket/").text
        asked = soup(client.get(PAGE))
        assert tickets.short_code(row) in asked.main.text
        assert not TicketChange.objects.exists()

        form = {field["name"]: field["value"] for field in asked.select("main form input[type=hidden][value]")}
        answers = [client.post(PAGE, form) for _press in range(2)]

        assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/saya/")] * 2
        assert TicketChange.objects.get().old == old
        row.refresh_from_db()
        assert soup(client.get("/saya/")).select_one("form[data-tickets]")["data-tickets"] == tickets.short_code(row)

    def test_who_comes_second_from_another_tab_or_as_staff_reads_that_it_was_replaced_before(self, client, row):
        old = row.ticket
        replace(row, by=make_staff("coordinator", row.region))

        answer = as_reader(row).post(PAGE, {"old": str(old)})
        assert answer.status_code == 409
        assert "sudah diganti sebelumnya" in soup(answer).main.text

        log_in_staff(client, make_coordinator(row.region), roles.COORDINATOR)
        path = f"/staf/participants/registration/{row.pk}/tiket/"
        answer = client.post(path, {"old": str(old)}, follow=True)
        assert "sudah diganti sebelumnya" in answer.text
        assert "Tiketnya sudah diganti;" not in answer.text
        assert TicketChange.objects.count() == 1

    @pytest.mark.parametrize("old", ["", "nonsense", "\x00", "1" * 400])
    def test_what_names_no_ticket_is_asked_again(self, client, row, old):
        assert as_reader(row).post(PAGE, {"old": old}).status_code in (200, 400)
        log_in_staff(client, make_coordinator(row.region), roles.COORDINATOR)
        path = f"/staf/participants/registration/{row.pk}/tiket/"
        assert client.post(path, {"old": old}).status_code in (422, 400)
        assert not TicketChange.objects.exists()

    def test_nobody_replaces_anothers(self, session, row):
        other = as_reader(make_registration(session))
        form = {"pendaftaran": str(row.public_id), "old": str(row.ticket)}
        absent = {"pendaftaran": str(uuid.uuid4()), "old": str(row.ticket)}
        answers = [other.post(PAGE, form), other.post(PAGE, absent)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
        other.post(PAGE, {"old": str(row.ticket)})  # of one's own registration, another's ticket
        assert not TicketChange.objects.exists()

    def test_a_fourth_in_a_day_is_told_whom_to_ask(self, row):
        for _time in range(3):
            replace(row)
        row.refresh_from_db()
        answer = as_reader(row).post(PAGE, {"old": str(row.ticket)})
        assert answer.status_code == 409
        assert "koordinator" in soup(answer).main.text

    def test_a_coordinator_replaces_those_of_the_own_region_and_reads_who_did(self, client, row):
        staff = log_in_staff(client, make_coordinator(row.region, name="Ibu Rini"), roles.COORDINATOR)
        path = f"/staf/participants/registration/{row.pk}"
        shown = soup(client.get(f"{path}/change/"))
        assert shown.select_one(f"a[href='{path}/tiket/']")
        form = soup(client.get(f"{path}/tiket/")).select_one("#content-main form")
        old = form.select_one("[name=old]")["value"]

        assert client.post(f"{path}/tiket/", {"old": old}).status_code == 302

        assert TicketChange.objects.get().by == staff
        assert "oleh Ibu Rini" in client.get(f"{path}/change/").text
        assert "Tiket diganti" in client.get(f"{path}/history/").text
        foreign = make_registration(make_session())
        assert client.post(f"/staf/participants/registration/{foreign.pk}/tiket/", {"old": old}).status_code == 404
        assert TicketChange.objects.count() == 1

    def test_the_new_code_finds_its_person_and_paper_takes_the_old_one_too(self, client, session, row):
        old = tickets.short_code(row)
        code = tickets.short_code(replace(row))
        found = [Registration.objects.with_ticket(tickets.code_number(one)).count() for one in (old, code)]
        assert found == [0, 1]

        log_in_staff(client, make_coordinator(row.region), roles.COORDINATOR)
        day = session.days.get(number=1).pk
        data = {"day": day, "mark": "present", "lines": f"{old}\n{code}"}
        assert client.post(f"/staf/programs/trainingsession/{session.pk}/kertas/", data).status_code == 302
        assert AttendanceFact.objects.get().registration == row


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """The person, twice, and a coordinator replace one ticket in the same instant."""

    def replaced_at_once(self, row):
        staff = make_staff("coordinator", row.region)
        rows = [Registration.objects.get(pk=row.pk) for _one in range(3)]
        calls = [
            partial(ticket_changes.replace, registration=one, old=row.ticket, by=by, now=MORNING)
            for one, by in zip(rows, (None, None, staff), strict=True)
        ]
        return at_once(calls)

    def test_one_ticket_comes_of_it(self, row):
        results = self.replaced_at_once(row)
        change = TicketChange.objects.get()
        told = [getattr(result, "ticket", type(result)) for result in results]
        theirs, before = change.new, ticket_changes.ReplacedBefore
        assert told == ([before, before, theirs] if change.by else [theirs, theirs, before])
        assert kinds(row) == ["ticket_replaced"]

    def test_without_the_lock_they_are_in_each_others_way(self, row, monkeypatch):
        """The control: each reads the old ticket, and the database alone keeps it from being replaced twice."""
        read = meeting(lambda row: Registration.objects.select_related("session").get(pk=row.pk), number=3)
        monkeypatch.setattr(row_locks, "lock_registration", read)
        results = self.replaced_at_once(row)
        assert sum(isinstance(result, IntegrityError) for result in results) == 2

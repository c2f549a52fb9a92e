"""The page of a session's door: codes for phones, hours, and what must be looked at."""

import re
import uuid
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from participants.documents import tickets
from participants.models import Attendance, Deed, DoorRule, DoubtfulScan, Scanner
from participants.operations import attendance, registrations, scanners, scans
from portal import roles
from tests.factories import WIB, log_in_staff, make_coordinator, make_registration, make_session
from tests.scanning import paired, scanner_of

pytestmark = pytest.mark.django_db
MORNING = datetime(2025, 12, 16, 8, 30, tzinfo=WIB)


@pytest.fixture(autouse=True)
def _moment(monkeypatch):
    monkeypatch.setattr("portal.clock.now", lambda: MORNING)
    monkeypatch.setattr("participants.admin.doors.clock.machine_now", lambda: MORNING)


@pytest.fixture
def session():
    return make_session()


@pytest.fixture
def coordinator(client, session):
    return log_in_staff(client, make_coordinator(session.region, name="Ibu Koordinator"), roles.COORDINATOR)


def door(session, more=""):
    return f"/staf/programs/trainingsession/{session.pk}/pintu/{more}"


class TestCodes:
    def test_a_code_is_shown_as_digits_and_as_a_picture_and_pairs(self, client, session, coordinator):
        client.post(door(session), {"gate": "Timur"})
        page = client.get(door(session)).text

        digits = re.search(r'class="digits">(\d{4} \d{4} \d{4})<', page)[1].replace(" ", "")
        scanner, _token = scanners.pair(code=digits, network="192.0.2.1", now=MORNING, machine_now=MORNING)
        assert (scanner.gate, scanner.session, scanner.made_by) == ("Timur", session, coordinator)
        assert 'class="qr"' in page
        assert f"{digits[:4]} {digits[4:8]} {digits[8:]}" not in client.get(door(session)).text

    def test_each_phone_is_proposed_a_door_of_its_own(self, client, session, coordinator):
        proposed = []
        for _phone in range(3):
            page = BeautifulSoup(client.get(door(session)).content, "html.parser")
            proposed.append(page.select_one("[name=gate]")["value"])
            client.post(door(session), {"gate": proposed[-1]})

        assert proposed == ["Pintu utama", "Pintu 2", "Pintu 3"]

    def test_the_ministry_looks_and_makes_none(self, client, session):
        paired(session, now=MORNING)
        scanners.make(session=session, gate="x", by=make_coordinator(), now=MORNING, machine_now=MORNING)
        log_in_staff(client, make_coordinator(), roles.MINISTRY)

        page = client.get(door(session))

        assert page.status_code == 200
        assert "digits" not in page.text
        assert client.post(door(session), {"gate": "Timur"}).status_code == 404

    def test_a_withdrawn_phone_is_refused(self, client, session, coordinator):
        token = paired(session, now=MORNING)
        scanner = scanner_of(token)

        client.post(door(session, f"{scanner.pk}/cabut/"))

        with pytest.raises(scanners.ScannerIsDead):
            scanners.known(token, now=MORNING, machine_now=MORNING)
        scanner.refresh_from_db()
        assert scanner.withdrawn_by == coordinator

    def test_another_sessions_phone_is_not_there(self, client, session, coordinator):
        other = make_session()
        scanner = scanner_of(paired(other, now=MORNING))

        assert client.post(door(session, f"{scanner.pk}/cabut/")).status_code == 404
        assert client.post(door(other, f"{scanner.pk}/cabut/")).status_code == 404
        assert Scanner.objects.get().withdrawn_at is None


class TestHours:
    def test_are_changed_by_staff(self, client, session, coordinator):
        client.post(door(session, "aturan/"), {"opens_before": 30, "late_after": 0, "closes_after": 5})

        rule = DoorRule.objects.get(session=session)
        assert (rule.opens_before, rule.late_after, rule.closes_after, rule.is_self_open) == (30, 0, 5, False)
        deed = Deed.objects.get()
        assert (deed.by, deed.session, deed.changed["opens_before"][1]) == (coordinator, session, 30)

    @pytest.mark.parametrize("minutes", ["-1", "721", "9" * 30, "x", ""])
    def test_stay_as_they_are_when_they_cannot_be_meant(self, client, session, coordinator, minutes):
        client.post(door(session, "aturan/"), {"opens_before": minutes, "late_after": 0, "closes_after": 5})

        assert not DoorRule.objects.exists()


class TestDoubts:
    @pytest.fixture
    def doubt(self, session):
        early = MORNING - timedelta(hours=3)
        scan = scans.Seen(uuid.uuid4(), early, ticket=tickets.ticket_text(make_registration(session)))
        token = paired(session, now=MORNING)
        scans.take(token=token, scans=[scan], sent_at=MORNING, now=MORNING, machine_now=MORNING)
        return DoubtfulScan.objects.get()

    @pytest.mark.parametrize(("answer", "marks"), [("counted", ["present"]), ("dismissed", [])])
    def test_are_settled_once(self, client, session, coordinator, doubt, answer, marks):
        assert "Di luar jam pintu" in client.get(door(session)).text

        for _ in range(2):
            client.post(door(session, f"pindaian/{doubt.pk}/"), {"answer": answer})

        assert list(Attendance.objects.values_list("mark", flat=True)) == marks
        doubt.refresh_from_db()
        assert (doubt.answer, doubt.answered_by) == (answer, coordinator)

    def test_those_about_somebody_are_not_buried_under_those_about_nobody(
        self, client, session, coordinator, doubt, monkeypatch
    ):
        monkeypatch.setattr("participants.admin.doors.LATEST", 2)
        junk = [scans.Seen(uuid.uuid4(), MORNING, ticket="junk") for _ in range(3)]
        token = paired(session, gate="Pintu 2", now=MORNING)
        scans.take(token=token, scans=junk, sent_at=MORNING, now=MORNING, machine_now=MORNING)

        assert f"/registration/{doubt.registration_id}/change/" in client.get(door(session)).text

    def test_of_who_has_no_seat_are_not_offered_to_be_counted(self, client, session, coordinator, doubt):
        counts = 'value="counted"'
        assert counts in client.get(door(session)).text

        registrations.cancel(registration=doubt.registration, by=coordinator, reason="cancelled_by_staff", now=MORNING)

        page = client.get(door(session)).text
        assert counts not in page
        assert "tambahkan di tempat" in page

    def test_of_another_session_are_not_there(self, client, session, coordinator, doubt):
        other = make_session(region=session.region)

        assert client.post(door(other, f"pindaian/{doubt.pk}/"), {"answer": "counted"}).status_code == 404


def test_a_scan_against_a_word_of_staff_stands_beside_that_word(client, session, coordinator):
    registration, token = make_registration(session), paired(session, now=MORNING, by=coordinator)
    absent = attendance.NewMark(registration.pk, session.days.get(number=1).pk, "absent")
    attendance.record(session=session, marks=[absent], by=coordinator, now=MORNING)
    seen = [scans.Seen(uuid.uuid4(), MORNING, ticket=tickets.ticket_text(registration))]
    scans.take(token=token, scans=seen, sent_at=MORNING, now=MORNING, machine_now=MORNING)

    page = client.get(door(session)).text

    assert f"Berbeda dengan catatan petugas: Tidak hadir ({coordinator.name}, " in page


class TestDoubtsOfAWithdrawnPhone:
    """One phone has left three doubts, of which one was counted; another one; the first is withdrawn."""

    @pytest.fixture
    def phones(self, session, coordinator):
        found = []
        for number in (3, 1):
            token = paired(session, now=MORNING, gate=f"Pintu {number}", by=coordinator)
            tickets_of = [tickets.ticket_text(make_registration(session)) for _ in range(number)]
            seen = [scans.Seen(uuid.uuid4(), MORNING - timedelta(hours=3), ticket=text) for text in tickets_of]
            scans.take(token=token, scans=seen, sent_at=MORNING, now=MORNING, machine_now=MORNING)
            found.append(scanner_of(token))
        counted = found[0].doubtful_scans.order_by("pk").first()
        scans.settle(doubt=counted, is_counted=True, by=make_coordinator(session.region), now=MORNING)
        scanners.withdraw(scanner=found[0], by=coordinator, now=MORNING)
        return found

    def answers(self, scanner):
        return sorted(scanner.doubtful_scans.values_list("answer", "answered_by"))

    def test_are_dismissed_at_once_after_a_page_that_says_how_many(self, client, session, coordinator, phones):
        gone, staying = phones
        path, before = door(session, f"{gone.pk}/pindaian/"), self.answers(gone)
        link = BeautifulSoup(client.get(door(session)).content, "html.parser").select_one(f'a[href="{path}"]')
        assert "2" in link.text
        asked = BeautifulSoup(client.get(path).content, "html.parser")
        assert "2 pindaian" in asked.h2.text
        assert self.answers(gone) == before

        for _press in range(2):
            assert client.post(path).status_code == 302

        counted = next(answer for answer in before if answer[0] == "counted")
        assert self.answers(gone) == [counted, ("dismissed", coordinator.pk), ("dismissed", coordinator.pk)]
        assert self.answers(staying) == [("", None)]
        assert list(Attendance.objects.values_list("mark", flat=True)) == ["present"]
        deed = Deed.objects.about(gone).latest("pk")
        assert (deed.what, deed.by, deed.changed) == ("answered", coordinator, {"doubtful_scans": [2, 0]})
        assert Deed.objects.about(gone).filter(what="answered").count() == 1
        assert path not in client.get(door(session)).text

    def test_stay_while_the_phone_is_at_the_door(self, client, session, coordinator, phones):
        _gone, staying = phones
        path = door(session, f"{staying.pk}/pindaian/")

        assert path not in client.get(door(session)).text
        assert client.post(path, follow=True).text.count("Cabut dulu ponselnya") == 1
        assert self.answers(staying) == [("", None)]

    def test_are_left_to_those_who_may_settle_them(self, client, session, phones):
        path = door(session, f"{phones[0].pk}/pindaian/")
        log_in_staff(client, make_coordinator(), roles.MINISTRY)

        assert path not in client.get(door(session)).text
        assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]

    def test_of_another_session_are_not_there(self, client, session, coordinator, phones):
        path = door(make_session(region=session.region), f"{phones[0].pk}/pindaian/")

        assert [client.get(path).status_code, client.post(path).status_code] == [404, 404]


@pytest.mark.parametrize("rows", [1, 3])
def test_costs_the_same_for_one_and_three(client, session, coordinator, rows, django_assert_num_queries):
    for _ in range(rows):
        token = paired(session, now=MORNING, by=coordinator)
        scan = scans.Seen(
            uuid.uuid4(), MORNING - timedelta(hours=3), ticket=tickets.ticket_text(make_registration(session))
        )
        scans.take(token=token, scans=[scan], sent_at=MORNING, now=MORNING, machine_now=MORNING)

    with django_assert_num_queries(12):
        client.get(door(session))

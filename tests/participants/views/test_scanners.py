"""What devices ask the portal for: paired by a code, known by a token, told as little of people as it takes."""

import json
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.conf import settings

from participants.documents import tickets
from participants.models import AttendanceFact, DoubtfulScan, Registration, Scanner
from participants.operations import attendance, scanners
from participants.views import scanners as views
from portal.middleware import CONTENT_SECURITY_POLICY
from tests.factories import WIB, make_participant, make_region, make_registration, make_session
from tests.scanning import paired, recorder, scanner_of

pytestmark = pytest.mark.django_db
MORNING = datetime(2025, 12, 16, 8, 30, tzinfo=WIB)


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    now = [MORNING]
    monkeypatch.setattr("portal.clock.now", lambda: now[0])
    monkeypatch.setattr("portal.clock.machine_now", lambda: now[0])
    return now


@pytest.fixture
def session():
    return make_session(region=make_region(city="Bandung"))


@pytest.fixture
def token(session):
    return paired(session, now=MORNING)


def ms(instant):
    return int(instant.timestamp() * 1000)


def post(client, path, body, **headers):
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def send(client, token, *scans, at=MORNING, **fields):
    message = {"sent_at": ms(at), "scans": scans} | fields
    return post(client, "/pemindai/kirim/", message, authorization=f"Bearer {token}")


def a_scan(registration, **fields):
    return {"id": str(uuid.uuid4()), "at": ms(MORNING), "ticket": tickets.ticket_text(registration)} | fields


class TestPage:
    def test_alone_may_run_web_assembly_and_look_through_the_camera(self, client):
        page = client.get("/pemindai/")

        policy = page.headers["Content-Security-Policy"]
        assert policy == CONTENT_SECURITY_POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
        assert "camera=(self)" in page.headers["Permissions-Policy"]
        assert "camera=()" in client.get("/").headers["Permissions-Policy"]
        assert not page.cookies

    @pytest.mark.parametrize(("prefix", "name"), [("", "Pemindai Pelatihan Gen Z"), ("/en", "Gen Z Training scanner")])
    def test_can_be_installed(self, client, prefix, name):
        manifest = client.get(f"{prefix}/pemindai/aplikasi.webmanifest")

        assert manifest.headers["Content-Type"] == "application/manifest+json"
        told = manifest.json()
        assert (told["name"], told["display"], told["scope"]) == (name, "standalone", f"{prefix}/pemindai/")
        assert client.get(f"{prefix}/pemindai/luring.js").headers["Content-Type"].startswith("text/javascript")


class TestPairing:
    def test_the_code_gives_a_token_once(self, client, session):
        scanner = scanners.make(session=session, gate="Timur", by=recorder(session), now=MORNING, machine_now=MORNING)
        code = {"code": scanners.code_of(scanner)}

        told = post(client, "/pemindai/pasang/", code).json()

        assert (told["gate"], told["city"], told["zone"]) == ("Timur", "Bandung", "Asia/Jakarta")
        assert send(client, told["token"]).status_code == 200
        again = post(client, "/pemindai/pasang/", code)
        assert (again.status_code, again.json()["code"]) == (404, "pairing_code_unknown")

    @pytest.mark.parametrize(
        "body", [{}, {"code": "12345678901"}, {"code": 123456789012}, {"code": "12345678901\u0662"}, [], "x"]
    )
    def test_what_is_no_code_is_not_even_counted(self, client, body):
        assert post(client, "/pemindai/pasang/", body).status_code == 400

    def test_a_hundred_guesses_are_stopped(self, client):
        answers = [post(client, "/pemindai/pasang/", {"code": f"{guess:012}"}).status_code for guess in range(100)]

        assert answers == [404] * 10 + [429] * 90


class TestExchange:
    def test_answers_each_scan(self, client, session, token):
        registration = make_registration(session)

        told = send(client, token, a_scan(registration), a_scan(make_registration(make_session()))).json()

        assert [(answer["outcome"], answer["gate"]) for answer in told["answers"]] == [
            ("welcome", "Pintu 1"),
            ("other_session", ""),
        ]
        assert AttendanceFact.objects.get().scanner == scanner_of(token)

    @pytest.mark.parametrize("knows", [True, False], ids=["page of now", "older page"])
    def test_a_page_is_told_of_a_word_of_staff_as_it_can_say_it(self, client, session, token, knows):
        registration, by = make_registration(session), scanner_of(token).made_by
        absent = attendance.NewMark(registration.pk, session.days.get(number=1).pk, "absent")
        attendance.record(session=session, marks=[absent], by=by, now=MORNING)

        answer = send(client, token, a_scan(registration), **({"knows": ["overruled"]} if knows else {}))

        (told,) = answer.json()["answers"]
        said = ("overruled", "absent") if knows else ("already", None)
        assert (told["outcome"], told.get("mark"), told["gate"]) == (*said, "")
        assert DoubtfulScan.objects.get().reason == "overruled"

    @pytest.mark.parametrize(
        "text", ["A" * 301, "x1" * 5000, "\x00", "\U0001f389" * 400], ids=["long", "huge", "zero", "pictures"]
    )
    def test_whatever_else_the_camera_read_holds_up_no_ticket(self, client, session, token, text):
        odd = {"id": str(uuid.uuid4()), "at": ms(MORNING), "ticket": text}

        told = send(client, token, odd, a_scan(make_registration(session))).json()

        assert [answer["outcome"] for answer in told["answers"]] == ["not_a_ticket", "welcome"]

    @pytest.mark.parametrize(
        ("at", "outcome"), [(-5, "not_today"), (60_000, "not_today"), (5 * 10**12, "ahead"), (10**18, "ahead")]
    )
    def test_a_scan_of_when_the_clock_was_broken_holds_up_no_other(self, client, session, token, at, outcome):
        registration, other = make_registration(session), make_registration(session)

        told = send(client, token, a_scan(registration, at=at), a_scan(other)).json()

        assert [answer["outcome"] for answer in told["answers"]] == [outcome, "welcome"]
        assert DoubtfulScan.objects.get().registration == registration

    def test_a_clock_that_was_never_set_costs_no_scan(self, client, session, token):
        scan = a_scan(make_registration(session), at=60_000)

        told = send(client, token, scan, sent_at=120_000).json()

        assert [answer["outcome"] for answer in told["answers"]] == ["welcome"]
        assert AttendanceFact.objects.get().device_at == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)

    def test_scans_that_found_no_line_are_taken_for_two_weeks_and_nothing_else_is_told(
        self, client, session, token, moment
    ):
        first, second = make_registration(session), make_registration(session)
        moment[0] = scanners.ends(session) + timedelta(days=14)

        told = send(client, token, a_scan(first), at=moment[0], look=True).json()

        assert [answer["outcome"] for answer in told["answers"]] == ["welcome"]
        assert not {"list", "marks"} & told.keys()
        assert send(client, token, at=moment[0], look=True).status_code == 401
        moment[0] += timedelta(seconds=1)
        assert send(client, token, a_scan(second), at=moment[0]).status_code == 401
        assert AttendanceFact.objects.get().registration == first

    @pytest.mark.parametrize("token", ["", "nobodys", "x" * 5000], ids=["none", "nobodys", "long"])
    def test_nobody_without_a_token_is_told_anything(self, client, session, token):
        answer = send(client, token, a_scan(make_registration(session)), look=True)

        assert answer.status_code == 401
        assert not AttendanceFact.objects.exists()

    def test_a_withdrawn_device_is_refused_at_once(self, client, session, token):
        scanner = scanner_of(token)
        scanners.withdraw(scanner=scanner, by=scanner.made_by, now=MORNING)

        assert send(client, token, look=True).status_code == 401

    @pytest.mark.parametrize(
        "change",
        [
            {"sent_at": 10**18},
            {"sent_at": -1},
            {"scans": [{"id": "x", "at": 0}]},
            {"scans": "x"},
            {"since": -1},
            {"since": 2**70},
            {"version": "x" * 17},
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, client, token, change):
        assert send(client, token, **change).status_code == 400

    @pytest.mark.parametrize("more", [{}, {"page": "0" * 16, "of_later": {"x": [1]}}], ids=["first", "later"])
    def test_a_page_of_any_version_is_taken_from_and_told_which_one_is_of_now(self, client, session, token, more):
        """The words of the first page: what it sends and reads stays as it is for as long as one may be open."""
        ticket, ref = make_registration(session), make_registration(session)
        scans = [
            {"id": str(uuid.uuid4()), "at": ms(MORNING), "ticket": tickets.ticket_text(ticket), "leaving": False},
            {"id": str(uuid.uuid4()), "at": ms(MORNING), "ref": ref.public_id.hex, "leaving": False},
        ]
        message = {"sent_at": ms(MORNING), "scans": scans, "look": True, "version": "", "since": 0} | more

        told = post(client, "/pemindai/kirim/", message, authorization=f"Bearer {token}").json()

        assert [{name: one[name] for name in ("id", "outcome", "at", "gate")} for one in told["answers"]] == [
            {"id": scan["id"], "outcome": "welcome", "at": ms(MORNING), "gate": "Pintu 1"} for scan in scans
        ]
        marks = [[row.public_id.hex, 1, "present", ms(MORNING), "Pintu 1"] for row in (ticket, ref)]
        assert (told["now"], sorted(told["marks"]), type(told["newest"])) == (ms(MORNING), sorted(marks), int)
        assert {"version", "days", "cohort", "released", "released_codes"} <= told["list"].keys()
        page = BeautifulSoup(client.get("/en/pemindai/").text, "html.parser").select_one("#scanner")
        assert told["page"] == page["data-version"] != ""

    @pytest.mark.parametrize("path", ["/pemindai/", "/en/pemindai/"])
    def test_the_version_of_a_page_tells_of_every_file_that_it_names(self, client, path):
        named = set(re.findall(r'/static/[^"#]+', client.get(path).text))
        told = {f"/static/{file.relative_to(settings.ROOT / 'static')}" for file in views._files()}

        assert "/static/js/scanner.js" in named
        assert named <= told

    def test_too_many_at_once_are_refused(self, client, session, token):
        scan = a_scan(make_registration(session))

        assert send(client, token, *[scan | {"id": str(uuid.uuid4())} for _ in range(201)]).status_code == 400

    def test_whoever_asks_too_often_waits(self, client, session, token, monkeypatch):
        monkeypatch.setattr(scanners, "ASKS_A_MINUTE", 3)

        assert [send(client, token).status_code for _ in range(5)] == [200] * 3 + [429] * 2


class TestList:
    def test_holds_a_ticket_a_code_and_a_masked_name_of_the_confirmed_alone(self, client, session, token):
        person = make_participant(full_name="Siti Nur'aini Wulandari", region=session.region)
        registration = make_registration(session, participant=person)
        make_registration(session, guardian="asked")
        make_registration(session, place="queued", queue_number=1)
        gone = make_registration(session, place="released", release_reason="switched", released_at=MORNING)
        make_registration(make_session())

        answer = send(client, token, look=True)

        told = answer.json()["list"]
        assert told["cohort"] == [[registration.public_id.hex, tickets.short_code(registration), "Siti N. W."]]
        assert told["released"] == [gone.public_id.hex]
        assert told["released_codes"] == {tickets.short_code(gone): gone.public_id.hex}
        for personal in ("Nur'aini", "Wulandari", person.phone, person.user.email, "2004"):
            assert personal not in answer.text

    def test_is_sent_again_only_when_it_changed(self, client, session, token):
        registration = make_registration(session)
        version = send(client, token, look=True).json()["list"]["version"]

        assert "list" not in send(client, token, look=True, version=version).json()
        Registration.objects.filter(pk=registration.pk).update(
            place="released", release_reason="switched", released_at=MORNING
        )
        assert send(client, token, look=True, version=version).json()["list"]["cohort"] == []

    def test_tells_what_other_devices_saw_since(self, client, session, token):
        registration = make_registration(session)
        newest = send(client, token, look=True).json()["newest"]
        send(client, paired(session, gate="Pintu 2", now=MORNING), a_scan(registration))

        told = send(client, token, look=True, since=newest).json()

        assert told["marks"] == [[registration.public_id.hex, 1, "present", ms(MORNING), "Pintu 2"]]
        assert send(client, token, look=True, since=told["newest"]).json()["marks"] == []

    def test_days_are_instants_of_the_regions_own_time(self, client):
        session = make_session(region=make_region(time_zone="Asia/Jayapura"))

        day = send(client, paired(session, now=MORNING), look=True).json()["list"]["days"][0]

        start = datetime(2025, 12, 16, tzinfo=session.region.zone)
        assert [day[name] - ms(start) for name in ("from", "opens", "late", "ends", "closes", "until")] == [
            timedelta(hours=hours).total_seconds() * 1000 for hours in (0, 7, 9.25, 16, 17, 24)
        ]


def test_a_device_costs_no_cookie_and_no_session(client, session, token, django_assert_num_queries):
    scan = a_scan(make_registration(session))

    with django_assert_num_queries(8):
        answer = send(client, token, scan)
    assert not answer.cookies
    assert Scanner.objects.get().seen_at == MORNING

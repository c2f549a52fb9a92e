"""Answering appeals and needs: by whom, once, and what the first page says is waiting."""

from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client

from participants.admin.asks import AppealAdmin
from participants.models import AccessibilityRequest, Appeal, Deed, DoubtfulScan, Notification, Participant, Scanner
from participants.models.appeals import absence_code
from participants.operations import accessibility, appeals, consents, registrations, withdrawals
from tests import scanning
from tests.factories import DURING_REGISTRATION, MINOR_BORN, make_participant, make_registration, make_session
from tests.participants.operations.sending import deliver
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
APPEALS, NEEDS = "/staf/participants/appeal/", "/staf/participants/accessibilityrequest/"
VERDICT = {"verdict": "granted", "text": "Sudah kami buka lagi."}


def make_appeal(session, **fields):
    gone = {"place": "released", "released_at": NOW, "release_reason": "guardian_expired"}
    row = make_registration(session, **gone, **fields)
    return Appeal.objects.create(
        user=row.participant.user,
        session=session,
        registration=row,
        code="guardian_expired",
        text="Tolong",
        asked_at=NOW,
    )


def make_need(session, **fields):
    return AccessibilityRequest.objects.create(
        registration=make_registration(session, **fields), need="jalur kursi roda", asked_at=NOW
    )


@pytest.fixture
def session():
    return make_session()


def staff(role, session):
    return sign_in(Client(), make_staff(role, session.region, name=role))


@pytest.mark.parametrize(("table", "make"), [(APPEALS, make_appeal), (NEEDS, make_need)])
def test_from_the_answer_one_comes_back_to_what_was_asked_and_to_the_list(table, make, session):
    row = make(session)
    page = BeautifulSoup(staff("coordinator", session).get(f"{table}{row.pk}/jawab/").content, "html.parser")
    assert [link["href"] for link in page.select(".breadcrumbs a")] == ["/staf/", table, f"{table}{row.pk}/change/"]


@pytest.mark.parametrize("role", ["coordinator", "editor"])
def test_answering_an_appeal_tells_the_person_and_is_in_the_history(role, session):
    client, appeal = staff(role, session), make_appeal(session)
    assert "Tolong" in client.get(f"{APPEALS}{appeal.pk}/jawab/").content.decode()
    for _press in range(2):
        assert client.post(f"{APPEALS}{appeal.pk}/jawab/", VERDICT).status_code == 302

    appeal.refresh_from_db()
    assert (appeal.verdict, appeal.answer, appeal.answered_by.name) == ("granted", "Sudah kami buka lagi.", role)
    assert Notification.objects.get().kind == "appeal_answered"
    assert Deed.objects.about(appeal).get().by.name == role


def test_whoever_comes_second_reads_the_first_answer_and_keeps_what_they_wrote(session):
    first, second, appeal = staff("coordinator", session), staff("editor", session), make_appeal(session)
    first.post(f"{APPEALS}{appeal.pk}/jawab/", VERDICT)
    page = second.post(f"{APPEALS}{appeal.pk}/jawab/", VERDICT | {"text": "Jawabanku lain"}).content.decode()

    assert "Sudah kami buka lagi." in page
    assert "Jawabanku lain" in page
    assert Appeal.objects.get().answer == "Sudah kami buka lagi."


def test_needs_are_taken_and_answered_as_they_were_read(session):
    client, need = staff("coordinator", session), make_need(session)
    assert client.post(f"{NEEDS}{need.pk}/ambil/", {"instead_of": "9" * 5000}).status_code == 302
    client.post(f"{NEEDS}{need.pk}/ambil/", {"instead_of": ""})
    need.refresh_from_db()
    assert need.owner.name == "coordinator"
    AccessibilityRequest.objects.filter(pk=need.pk).update(need="huruf besar", version=2)
    said = {"kind": "can", "text": "Bisa.", "version": "1"}
    page = client.post(f"{NEEDS}{need.pk}/jawab/", said).content.decode()
    assert "huruf besar" in page
    assert 'name="version" value="2"' in page
    assert client.post(f"{NEEDS}{need.pk}/jawab/", said | {"version": "2"}).status_code == 302

    need.refresh_from_db()
    assert (need.kind, need.answer) == ("can", "Bisa.")
    assert Notification.objects.get().kind == "need_answered"


@pytest.mark.parametrize(("role", "seen"), [("ministry", 200), ("accounts", 403)])
def test_others_look_or_do_not_and_never_answer(role, seen, session):
    client, appeal, need = staff(role, session), make_appeal(session), make_need(session)
    assert [client.get(path).status_code for path in (APPEALS, NEEDS)] == [seen, seen]
    for path in (f"{APPEALS}{appeal.pk}/jawab/", f"{NEEDS}{need.pk}/jawab/", f"{NEEDS}{need.pk}/ambil/"):
        assert client.post(path, VERDICT | {"kind": "can", "version": "1"}).status_code == 404
    assert Appeal.objects.get().is_open
    assert AccessibilityRequest.objects.get().owner is None


def test_another_region_is_not_found(session):
    client, elsewhere = staff("coordinator", session), make_session()
    appeal, need = make_appeal(elsewhere), make_need(elsewhere)
    for path in (f"{APPEALS}{appeal.pk}/jawab/", f"{NEEDS}{need.pk}/jawab/", f"{NEEDS}{need.pk}/ambil/"):
        assert client.post(path, VERDICT).status_code == 404
    assert Appeal.objects.get().is_open


def test_what_was_taken_back_is_told_as_what_is_elsewhere_and_the_answer_is_kept(session):
    client, appeal, elsewhere = staff("coordinator", session), make_appeal(session), make_appeal(make_session())
    gone = appeal.pk
    appeal.delete()
    typed = VERDICT | {"text": "Cepat sembuh <3"}

    pages = [client.post(f"{APPEALS}{pk}/jawab/", typed) for pk in (gone, elsewhere.pk, elsewhere.pk + 1)]

    assert [page.status_code for page in pages] == [404] * 3
    shown = [BeautifulSoup(page.content, "html.parser").select_one("#content-main") for page in pages]
    assert shown[0] == shown[1] == shown[2]
    assert "sudah ditarik kembali oleh yang menulisnya, atau bukan dari wilayahmu" in shown[0].text
    assert shown[0].select_one("blockquote").text.strip() == "Cepat sembuh <3"


def test_what_is_taken_back_while_the_answer_comes_in_is_told_the_same(session, monkeypatch):
    client, appeal = staff("coordinator", session), make_appeal(session)
    find = AppealAdmin.asked
    monkeypatch.setattr(AppealAdmin, "asked", lambda *asked: (find(*asked), Appeal.objects.all().delete())[0])

    page = client.post(f"{APPEALS}{appeal.pk}/jawab/", VERDICT)

    assert page.status_code == 404
    assert "Sudah kami buka lagi." in BeautifulSoup(page.content, "html.parser").select_one("blockquote").text


def test_first_page_counts_what_waits_in_own_regions(session):
    make_appeal(session)
    make_need(session)
    make_appeal(make_session())
    asks = staff("coordinator", session).get("/staf/").context["asks"]

    assert (asks.appeals, asks.needs) == (1, 1)


def test_first_page_counts_doubtful_scans_of_own_regions_and_leads_to_the_first_ones_door(session):
    client, by = staff("coordinator", session), scanning.recorder(session)
    other, elsewhere = make_session(region=session.region), make_session()
    for one in (other, session, session, elsewhere):
        scanner = Scanner.objects.create(session=one, gate="1", made_by=by, made_at=NOW, code_until=NOW)
        times = dict.fromkeys(("device_at", "happened_at", "recorded_at"), NOW)
        DoubtfulScan.objects.create(public_id=uuid4(), session=one, scanner=scanner, reason="again", **times)

    (tile,) = BeautifulSoup(client.get("/staf/").text, "html.parser").select(".tile:has(a[href$='/pintu/'])")

    assert tile.b.text == "3"
    assert tile.a["href"] == f"/staf/programs/trainingsession/{session.pk}/pintu/"
    DoubtfulScan.objects.exclude(session=elsewhere).update(answer="counted", answered_by=by, answered_at=NOW)
    assert "pindaian di pintu" not in client.get("/staf/").text


def test_open_ones_come_first_and_a_minor_is_masked(session):
    child = make_participant(full_name="Zulaikha Rahasia", birth_date=MINOR_BORN)
    client = staff("coordinator", session)
    client.post(f"{APPEALS}{make_appeal(session).pk}/jawab/", VERDICT)
    make_appeal(session, participant=child, guardian="expired")
    page = client.get(APPEALS).content.decode()

    assert page.index("Z*** R***") < page.index("Siti Nur")
    assert "Zulaikha" not in page
    assert "Z*** R***" not in client.get(f"{APPEALS}?keadaan=dijawab").content.decode()


def test_texts_of_the_old_column_became_requests(session):
    row = make_registration(session)
    waiting = make_registration(session, guardian="asked")
    move = import_module("participants.migrations.0007_ask_for_needs_in_rows_of_their_own").MOVE
    with connection.cursor() as cursor:
        cursor.execute("UPDATE participants_participant SET accessibility_needs = 'huruf besar'")
        cursor.execute(move)

    assert waiting.guardian == "asked"
    assert list(AccessibilityRequest.objects.values_list("registration", "need", "asked_at")) == [
        (row.pk, "huruf besar", row.registered_at)
    ]


def test_the_open_ones_are_without_what_was_said_of_a_day_that_is_over(session, monkeypatch):
    client, said = staff("coordinator", session), make_appeal(session)
    code = absence_code(session.days.get(number=2).date)
    Appeal.objects.filter(pk=said.pk).update(code=code, registration=make_registration(session))
    objection = make_appeal(session)

    def listed(state):
        return {row.pk for row in client.get(f"{APPEALS}?keadaan={state}").context["cl"].result_list}

    for now, waiting in ((session.starts, {said.pk, objection.pk}), (session.ends, {objection.pk})):
        monkeypatch.setattr("portal.clock.now", lambda now=now: now)
        assert listed("terbuka") == waiting
    assert listed("") == {said.pk, objection.pk}


def make_absence(session, day=2):
    row = make_registration(session)
    said = {"user": row.participant.user, "session": session, "registration": row, "asked_at": session.starts}
    return Appeal.objects.create(code=absence_code(session.days.get(number=day).date), text="Ujian", **said)


@pytest.mark.parametrize("language", ["", "/en"])
def test_an_absence_is_called_so_in_the_list_and_where_it_is_answered(session, language):
    client, said = staff("coordinator", session), make_absence(session)
    words = ["objection", "appeal", "decision"] if language else ["keberatan", "keputusan"]
    told = "Cannot come on Wednesday, 17 December 2025" if language else "Tidak bisa datang Rabu, 17 Desember 2025"

    listed = BeautifulSoup(client.get(f"{language}{APPEALS}").content, "html.parser").select_one("#result_list tbody")
    answer = BeautifulSoup(client.get(f"{language}{APPEALS}{said.pk}/jawab/").content, "html.parser")
    answer.select_one(".breadcrumbs").decompose()

    for shown in (listed, answer.select_one("#content-main")):
        assert told in shown.text
        assert [word for word in words if word in shown.text.lower()] == []


def test_absences_are_listed_and_counted_apart(session, monkeypatch):
    client, absence, objection = staff("coordinator", session), make_absence(session), make_appeal(session)
    monkeypatch.setattr("portal.clock.now", lambda: session.starts)

    front = BeautifulSoup(client.get("/staf/").content, "html.parser")
    tiles = {link.text: link["href"] for link in front.select(".tiles a[href*='soal=']")}

    assert list(tiles) == ["keberatan belum dijawab", "kabar tidak datang belum dijawab"]
    listed = [{row.pk for row in client.get(link).context["cl"].result_list} for link in tiles.values()]
    assert listed == [{objection.pk}, {absence.pk}]


def test_who_announced_an_absence_is_told_of_that_answer(session, mails):
    said = make_absence(session)

    appeals.answer(appeal=said, verdict="granted", text="Baik.", by=make_staff("coordinator", session.region), now=NOW)
    deliver(NOW)

    (mail,) = mails.mails
    assert mail["Subject"] == "Koordinator sudah menjawab kabarmu"
    assert "Kamu bilang tidak bisa datang Rabu, 17 Desember 2025." in mail.get_body(["plain"]).get_content()
    assert "keberatan" not in mail.as_string().lower()


@pytest.mark.parametrize(("table", "make"), [(APPEALS, make_appeal), (NEEDS, make_need)])
def test_of_who_withdrew_nothing_is_left_to_read_or_to_answer(table, make, session):
    client, row = staff("coordinator", session), make(session)
    person = row.registration.participant
    Participant.objects.update(full_name="Siti Kanari")
    consents.give(participant=person, purposes=["training"], language="id", now=NOW)
    assert "Siti Kanari" in client.get(table).content.decode()
    withdrawals.withdraw(participant=person, purpose="training", now=NOW)

    pages = [client.get(f"{table}{where}") for where in ("", f"{row.pk}/change/", f"{row.pk}/jawab/")]
    answer = client.post(f"{table}{row.pk}/jawab/", VERDICT | {"kind": "can", "version": 1})

    assert [page.status_code for page in (*pages, answer)] == [200, 404, 404, 404]
    assert not [page for page in (*pages, answer) if "Kanari" in page.content.decode()]
    assert not Notification.objects.filter(kind__in=["appeal_answered", "need_answered"]).exists()
    assert not AccessibilityRequest.objects.exists()
    assert not Appeal.objects.readable().exists()


def test_what_is_said_after_withdrawing_is_read_without_the_name(session):
    client, row = staff("coordinator", session), make_appeal(session)
    consents.give(participant=row.registration.participant, purposes=["training"], language="id", now=NOW)
    withdrawals.withdraw(participant=row.registration.participant, purpose="training", now=NOW)
    Participant.objects.update(full_name="Siti Kanari")
    Appeal.objects.update(asked_at=NOW + timedelta(minutes=1))

    shown = client.get(f"{APPEALS}{row.pk}/jawab/").content.decode()

    assert ("Tolong" in shown, "Persetujuan ditarik" in shown) == (True, True)
    assert "Kanari" not in shown


def test_nobody_answers_a_need_of_who_does_not_come(session):
    client, need = staff("coordinator", session), make_need(session)
    open_page = client.get(f"{NEEDS}{need.pk}/change/").content.decode()
    registrations.cancel(registration=need.registration, now=NOW)

    assert "/jawab/" in open_page
    assert "/jawab/" not in client.get(f"{NEEDS}{need.pk}/change/").content.decode()
    answer = client.post(f"{NEEDS}{need.pk}/jawab/", {"kind": "can", "text": "Ada lift.", "version": 1})
    assert (answer.status_code, "sudah tidak terdaftar" in answer.content.decode()) == (404, True)
    with pytest.raises(accessibility.NobodyComes):
        accessibility.answer(
            request=need, version=1, kind="can", text="Ada lift.", by=need.registration.participant.user, now=NOW
        )

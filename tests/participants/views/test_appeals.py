"""Objecting to a decision as a person does it: from the link beside it to the answer on one's own page."""

import pytest

from participants.models import Appeal, Registration
from participants.operations import accessibility, appeals
from participants.outcomes import RELEASED
from tests.factories import DURING_REGISTRATION, make_coordinator, make_participant, make_registration, make_session

pytestmark = pytest.mark.django_db
NOW = DURING_REGISTRATION
WORDS = "Waliku sudah menjawab.\r\n\r\nSuratnya ada."


@pytest.fixture
def released(user):
    session = make_session()
    person = make_participant(user=user, region=session.region)
    fields = {"place": "released", "released_at": NOW, "release_reason": "guardian_expired"}
    return make_registration(session, participant=person, **fields)


def body(registration, code="guardian_expired", text=WORDS):
    return {"sesi": registration.session.slug, "kode": code, "text": text}


def test_link_stands_beside_the_outcome_and_leads_to_what_was_decided(reader, released, page):
    (link,) = page(reader.get("/saya/")).select("main a[href^='/keberatan/']")
    shown = page(reader.get(link["href"]))

    assert "tidak menjawab pada waktunya" in shown.main.text
    assert [term.text for term in shown.select("dl.pairs dt")] == ["Mendaftar", "Dilepas"]
    assert shown.select_one("textarea")["maxlength"] == "1000"


def test_sent_is_kept_and_shown_with_its_answer(reader, released, page):
    answer = reader.post("/keberatan/", body(released))
    assert (answer.status_code, answer["Location"]) == (302, "/saya/")
    appeal = Appeal.objects.get()
    assert appeal.text == "Waliku sudah menjawab.\n\nSuratnya ada."
    own = page(reader.get("/saya/"))
    assert "Menunggu jawaban" in own.select_one("#keberatan").text
    assert not own.select("main a[href^='/keberatan/?']")

    staff = make_coordinator(name="Bu Ratna")
    appeals.answer(appeal=appeal, verdict="granted", text="Kursimu kami buka lagi.", by=staff, now=NOW)

    own = page(reader.get("/saya/"))
    assert own.select("main a[href^='/keberatan/?']")
    told = own.select_one("#keberatan").text
    assert "Diterima" in told
    assert "Kursimu kami buka lagi." in told
    assert staff.name not in told


@pytest.mark.parametrize("method", ["get", "post"])
def test_stays_about_the_decision_in_the_other_language(reader, released, page, method):
    link = page(getattr(reader, method)("/keberatan/", body(released, text=""))).select_one("a[hreflang=en]")["href"]

    assert link == f"/en/keberatan/?sesi={released.session.slug}&kode=guardian_expired"
    assert page(reader.get(link)).textarea


def test_pressed_twice_is_one_appeal(reader, released):
    for _press in range(2):
        assert reader.post("/keberatan/", body(released)).status_code == 302

    assert Appeal.objects.count() == 1


@pytest.mark.parametrize("text", ["", " \n ", "x" * 1001])
def test_what_cannot_be_sent_comes_back_as_typed(reader, released, page, text):
    answer = reader.post("/keberatan/", body(released, text=text))

    assert answer.status_code == 422
    assert page(answer).textarea.text.strip() == text.strip()
    assert page(answer).select_one("#galat a[href='#id_text']")
    assert not Appeal.objects.exists()


def test_the_fourth_of_a_day_comes_back_as_typed(reader, released, page):
    for number in range(3):
        Appeal.objects.create(
            user=released.participant.user, session=make_session(), code="full", text=str(number), asked_at=NOW
        )
    answer = reader.post("/keberatan/", body(released))

    assert (answer.status_code, answer["Retry-After"]) == (429, str(24 * 3600))
    assert "tiga keberatan" in page(answer).select_one("#galat").text
    assert "Suratnya ada." in page(answer).textarea.text


@pytest.mark.parametrize("code", ["guardian_refused", "", "x"])
def test_what_was_not_decided_is_said_and_nothing_kept(reader, released, code):
    assert reader.post("/keberatan/", body(released, code)).status_code == 200
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("code", [code for code, outcome in RELEASED.items() if not outcome.is_decision])
def test_nobody_objects_to_what_they_did_by_themselves(reader, released, page, code):
    Registration.objects.filter(pk=released.pk).update(release_reason=code)

    shown = page(reader.get(f"/keberatan/?sesi={released.session.slug}&kode={code}"))

    assert not shown.textarea
    assert "Keputusan ini tidak ada" in shown.main.text
    reader.post("/keberatan/", body(released, code))
    assert not Appeal.objects.exists()


def test_somebody_elses_decision_is_none(client, released, page):
    other = make_participant().user
    client.force_login(other)

    assert page(client.get(f"/keberatan/?sesi={released.session.slug}&kode=guardian_expired")).textarea is None


def test_without_a_login_what_was_typed_is_kept(client, released):
    answer = client.post("/keberatan/", body(released), headers={"Origin": "http://testserver"})

    assert answer.status_code == 403
    assert "Suratnya ada." in answer.content.decode()


def test_a_refused_birth_date_leads_to_an_appeal(reader, page):
    session = make_session()
    sent = {"birth_date": "1990-01-01", "full_name": "Tua", "region": session.region_id}
    (link,) = page(reader.post(f"/daftar/{session.slug}/", sent)).select("a[href^='/keberatan/']")

    assert "di luar rentang" in page(reader.get(link["href"])).main.text


def test_ones_own_page_shows_the_need_who_looks_after_it_and_the_answer(reader, user, page):
    session = make_session()
    row = make_registration(session, participant=make_participant(user=user, region=session.region))

    def shown():
        return page(reader.get("/saya/")).select_one("#kebutuhan")

    assert shown() is None
    need = accessibility.say(registration=row, need="jalur kursi roda", now=NOW)
    assert "jalur kursi roda" in shown().text
    staff = make_coordinator(name="Bu Ratna")
    accessibility.take(request=need, instead_of=None, by=staff, now=DURING_REGISTRATION)
    assert "sedang mengurusnya" in shown().text
    accessibility.answer(request=need, version=1, kind="partly", text="Hanya lantai satu.", by=staff, now=NOW)
    assert "Bisa sebagian" in shown().text
    assert "Hanya lantai satu." in shown().text
    assert staff.name not in shown().text

"""Every page in every state as a picture: `make screens` writes them to screens/ with an index page.

Each page is taken at 360 and 1280 pixels, light and dark, in both languages, and in Indonesian at 320, 768 and 1440
too, from a real portal with real data. `make screens ONLY="door my-page"` takes those whose names begin so. A new page
is one more line in `pages` (or in `tests/states.py`); the accessibility tests and the benchmark of pages then look at
it too.
"""

from __future__ import annotations

import html
import json
import shutil
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, Route, sync_playwright

from portal import embedded
from tests.running import CHROMIUM, GOOGLE_KEYS, Portal, launch_chromium, running_portal

OUT = embedded.ROOT / "screens"
WIDTHS = {"id": (360, 1280, 320, 768, 1440), "en": (360, 1280)}
SCHEMES = ("light", "dark")
AT_ONCE = 3  # browsers


@dataclass(frozen=True)
class Shot:
    """One page in one state: what it is called, where it is, who looks at it, and what they do there.

    `session` and `door` are cookies, `forgets` is one that is lost before anything is pressed; `typed` is values by the
    names of controls; `press` is what is pressed, one after the other; `awaits` is what then must be there. Requests
    for what `blocked` names fail, those for what `stalled` names are never answered. `answers` are whole pages by
    language, shown in the place of the portal's answer.
    """

    name: str
    path: str
    session: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    press: Sequence[str] = ()
    awaits: str = "main"
    door: str = ""
    forgets: str = ""
    blocked: str = ""
    stalled: str = ""
    answers: dict[str, str] = field(default_factory=dict)

    def url(self, base: str, language: str) -> str:
        if self.path.startswith("http"):
            return self.path
        return base + ("/en" if language == "en" else "") + self.path


def shots_of(portal: Portal) -> list[Shot]:
    """Make the data of every state in a running portal, and name every page in every state."""
    return [Shot(**shot) for shot in json.loads(portal.python("-m", "tests.screens", "--fill"))]


def catcher_of(portal: Portal) -> list[Shot]:
    """The pages of the mail catcher."""
    letters = Shot("mail-catcher", portal.mails)
    return [letters, replace(letters, name="mail-catcher-mail", press=["main li a"], awaits="main pre")]


def pages() -> list[Shot]:
    """Make the data, and name every page in every state."""
    from django.contrib.auth.models import Group

    from participants import tokens
    from participants.models import Consent
    from participants.operations import (
        accessibility,
        appeals,
        attendance,
        consents,
        guardians,
        registrations,
        sessions,
        withdrawals,
    )
    from portal import clock, roles
    from programs.models import TrainingSession
    from tests import factories, states

    now = clock.now()

    def find(city: str) -> Any:
        return TrainingSession.objects.with_places().get(region__city=city)

    def register(session: Any, name: str, *, born: Any = factories.ADULT_BORN, **options: Any) -> Any:
        person = factories.make_participant(full_name=name, birth_date=born, region=session.region)
        return registrations.register(participant=person, session=session, form_key=uuid.uuid4(), now=now, **options)

    jayapura, bali, manado, batam = (find(city) for city in ("Jayapura", "Denpasar", "Manado", "Batam"))
    names = [
        "Siti Nur'aini",
        "Suharto",
        "Ma'ruf Amin",
        "Sri-Wahyuni",
        "M. Ali",
        "Yohana Wonda",
        "Agus Kogoya",
        "Dewi Lestari",
    ]
    cohort = [register(jayapura, name) for name in names * 5]
    minor = register(jayapura, "Putri Ayu", born=factories.MINOR_BORN, guardian_email="ibu@example.com")
    answered = register(jayapura, "Made Putra", born=factories.MINOR_BORN, guardian_email="ayah@example.com")
    request = answered.guardian_requests.get()
    guardians.answer(
        request=request, agrees=True, signer_name="Wayan Putra", signer_relation="Ayah", language="id", now=now
    )
    expired = register(jayapura, "Rizki", born=factories.MINOR_BORN, guardian_email="wali@example.com")
    expired.guardian_requests.update(expires_at=now - timedelta(hours=1))
    guardians.expire_due(now=now)
    cancelled = register(jayapura, "Bayu Saputra")
    registrations.cancel(registration=cancelled, now=now)
    consenting, withdrawn = register(jayapura, "Ratna"), register(jayapura, "Bima")
    for person in (consenting.participant, withdrawn.participant):
        consents.give(participant=person, purposes=["training", "partner_contact"], now=now, language="id")
    withdrawals.withdraw(participant=withdrawn.participant, purpose=Consent.Purpose.TRAINING, now=now)
    staff = factories.make_coordinator(jayapura.region, name="Koordinator")
    sessions.set_capacity(session=bali, capacity=1, now=now, by=staff)
    register(bali, "Ketut")
    queued = register(bali, "Komang Ayu")
    accessibility.say(registration=cohort[3], need="Jalur kursi roda dari parkiran sampai ruang kelas.", now=now)
    need = accessibility.say(registration=cohort[4], need="Juru bahasa isyarat.", now=now)
    accessibility.answer(
        request=need, version=1, kind="can", text="Bisa: dua juru bahasa, bergantian.", by=staff, now=now
    )
    objecting = expired.participant.user
    appeal = appeals.submit(
        user=objecting, session=find("Jayapura"), code="guardian_expired", text="Waliku sudah menjawab.", now=now
    )
    settled = register(jayapura, "Tirza Kambu")
    registrations.cancel(registration=settled, now=now, by=staff, reason=registrations.Release.CANCELLED_BY_STAFF)
    answered_appeal = appeals.submit(
        user=settled.participant.user,
        session=find("Jayapura"),
        code="cancelled_by_staff",
        text="Aku tetap ingin ikut.",
        now=now,
    )
    appeals.answer(appeal=answered_appeal, verdict="granted", text="Kami keliru; daftarlah lagi.", by=staff, now=now)
    soon = factories.make_session(
        program=factories.make_program(offer_hours=24, starts_on=date(2025, 12, 17)),  # so that home shows December
        region=bali.region,
        venue=bali.venue,
        first_day=(now + timedelta(days=2)).date(),
    )
    asked = register(soon, "Nyoman")
    offered = register(soon, "Wayan Sari")
    type(asked).objects.filter(pk=asked.pk).update(registered_at=now - timedelta(days=5))
    type(offered).objects.filter(pk=offered.pk).update(place="offered", offered_until=soon.offer_ends(now))
    sessions.cancel(session=manado, now=now, by=staff)
    few = find("Medan")
    sessions.set_capacity(session=few, capacity=5, now=now, by=staff)
    for name in names[:3]:
        register(few, name)
    batam.program.refresh_from_db()
    # Editions before the current one, so that home and sessions show December: one opens later, one is under way.
    early = {"starts_on": date(2025, 11, 3), "ends_on": date(2025, 11, 7)}
    later = factories.make_program(**early, registration_opens=now + timedelta(days=9))
    earlier = factories.make_program(**early, registration_opens=now - timedelta(days=60))
    medan, today = find("Medan").region, now.date()
    soon = factories.make_session(program=later, region=medan, first_day=today + timedelta(days=40))
    closed = factories.make_session(program=earlier, region=medan, first_day=today)
    finished = factories.make_session(program=earlier, region=medan, first_day=today - timedelta(days=30))
    moved = find("Surabaya")
    TrainingSession.objects.filter(pk=moved.pk).update(schedule_version=2)
    newcomer = factories.make_user()
    for person in cohort[:30]:
        first = jayapura.days.get(number=1)
        mark = attendance.NewMark(person.pk, first.pk, ["present", "late", "excused", "present"][person.pk % 4])
        first_day = datetime.combine(first.date, first.starts_at, tzinfo=jayapura.region.zone)
        attendance.record(session=jayapura, marks=[mark], by=staff, now=first_day)
    Consent.objects.count()
    staff.groups.set(Group.objects.filter(name=roles.COORDINATOR))
    editor = factories.make_coordinator(name="Pengelola")
    editor.groups.set(Group.objects.filter(name__in=[roles.EDITOR, roles.ACCOUNTS]))

    seen_by = cookie_of
    coordinator, ministry = seen_by(staff, is_staff=True), seen_by(editor, is_staff=True)
    open_request = minor.guardian_requests.get()
    link = f"/wali/{tokens.guardian_token(open_request.public_id)}/"
    session_page = f"/staf/programs/trainingsession/{jayapura.pk}"

    def check(state: str, typed: dict[str, Any]) -> Shot:
        return Shot(
            f"check-{state}", "/cek/", typed=typed, press=["main form button"], awaits="main .answer, main .error"
        )

    return [
        Shot("home", "/"),
        Shot("sessions", "/sesi/"),
        Shot("session-open", f"/sesi/{jayapura.slug}/"),
        Shot("session-full", f"/sesi/{bali.slug}/"),
        Shot("session-few-seats", f"/sesi/{few.slug}/"),
        Shot("session-cancelled", f"/sesi/{manado.slug}/"),
        Shot("session-soon", f"/sesi/{soon.slug}/"),
        Shot("session-closed", f"/sesi/{closed.slug}/"),
        Shot("session-finished", f"/sesi/{finished.slug}/"),
        Shot("session-moved", f"/sesi/{moved.slug}/"),
        Shot("check", "/cek/"),
        check("yes", {"birth_date": "2004-05-17", "region": jayapura.region_id}),
        check("minor", {"birth_date": "2009-03-02", "region": jayapura.region_id}),
        check("full", {"birth_date": "2004-05-17", "region": bali.region_id}),
        check("cancelled", {"birth_date": "2004-05-17", "region": manado.region_id}),
        check("too-old", {"birth_date": "1996-12-31", "region": bali.region_id}),
        check("unanswered", {"region": bali.region_id}),
        Shot("door", "/masuk/"),
        Shot("door-for-a-session", f"/daftar/{jayapura.slug}/"),
        *states.door(jayapura),
        Shot("door-refused", "/masuk/", press=["main form button"]),
        Shot("register", f"/daftar/{jayapura.slug}/", seen_by(newcomer)),
        Shot("register-refused", f"/daftar/{jayapura.slug}/", seen_by(newcomer), press=["form[data-register] button"]),
        *states.forms(jayapura, cohort[5]),
        Shot("register-full", f"/daftar/{bali.slug}/", seen_by(newcomer)),
        Shot("register-closed", f"/daftar/{closed.slug}/", seen_by(newcomer)),
        Shot("register-not-open", f"/daftar/{soon.slug}/", seen_by(newcomer)),
        Shot("register-cancelled", f"/daftar/{manado.slug}/", seen_by(newcomer)),
        Shot("my-page-empty", "/saya/", seen_by(factories.make_user())),
        Shot("my-page-confirmed", "/saya/", seen_by(cohort[0].participant.user)),
        Shot("my-page-waiting-for-guardian", "/saya/", seen_by(minor.participant.user)),
        Shot("my-page-guardian-agreed", "/saya/", seen_by(answered.participant.user)),
        Shot("my-page-guardian-silent", "/saya/", seen_by(expired.participant.user)),
        Shot("my-page-queued", "/saya/", seen_by(queued.participant.user)),
        Shot("my-page-cancelled", "/saya/", seen_by(cancelled.participant.user)),
        Shot("my-page-leave-queue", "/saya/batal/", seen_by(queued.participant.user)),
        Shot("my-page-offered", "/saya/", seen_by(offered.participant.user)),
        Shot("my-page-asked-whether-coming", "/saya/", seen_by(asked.participant.user)),
        *states.days(jayapura.region),
        Shot("switch", "/saya/pindah/", seen_by(cohort[1].participant.user)),
        Shot("switch-confirm", f"/saya/pindah/?ke={batam.slug}", seen_by(cohort[1].participant.user)),
        Shot("offer", f"/tawaran/{tokens.offer_token(offered.public_id)}/"),
        Shot("offer-gone", f"/tawaran/{tokens.offer_token(cancelled.public_id)}/"),
        Shot("coming", f"/datang/{tokens.coming_token(asked.public_id)}/"),
        Shot("coming-closed", f"/datang/{tokens.coming_token(cohort[3].public_id)}/"),
        Shot("link-unknown", "/datang/tidak-dikenal/"),
        Shot("opening-alert", f"/kabari/{manado.region.code}/", seen_by(newcomer)),
        Shot("opening-alert-open", f"/kabari/{batam.region.code}/", seen_by(newcomer)),
        Shot("my-page-cancel", "/saya/batal/", seen_by(cohort[1].participant.user)),
        Shot("my-page-data", "/saya/data/", seen_by(cohort[2].participant.user)),
        Shot("my-addresses", "/saya/alamat/", seen_by(cohort[2].participant.user)),
        Shot("my-address-change", "/saya/alamat/ganti/", seen_by(cohort[2].participant.user)),
        Shot("my-page-data-minor", "/saya/data/", seen_by(minor.participant.user)),
        Shot("my-page-need", "/saya/", seen_by(cohort[3].participant.user)),
        Shot("my-page-need-answered", "/saya/", seen_by(cohort[4].participant.user)),
        Shot("my-page-appeal-answered", "/saya/", seen_by(settled.participant.user)),
        Shot("appeal", f"/keberatan/?sesi={bali.slug}&kode=full", seen_by(queued.participant.user)),
        Shot(
            "appeal-refused",
            f"/keberatan/?sesi={bali.slug}&kode=full",
            seen_by(queued.participant.user),
            press=["main form button"],
            awaits=".error",
        ),
        Shot("appeal-waiting", f"/keberatan/?sesi={jayapura.slug}&kode=guardian_expired", seen_by(objecting)),
        Shot("ticket", "/saya/tiket/", seen_by(cohort[0].participant.user)),
        Shot("ticket-gone", f"/saya/tiket/?pendaftaran={cancelled.public_id}", seen_by(cancelled.participant.user)),
        Shot("consents", "/saya/persetujuan/", seen_by(withdrawn.participant.user)),
        Shot("consents-standing", "/saya/persetujuan/", seen_by(consenting.participant.user)),
        Shot("my-page-consent-withdrawn", "/saya/", seen_by(withdrawn.participant.user)),
        Shot("guardian", link),
        Shot("guardian-answered", f"/wali/{tokens.guardian_token(request.public_id)}/"),
        Shot("guardian-unknown", "/wali/tidak-dikenal/"),
        *states.addresses(jayapura.region),
        *states.family(jayapura),
        *states.broken(coordinator),
        Shot("not-found", "/tidak-ada/"),
        Shot("staff-login", "/staf/akun/masuk/"),
        Shot("staff-second-factor", "/staf/akun/2fa/", ministry),
        Shot("staff-index-coordinator", "/staf/", coordinator),
        Shot("staff-index-editor", "/staf/", ministry),
        Shot("staff-sessions", "/staf/programs/trainingsession/", ministry),
        Shot("staff-session", f"{session_page}/change/", ministry),
        Shot("staff-session-capacity", f"{session_page}/kapasitas/", ministry),
        Shot("staff-session-schedule", f"{session_page}/jadwal/", ministry),
        Shot("staff-session-cancel", f"{session_page}/batal/", ministry),
        Shot("staff-attendance", f"{session_page}/hadir/", coordinator),
        Shot("staff-timeline", f"{session_page}/pesan/", coordinator),
        Shot("staff-timeline-example", f"{session_page}/pesan/", coordinator, press=[".timeline a"], awaits=".example"),
        Shot("staff-cohort", "/staf/participants/registration/", coordinator),
        Shot("staff-registration", f"/staf/participants/registration/{minor.pk}/change/", coordinator),
        Shot("staff-participants", "/staf/participants/participant/", coordinator),
        Shot("staff-appeals", "/staf/participants/appeal/", coordinator),
        Shot("staff-appeal", f"/staf/participants/appeal/{appeal.pk}/change/", coordinator),
        Shot("staff-appeal-answer", f"/staf/participants/appeal/{appeal.pk}/jawab/", coordinator),
        Shot("staff-needs", "/staf/participants/accessibilityrequest/", coordinator),
        Shot("staff-messages", "/staf/participants/notification/", coordinator),
        Shot("staff-export", "/staf/participants/attendanceexport/unduh/", ministry),
        *states.workplace(jayapura, ministry),
        *states.mails(jayapura),
    ]


def cookie_of(user: Any, *, is_staff: bool = False, proofs: Sequence[str] = ("password", "mfa")) -> str:
    """The cookie of a session in which `user` is logged in; staff by these proofs, given just now."""
    from tests.factories import make_login

    return make_login(user, is_staff=is_staff, proofs=proofs, at=time.time())


_stalled: dict[Page, list[Route]] = {}  # requests that wait until their page shows something else


def show(page: Page, shot: Shot, base: str, language: str) -> None:
    """Open the page in its state, as the person whom the shot names."""
    for route in _stalled.pop(page, []):
        route.abort()
    page.unroute_all()
    # What the page before may still be about to send is not sent any more. Of the same site, as every other place costs
    # the browser a new process.
    page.goto(f"{base}/livez")
    page.context.clear_cookies()
    for name, value in (("session", shot.session), ("door", shot.door)):
        if value:
            page.context.add_cookies([{"name": name, "value": value, "url": base}])
    if shot.answers:
        page.route("**" + shot.path, lambda route: route.fulfill(body=shot.answers[language], content_type="text/html"))
    if shot.blocked:
        page.route(shot.blocked, lambda route: route.abort())
    if shot.stalled:
        page.route(shot.stalled, lambda route: _stalled.setdefault(page, []).append(route))
    page.goto(shot.url(base, language))
    for name, value in shot.typed.items():
        _type(page.locator(f"main [name={name}]:visible").first, value)
    if shot.forgets:
        page.context.clear_cookies(name=shot.forgets)
    for selector in shot.press:
        page.wait_for_selector(selector)
        page.eval_on_selector(selector, "button => { if (button.form) button.form.noValidate = true; }")
        page.click(selector)
        page.wait_for_load_state()
    if shot.press:
        page.wait_for_selector(shot.awaits)


def _type(control: Locator, value: Any) -> None:
    kind = control.evaluate("control => control.tagName + ' ' + control.type")
    if kind.startswith("SELECT"):
        control.select_option(str(value))
    elif kind == "INPUT checkbox":
        control.set_checked(value)
    else:
        control.fill(value)
    control.blur()


def take(base: str, shots: list[Shot]) -> list[tuple[Shot, str]]:
    """Take every picture, in several browsers at once."""
    waiting = [(shot, language) for shot in reversed(shots) for language in WIDTHS]
    taken: dict[str, Shot] = {}
    failed: list[BaseException] = []
    missed: list[str] = []

    def work() -> None:
        try:
            with sync_playwright() as playwright:
                browser = launch_chromium(playwright)
                page = browser.new_page()
                page.set_default_timeout(10_000)
                while waiting and not failed:
                    shot, language = waiting.pop()
                    try:
                        show(page, shot, base, language)
                    except PlaywrightError as error:  # the picture tells more than the error
                        missed.append(f"{shot.name} {language}: {error.message}")
                    taken.update(dict.fromkeys(_pictures(page, f"{shot.name}-{{}}-{{}}-{language}.png"), shot))
                browser.close()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    if missed:
        print("\n".join(["These never came into their state:", *missed]), file=sys.stderr)  # noqa: T201
    place = {shot.name: number for number, shot in enumerate(shots)}
    return sorted(((shot, name) for name, shot in taken.items()), key=lambda item: place[item[0].name])


def _pictures(page: Page, name: str) -> list[str]:
    """Picture the open page at every width in both schemes; return the files' names."""
    names = []
    language = name.rpartition("-")[2].removesuffix(".png")
    for width in WIDTHS[language]:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            names.append(name.format(width, scheme))
            page.screenshot(path=OUT / names[-1], full_page=True, animations="disabled")
    return names


INDEX = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Screens</title><style>
:root {{ color-scheme: light dark; --paper: #fbf8f1; --surface: #fff; --ink: #1b1530; --soft: #574f6b; --line: #ddd5c4;
  --link: #3a2aa8; font: 1rem/1.5 system-ui, sans-serif; }}
@media (prefers-color-scheme: dark) {{ :root {{ --paper: #120e22; --surface: #1c1732; --ink: #f3effc; --soft: #b9b0d0;
  --line: #362e55; --link: #b5aaff; }} }}
body {{ display: grid; grid-template-columns: 16rem minmax(0, 1fr); margin: 0; background: var(--paper);
  color: var(--ink); }}
nav {{ position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; box-sizing: border-box;
  background: var(--surface); border-right: 1px solid var(--line); }}
nav a {{ display: block; padding: .15rem .5rem; border-radius: .5rem; font-size: .8125rem; color: var(--link);
  text-decoration: none; overflow-wrap: anywhere; }}
nav a:hover {{ background: var(--paper); text-decoration: underline; }}
main {{ padding: 1rem 2rem; }} h1 {{ letter-spacing: -.02em; }} h2 {{ font-size: 1.125rem; margin: 1.5rem 0 .5rem; }}
section {{ scroll-margin-top: 1rem; }}
section div {{ display: flex; gap: 1rem; overflow-x: auto; padding-bottom: 1rem; align-items: start; }}
figure {{ margin: 0; flex: none; }} figcaption {{ font-size: .75rem; color: var(--soft); }}
img {{ height: 26rem; max-width: 40rem; object-fit: cover; object-position: top; border-radius: .75rem;
  border: 1px solid var(--line); }}
@media (max-width: 48rem) {{ body {{ display: block; }} main {{ padding: 1rem; }}
  nav {{ position: static; height: auto; max-height: 40vh; border: 0; border-bottom: 1px solid var(--line); }}
  nav a {{ padding-block: .4rem; }} img {{ height: 20rem; max-width: 80vw; }} }}
</style><nav aria-label="Pages">{links}</nav><main><h1>{count} pictures of {pages} pages</h1>{sections}</main></html>"""


def write_index(taken: list[tuple[Shot, str]]) -> None:
    """A page that shows all pictures of one page and state in a row, the phone's first."""
    rows: dict[str, list[str]] = {}
    for shot, name in taken:
        words = name.removesuffix(".png").removeprefix(f"{shot.name}-").split("-")
        rows.setdefault(shot.name, []).append(
            f'<figure><a href="{name}"><img src="{name}" alt="{name}" loading="lazy"></a>'
            f"<figcaption>{html.escape(' · '.join(words))}</figcaption></figure>"
        )
    sections = "".join(
        f'<section id="{name}"><h2>{name}</h2><div>{"".join(row)}</div></section>' for name, row in rows.items()
    )
    links = "".join(f'<a href="#{name}">{name}</a>' for name in rows)
    page = INDEX.format(links=links, count=len(taken), pages=len(rows), sections=sections)
    (OUT / "index.html").write_text(page)


def main(only: Sequence[str]) -> None:
    if CHROMIUM is None:
        sys.exit("There is no Chromium on this machine (on Debian: apt install chromium).")
    with running_portal(**GOOGLE_KEYS) as portal:
        shots = [*shots_of(portal), *catcher_of(portal)]
        shots = [shot for shot in shots if not only or shot.name.startswith(tuple(only))]
        if not shots:
            sys.exit(f"No page's name begins with {' or '.join(only)}.")
        if not only:
            shutil.rmtree(OUT, ignore_errors=True)
        OUT.mkdir(exist_ok=True)
        taken = take(portal.url, shots)
    write_index(taken)
    print(f"{len(taken)} pictures: {Path(OUT / 'index.html')}")  # noqa: T201


if __name__ == "__main__":
    if sys.argv[1:] == ["--fill"]:
        django.setup()
        print(json.dumps([asdict(shot) for shot in pages()]))  # noqa: T201
    else:
        main(sys.argv[1:])

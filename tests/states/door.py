"""The door: the code in each of its states, a crowd, and why Google let nobody in."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.utils import translation

from participants import tokens
from participants.models import LoginCode, Notification
from participants.operations import login_codes
from participants.views.door import ask_for_address
from participants.views.refusals import FROM_GOOGLE
from portal import clock
from programs.models import TrainingSession
from tests import factories as make
from tests.shots import LANGUAGES, Shot


def door(session: TrainingSession) -> Iterator[Shot]:
    """The code in each of its states, and a crowd: every code for this machine's network is beyond the free ones."""
    machine_now = clock.machine_now()

    def asked(email: str) -> str:
        browser = secrets.token_urlsafe(32)
        login_codes.ask(email=email, browser=browser, language="id", machine_now=machine_now, now=clock.now())
        return browser

    dead = asked("yohana@example.com")
    LoginCode.objects.filter(email="yohana@example.com").update(expires_at=machine_now)
    crowd = LoginCode.objects.get(email="yohana@example.com")
    LoginCode.objects.bulk_create(
        LoginCode(
            email="murid@example.com",
            address_key=f"murid{number}@example.com",
            inbox_key=f"murid{number}@example.com",
            browser_hash=crowd.browser_hash[::-1],
            network_hash=tokens.network_hash("127.0.0.1"),
            asked_at=machine_now + timedelta(hours=2),  # the crowd stays for as long as pictures are taken
            expires_at=machine_now,
        )
        for number in range(settings.CROWD_ASKS)
    )
    goal, email = f"?next=/daftar/{session.slug}/", {"email": "dewi@example.com"}
    send, line = "main form button", "form[data-line] button"
    yield Shot("door-typo", "/masuk/", typed={"email": "siti@"}, press=[send], awaits="main .error")
    yield Shot("door-code", f"/masuk/kode/{goal}", door=asked("siti@example.com"))
    yield Shot("door-code-other-domain", "/masuk/kode/", door=asked("siti@gmial.com"))
    yield Shot("door-code-dead", "/masuk/kode/", door=dead)
    wrong = {"code": "BCDF-GHJK"}
    code = asked("agus@example.com")
    enter = "main form.form button"  # not the button above it by which a dead code is asked for anew
    yield Shot("door-code-wrong", "/masuk/kode/", door=code, typed=wrong, press=[enter], awaits="#galat")
    yield Shot("door-code-refused", "/masuk/kode/", door=asked("made@example.com"), press=[enter], awaits="main .error")
    yield Shot("door-crowd", f"/masuk/{goal}", typed=email, press=[send], stalled="**/pbkdf2*.js", awaits="progress")
    yield Shot("door-crowd-line", "/masuk/", typed=email, press=[send], blocked="**/crowd*.js", awaits=line)
    yield Shot(
        "door-crowd-turn", "/masuk/", typed=email, press=[send, line], blocked="**/crowd*.js", awaits="main .notice"
    )
    yield Shot("door-one-more-press", "/masuk/", typed=email | {"website": "x"}, press=[send], awaits="#sekali-lagi")
    yield from (_back_from_google(refusal) for refusal in FROM_GOOGLE.values())
    yield Shot("door-help", "/masuk/bantuan/")
    yield Shot("privacy", "/privasi/")
    yield Shot("message-proof", "/surat/")
    yield Shot("message-proof-refused", "/surat/?code=BCDF", awaits="main .error")
    yield Shot("message-proof-unknown", "/surat/?code=BBBB-BBBB-BBBB", awaits="main .notice-bad")
    now = clock.now()
    told = {
        "kind": "region_open",
        "queue": "bulk",
        "state": "sent",
        "due_at": now,
        "settled_at": now,
        "created_at": now,
    }
    written = Notification.objects.create(account=make.make_user(), **told)
    proof = tokens.message_code(written.pk, written.public_id)
    yield Shot("message-proof-ours", f"/surat/?code={proof}", awaits="main .notice-good")
    yield Shot("send-again", "/masuk/", typed=email, press=[send], forgets="csrf", awaits="h1")


def _back_from_google(refusal: Any) -> Shot:
    """The door with why Google let nobody in: it says so once, so the page is made beside the portal."""
    answers = {}
    for language in LANGUAGES:
        with translation.override(language):
            request = RequestFactory().get("/masuk/" if language == "id" else "/en/masuk/")
            request.user = AnonymousUser()
            answers[language] = ask_for_address(request, refusal=refusal()).content.decode()
    name = refusal.code.removeprefix("google_").replace("_", "-")
    return Shot(f"door-google-{name}", "/masuk/", answers=answers)

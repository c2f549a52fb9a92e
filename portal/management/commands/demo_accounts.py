"""`manage.py demo_accounts`: one account of each role for a run on this machine, with passwords made here."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from portal import clock, embedded, roles
from portal.accounts.models import User
from programs.models import Coordination, Region

ACCOUNTS = [
    ("kementerian@example.go.id", "Staf kementerian", roles.MINISTRY, []),
    ("pengelola@example.go.id", "Pengelola program", roles.EDITOR, []),
    ("akun@example.go.id", "Pengelola akun", roles.ACCOUNTS, []),
    ("akun2@example.go.id", "Rekan pengelola akun", roles.ACCOUNTS, []),
    ("papua@example.go.id", "Koordinator Papua", roles.COORDINATOR, ["Papua"]),
    ("bali@example.go.id", "Koordinator Bali", roles.COORDINATOR, ["Bali"]),
    ("jakarta@example.go.id", "Koordinator DKI Jakarta", roles.COORDINATOR, ["DKI Jakarta"]),
]


class Command(BaseCommand):
    help = "Makes demonstration accounts, or prints them again. Only for a run on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print", action="store_true", help="only print the accounts made before")

    def handle(self, **options: object) -> None:
        if settings.PRODUCTION:
            raise CommandError("Demonstration accounts have no place in production.")
        passwords = read()
        if not options["print"]:
            hashed = {email: words for email, words in read_hashed().items() if email in passwords}
            for email, name, role, regions in ACCOUNTS:
                password = passwords.setdefault(email, "-".join(secrets.token_hex(3) for _ in range(4)))
                hashed[email] = make(email, name, role, regions, password, hashed.get(email, ""))
            write(passwords, hashed)
        self.stdout.write(
            "Staff sign in with a password, then a recovery code (each works once) or an authenticator app."
        )
        for email, name, _role, _regions in ACCOUNTS:
            user = User.objects.filter(email=email).first()
            if user and email in passwords:
                self.stdout.write(f"\n  {name:<24} {email:<28} {passwords[email]}")
                self.stdout.write(f"  {'':<24} codes {' '.join(recovery_codes(user)[:3])}   app {totp_secret(user)}")


@transaction.atomic
def make(email: str, name: str, role: str, regions: list[str], password: str, hashed: str) -> str:
    """Make the account or bring its role and regions up to date; its password becomes `password`.

    Returns that password as the database has it. What an earlier run returned is `hashed`: to compare with it is quick,
    to ask whether it is the password takes a quarter of a second for each account.
    """
    user = User.objects.with_address(email).first()
    if user is None:
        user = User.objects.create_staff(email=email, password=password, name=name, now=clock.machine_now())
    elif user.password != hashed and not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    user.groups.set(Group.objects.filter(name=role))
    for region in Region.objects.filter(name__in=regions):
        Coordination.objects.get_or_create(user=user, region=region)
    authenticators = Authenticator.objects.filter(user=user)
    if authenticators.filter(type=Authenticator.Type.TOTP).exists() and totp_secret(user) != totp_secret(user):
        authenticators.delete()  # encrypted under a key that is gone: such a secret reads differently each time
    if not authenticators.filter(type=Authenticator.Type.TOTP).exists():
        TOTP.activate(user, generate_totp_secret())
    codes = RecoveryCodes.activate(user)
    if not codes.get_unused_codes():
        codes.instance.delete()
        RecoveryCodes.activate(user)
    return user.password


def recovery_codes(user: User) -> list[str]:
    instance = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    return RecoveryCodes(instance).get_unused_codes()


def totp_secret(user: User) -> str:
    return decrypt(Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"])


def path() -> Path:
    return embedded.state_dir() / "accounts.json"


def read() -> dict[str, Any]:
    """The passwords by address."""
    return _read(path())


def read_hashed() -> dict[str, Any]:
    """The same passwords as the database has them, by address."""
    return _read(path().with_suffix(".hashed.json"))


def write(passwords: dict[str, Any], hashed: dict[str, Any]) -> None:
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file, words in ((path(), passwords), (path().with_suffix(".hashed.json"), hashed)):
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            json.dump(words, opened)


def _read(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text()) if file.exists() else {}

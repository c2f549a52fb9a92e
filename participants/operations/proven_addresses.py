"""The door for an address that Google has proven: it opens what a code mailed to it would open, and nothing else."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from participants.addresses import NotAnAddress, address_key, normal
from participants.operations import login_codes, participants
from participants.operations.refusals import Refused
from portal.accounts.models import User


class GoogleAddressUnproven(Refused):
    code = "google_address_unproven"
    sentence = _("Google belum memastikan bahwa alamat email itu milikmu.")
    remedy = _("Tulis alamat itu di bawah: kami kirim kode untuk memastikannya. Atau pilih akun Google lain.")


def enter(*, email: str, is_proven: bool, language: str, now: datetime) -> User:
    """Return the user whom `email` opens; a new address becomes a user here, as with a code.

    Raises GoogleAddressUnproven unless Google `is_proven` of it, also for what we take for no address; AccountIsOff.
    """
    try:
        address = normal(email)
    except NotAnAddress as error:
        raise GoogleAddressUnproven from error
    if not is_proven:
        raise GoogleAddressUnproven
    with transaction.atomic():
        login_codes.lock(address_key(address))  # as whoever types a code for it, so that one address becomes one user
        user = login_codes.let_in(email=address, now=now)
    if not user.is_active:
        raise login_codes.AccountIsOff
    participants.write_in(user, language)
    return user

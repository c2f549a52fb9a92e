"""What allauth may do here: log staff in. Accounts are made by invitation or by the participants' door."""

import hmac
from base64 import urlsafe_b64encode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from portal.accounts import known_browsers, staff_gate


class StaffAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("Email atau kata sandinya keliru."),
        "too_many_login_attempts": _("Terlalu banyak percobaan yang gagal. Coba lagi beberapa menit lagi."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """A path of ours; allauth's own lets a broken address become an error page."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: object) -> str:
        """Failures count for an account; in a browser where it has been entered before they count apart."""
        key = super()._get_login_attempts_cache_key(request, **credentials)
        return f"{key}:{known_browsers.mark(request, str(credentials.get('email', '')))}"

    def is_reauthentication_required(self, *, app: str, **options: object) -> bool:
        """Before a second factor is shown or changed, a proof not older than five minutes."""
        return not staff_gate.proved_recently(self.request)


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of apps and recovery codes lie encrypted in the database: a stolen copy of it opens nothing."""

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that no key of ours opens becomes a random one, which no code fits."""
        try:
            return _keys().decrypt(encrypted_text).decode()
        except InvalidToken:
            return generate_totp_secret()


def _keys() -> MultiFernet:
    """The server's key and those before it, each used for nothing else: the newest encrypts, any decrypts."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    purpose = b"second factor"
    return MultiFernet([Fernet(urlsafe_b64encode(hmac.digest(key.encode(), purpose, "sha256"))) for key in keys])

"""Sign-in with Google: allauth speaks the protocol (state, PKCE, token, id_token), and all that is taken from it is one
address and whether Google has proven it. No account of Google's is stored, no token, no name.

Imported only where both keys are set.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, NoReturn

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter, _verify_and_decode
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

logger = logging.getLogger(__name__)
_STARTED = "google_started"
_WAIT = 3600  # seconds that a browser which never came back is remembered
GMAIL = frozenset({"gmail.com", "googlemail.com"})
CANCELLED, AWAY, LOST = "cancelled", "away", "lost"


@dataclass(eq=False)
class Answer(Exception):
    """What came back: an address, proven or not, or a `problem` (CANCELLED, AWAY, LOST); and what was `started`."""

    started: dict[str, Any]
    email: str = ""
    is_proven: bool = False
    problem: str = ""


class _Messenger(GoogleOAuth2Adapter):
    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """The address registered at Google; never one that a request's headers make up."""
        return f"{settings.BASE_URL}{reverse('google_callback')}"

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **options: Any) -> SocialLogin:
        try:
            return super().complete_login(request, app, token, **options)
        except (LookupError, TypeError, ValueError, AttributeError, ImproperlyConfigured) as error:  # an odd answer
            raise OAuth2Error(type(error).__name__) from error

    def _decode_id_token(self, app: SocialApp, id_token: str) -> Any:
        """allauth trusts the line on which the token came; we look at its signature as well."""
        return _verify_and_decode(app, id_token)


class _Google(GoogleProvider):
    oauth2_adapter_class = _Messenger
    pkce_enabled_default = True

    def get_default_scope(self) -> list[str]:
        return ["openid", "email"]


class GoogleAdapter(DefaultSocialAccountAdapter):
    """Ends allauth's flow where it would look for an account of its own: `answer` takes it from there."""

    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> GoogleProvider:
        """The one provider, with the keys from the settings: no table is asked."""
        keys = {"client_id": settings.GOOGLE_CLIENT_ID, "secret": settings.GOOGLE_CLIENT_SECRET}
        return _Google(request, app=SocialApp(provider=GoogleProvider.id, **keys))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> NoReturn:
        said = sociallogin.account.extra_data
        email = str(said.get("email") or "")
        raise Answer(sociallogin.state["data"], email=email, is_proven=_is_proven(email, said))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: GoogleProvider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> NoReturn:
        state = (extra_context or {}).get("state")
        if state is None:
            raise Answer(request.session.get(_STARTED, {}), problem=LOST)
        if error != AuthError.CANCELLED:
            logger.warning("google: %s", exception or request.GET.get("error", "no code")[:40])
        raise Answer(state["data"], problem=CANCELLED if error == AuthError.CANCELLED else AWAY)


def _is_proven(email: str, said: dict[str, Any]) -> bool:
    """Whether Google keeps this very mailbox (Gmail, or `hd`: a Workspace) and vouches for it.

    Of an address elsewhere it says "verified" as well, but knows only whose it was when the Google account was made.
    """
    is_verified = True in (said.get("email_verified"), said.get("verified_email"))
    return is_verified and (email.rpartition("@")[2].lower() in GMAIL or bool(said.get("hd")))


_callback = OAuth2CallbackView.adapter_view(_Messenger)


def begin(request: HttpRequest, started: dict[str, Any], *, hint: str = "") -> HttpResponse:
    """Lead the browser to Google. `started` comes back with the answer; `hint` is the address to offer first."""
    request.session[_STARTED] = started  # for an answer that does not say what it answers
    request.session.set_expiry(_WAIT)
    provider = GoogleAdapter(request).get_provider(request, GoogleProvider.id)
    offered = {"prompt": "select_account"} | ({"login_hint": hint} if hint else {})
    return provider.redirect(request, AuthProcess.LOGIN, data=started, auth_params=offered)


def answer(request: HttpRequest) -> Answer:
    """What Google answers with this request, which it had the browser make. Asks Google; each answer counts once."""
    try:
        _callback(request)
    except Answer as said:
        request.session.pop(_STARTED, None)
        return said
    raise AssertionError("allauth answered without asking the adapter")

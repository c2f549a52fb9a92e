"""The few places where allauth's pages need a word of ours."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView, RemoveWebAuthnView
from django.contrib.auth.decorators import login_not_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy

from portal.accounts import known_browsers, staff_gate
from portal.views import forgotten

Gate = Callable[[HttpRequest], bool]
View = Callable[..., HttpResponseBase]


def behind(gate: Gate) -> Callable[[View], View]:
    """Let a request pass `gate`, or lead it to the proof that is missing. To all but staff the page does not exist."""

    def decorator(view: View) -> View:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_staff:
                raise Http404
            return view(request, *args, **kwargs) if gate(request) else staff_gate.lead_in(request)

        wrapper.login_url = reverse_lazy("admin:login")  # type: ignore[attr-defined]
        return wrapper

    return decorator


def remembering(view: View) -> View:
    """Know this browser again once somebody has entered the workplace by `view`."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method == "POST" and staff_gate.may_enter(request):
            known_browsers.remember(response, request.user.email)  # type: ignore[union-attr]
        return response

    return wrapper


class _ActivateTOTP(ActivateTOTPView):
    """Whoever types the first code of a new app has proved the second factor for this session."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user: Any = self.request.user
        record_authentication(self.request, user, staff_gate.SECOND_FACTOR, type="totp")
        self.request.session.cycle_key()
        return response


class _DeactivateTOTP(DeactivateTOTPView):
    """Without a second factor the workplace is closed until another is set up."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        staff_gate.forget_second_factor(self.request)
        return response


class _Authenticate(AuthenticateView):
    """The second factor after the password; passkeys are offered to whoever has one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"has_passkey": _passkeys(self.stage.login.user).exists()}


class _AddPasskey(AddWebAuthnView):
    """Whoever makes a passkey has proved the second factor for this session."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        user: Any = self.request.user
        record_authentication(self.request, user, staff_gate.SECOND_FACTOR, type="webauthn")
        self.request.session.cycle_key()
        return response


class _RemovePasskey(RemoveWebAuthnView):
    """Without a second factor the workplace is closed until another is set up."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
        if not Authenticator.objects.filter(user=self.request.user.pk, type__in=kinds).exists():
            staff_gate.forget_second_factor(self.request)
        return response


class _ProvePasskey(ReauthenticateWebAuthnView):
    """More rights, another session key; a passkey that does not fit is asked for again."""

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session.cycle_key()
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form))


def _passkeys(user: Any) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user=user.pk, type=Authenticator.Type.WEBAUTHN)


class _Reauthenticate(ReauthenticateView):
    """More rights, another session key."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"has_passkey": _passkeys(self.request.user).exists()}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session.cycle_key()
        return response


@login_not_required
def logout(request: HttpRequest) -> HttpResponse:
    """Ask by GET, end the session by POST; the browser forgets what it kept."""
    response = account.logout(request)
    return forgotten(response) if request.method == "POST" else response


activate_totp = _ActivateTOTP.as_view()
authenticate = _Authenticate.as_view()
add_passkey = _AddPasskey.as_view()
remove_passkey = _RemovePasskey.as_view()
prove_passkey = _ProvePasskey.as_view()
deactivate_totp = _DeactivateTOTP.as_view()
reauthenticate = _Reauthenticate.as_view()

"""What allauth may do here: log staff in. Accounts are made by invitation or by the participants' door."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from portal.accounts import staff_gate


class StaffAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("admin:index")

    def is_reauthentication_required(self, *, app: str, **options: object) -> bool:
        """Before a second factor is shown or changed, a proof not older than five minutes."""
        return not staff_gate.proved_recently(self.request)

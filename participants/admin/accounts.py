"""Accounts of staff. Participants' accounts are not managed: they have no password and see only themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from participants.admin import sights
from participants.fields import AddressField, NameField, TextField
from participants.models import AccountRequest
from participants.operations import account_changes, account_requests, accounts, invitations
from participants.operations.refusals import Refused
from portal import clock
from portal.accounts.models import User
from portal.roles import COORDINATOR, ROLES
from programs.admin.conflicts import CarefulModelForm
from programs.admin.scoping import MinistryOnlyAdmin
from programs.models import Region

WAITS = _("Sebagian menunggu: pengelola akun lain harus menyetujuinya dalam 24 jam, di daftar akun.")


class StaffForm(CarefulModelForm):
    """One member of staff: roles come from the table in the code, and nobody is made a superuser here.

    It writes nothing itself, and knows no password: whoever has lost one is mailed a link.
    """

    email = AddressField(label=_("Alamat email"), help_text=_("Berganti setelah pengelola akun lain menyetujui."))
    reset_second_factor = forms.BooleanField(
        label=_("Lepas faktor kedua"),
        required=False,
        help_text=_(
            "Kalau ponsel dan kode cadangannya hilang. Terjadi setelah pengelola akun lain menyetujui;"
            " petugas memasang yang baru saat masuk berikutnya."
        ),
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("Peran"),
        queryset=Group.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Selain koordinator, peran baru berlaku setelah pengelola akun lain menyetujui."),
    )

    class Meta:
        model = User
        fields = ["email", "name", "is_active", "groups"]
        field_classes = {"name": TextField}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "groups" in self.fields:  # absent where the account is only looked at
            self.fields["groups"].queryset = Group.objects.filter(name__in=ROLES)  # type: ignore[attr-defined]

    def clean_groups(self) -> Any:
        groups = self.cleaned_data["groups"]
        try:
            account_changes.check_mix(groups)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return groups

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if User.objects.with_address(email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Alamat ini sudah dipakai akun lain."))
        return email


class InvitationForm(forms.Form):
    """Whom to invite, as what, and for which regions."""

    email = AddressField(
        label=_("Alamat email"),
        error_messages={"required": _("Tulis alamat emailnya.")},
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    name = NameField(
        label=_("Nama"),
        error_messages={"required": _("Tulis namanya.")},
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=_("Peran"),
        choices=[(role, role) for role in ROLES],
        initial=COORDINATOR,
        help_text=_("Selain koordinator, peran baru berlaku setelah pengelola akun lain menyetujui."),
    )
    regions = forms.ModelMultipleChoiceField(
        label=_("Wilayah"),
        queryset=Region.objects.all(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Hanya untuk koordinator; peran lain melihat semua wilayah."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("role") == COORDINATOR and not data.get("regions"):
            self.add_error("regions", _("Pilih sedikitnya satu wilayah."))
        elif data.get("role") != COORDINATOR:
            data["regions"] = []
        return data


def _link_name(*, renews: bool) -> str:
    """What the link is called that an account is mailed: on the button, and on the page behind it."""
    return gettext("Kirim tautan kata sandi baru") if renews else gettext("Kirim undangan lagi")


@admin.register(User)
class StaffAdmin(MinistryOnlyAdmin):
    form = StaffForm
    list_display = ["email", "name", "is_active", "roles"]
    list_filter = ["is_active"]
    search_fields = ["email", "name"]
    change_list_template = "admin/accounts/user/change_list.html"
    change_form_template = "admin/accounts/user/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(is_staff=True, is_superuser=False).prefetch_related("groups")

    @admin.display(description=_("peran"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """One's own account is only looked at; a password is never shown, not even as it is stored."""
        is_own = obj and not self.has_change_permission(request, obj)
        return ["email", "name", "is_active", *(["roles"] if is_own else ["groups", "reset_second_factor"])]

    def get_urls(self) -> list[Any]:
        view, name = self.admin_site.admin_view, "accounts_user"
        return [
            path("undang/", view(self.invite), name=f"{name}_invite"),
            path("permintaan/<int:pk>/", view(require_POST(self.decide)), name=f"{name}_decide"),
            path("<int:pk>/tautan/", view(self.send_link), name=f"{name}_send_link"),
            path("<int:pk>/cabut/", view(self.withdraw), name=f"{name}_withdraw"),
            path("<int:pk>/melihat/", view(self.sight), name=f"{name}_sight"),
            *super().get_urls(),
        ]

    def invite(self, request: HttpRequest) -> HttpResponse:
        """Invite somebody by mail, as what is chosen and for the regions that are ticked."""
        if not self.has_add_permission(request):
            raise Http404
        form = InvitationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                sent = invitations.invite(
                    by=request.user,  # type: ignore[arg-type]
                    now=clock.now(),
                    **form.cleaned_data,
                )
            except Refused as refusal:
                form.add_error("email", str(refusal))
            else:
                messages.success(request, _("Undangannya dikirim; tautannya berlaku tujuh hari dan sekali pakai."))
                if form.cleaned_data["role"] != COORDINATOR:
                    messages.warning(request, WAITS)
                return redirect("admin:accounts_user_sight", sent.account_id)
        context = {"title": _("Undang petugas"), "form": form, "action": _("Kirim undangan")}
        return self._page(request, "invite", context)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Every account starts by invitation."""
        return self.invite(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Above the accounts, what waits for another manager."""
        waiting = AccountRequest.objects.open(clock.now()).select_related("account", "asked_by")
        return super().changelist_view(request, {"waiting": waiting} | (extra_context or {}))

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Yes or no to what another manager asks; a press that says neither changes nothing."""
        asked = get_object_or_404(AccountRequest, pk=pk)
        if not super().has_change_permission(request):
            raise Http404
        if (said := request.POST.get("verdict", "")) in ("yes", "no"):
            try:
                account_requests.decide(request=asked, yes=said == "yes", by=request.user, now=clock.now())  # type: ignore[arg-type]
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                done = _("Disetujui dan dilakukan.") if said == "yes" else _("Ditolak. Tidak ada yang berubah.")
                messages.success(request, done)
        return redirect("admin:accounts_user_changelist")

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """The button for a link says which of the two `send_link` would mail; after saving comes the list, whatever."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if account := context.get("original"):
            context["link_name"] = _link_name(renews=invitations.had_password(account))
        return super().render_change_form(request, context, *args, **options)

    def send_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then mail the invitation again, or a link to set another password."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, account):
            raise Http404
        renews = invitations.had_password(account)
        if request.method == "POST":
            try:
                invitations.send_link(account=account, by=request.user, now=clock.now())  # type: ignore[arg-type]
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(
                    request, _("Tautannya dikirim ke alamat akun ini; yang sebelumnya tidak berlaku lagi.")
                )
            return redirect("admin:accounts_user_sight", pk)
        return self._page(
            request, "send_link", {"title": _link_name(renews=renews), "account": account, "renews": renews}
        )

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then end somebody's access at once."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        if not super().has_change_permission(request, account):
            raise Http404
        if request.method == "POST":
            try:
                invitations.withdraw(account=account, by=request.user, now=clock.now())  # type: ignore[arg-type]
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("Aksesnya dicabut di semua perangkat."))
            return redirect("admin:accounts_user_sight", pk)
        return self._page(request, "withdraw", {"title": _("Cabut akses"), "account": account})

    def sight(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What this member of staff can see and do, as the portal itself answers it for them."""
        account = get_object_or_404(self.get_queryset(request), pk=pk)
        seen = sights.of(account, self.admin_site._registry)
        context = {"title": _("Apa yang bisa dilihat orang ini?"), "account": account, "sight": seen}
        return self._page(request, "sight", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/accounts/user/{name}.html", context)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody gives themselves a role."""
        return obj != request.user and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """By the operation, which makes and notes what one manager may, and asks another for the rest."""
        typed = form.cleaned_data
        wanted = accounts.Wanted(
            typed["email"], typed["name"], typed["is_active"], typed["groups"], typed["reset_second_factor"]
        )
        try:
            asked = accounts.change(account=obj, wanted=wanted, by=request.user, now=clock.now())  # type: ignore[arg-type]
        except Refused as refusal:  # somebody else was faster than the form
            messages.error(request, str(refusal))
            return
        messages.success(request, _("Disimpan."))
        if asked:
            messages.warning(request, WAITS)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Roles are the operation's too."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """And so are its deeds."""

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect("admin:accounts_user_changelist")

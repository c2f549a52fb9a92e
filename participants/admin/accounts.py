"""Accounts of staff. Participants' accounts are not managed: they have no password and see only themselves."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from participants.fields import AddressField, TextField
from portal import clock
from portal.accounts.models import User
from portal.roles import ROLES
from programs.admin.scoping import MinistryOnlyAdmin


class StaffForm(forms.ModelForm):
    """One member of staff: roles come from the table in the code, and nobody is made a superuser here."""

    email = AddressField(label=_("Alamat email"))
    password = forms.CharField(
        label=_("Kata sandi baru"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        required=False,
        help_text=_("Sedikitnya 12 karakter. Kosongkan kalau tidak diganti."),
    )
    reset_second_factor = forms.BooleanField(
        label=_("Lepas faktor kedua"),
        required=False,
        help_text=_("Kalau ponsel dan kode cadangannya hilang. Petugas memasang yang baru saat masuk berikutnya."),
    )
    groups = forms.ModelMultipleChoiceField(
        label=_("Peran"), queryset=Group.objects.none(), widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = User
        fields = ["email", "name", "is_active", "groups"]
        field_classes = {"name": TextField}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "groups" in self.fields:  # absent where the account is only looked at
            self.fields["groups"].queryset = Group.objects.filter(name__in=ROLES)  # type: ignore[attr-defined]
            self.fields["password"].required = self.instance.pk is None

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if password:
            validate_password(password, self.instance)
        return password

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if User.objects.with_address(email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Alamat ini sudah dipakai akun lain."))
        return email


@admin.register(User)
class StaffAdmin(MinistryOnlyAdmin):
    form = StaffForm
    list_display = ["email", "name", "is_active", "roles"]
    list_filter = ["is_active"]
    search_fields = ["email", "name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(is_staff=True, is_superuser=False).prefetch_related("groups")

    @admin.display(description=_("peran"))
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """One's own account is only looked at; a password is never shown, not even as it is stored."""
        if obj and not self.has_change_permission(request, obj):
            return ["email", "name", "is_active", "roles"]
        return ["email", "name", "is_active", "groups", "password", "reset_second_factor"][: 6 if obj else 5]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody gives themselves a role."""
        return obj != request.user and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_staff = True
        if not change:
            obj.joined_at = clock.machine_now()
        if form.cleaned_data["password"]:
            obj.set_password(form.cleaned_data["password"])
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("reset_second_factor"):
            Authenticator.objects.filter(user=obj).delete()

"""Ways back to an account whose address is lost, and what staff did to open one."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models.registrations import Registration
from programs.scoping import RegionScopedQuerySet


class AddressChangeQuerySet(RegionScopedQuerySet):
    region_lookup = "region"


class AddressChange(models.Model):
    """One login address that took the place of another, by the person's own hand or by a member of staff's, who then
    says how they knew whom they helped.

    Rows are never changed or removed. The person is told at the old address, which only this row still knows. Without
    a region, for somebody who never registered, only the ministry sees it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    registration = models.ForeignKey(
        Registration, models.PROTECT, null=True, related_name="address_changes", verbose_name=_("pendaftaran")
    )
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("akun"))
    region = models.ForeignKey(
        "programs.Region", models.PROTECT, null=True, related_name="+", verbose_name=_("wilayah")
    )
    old_email = models.EmailField(_("alamat lama"), max_length=254)
    new_email = models.EmailField(_("alamat baru"), max_length=254)
    reason = models.CharField(
        _("alasan"), max_length=200, blank=True, help_text=_("Bagaimana identitasnya dipastikan.")
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("diganti oleh")
    )
    changed_at = models.DateTimeField(_("waktu"))

    objects = AddressChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("penggantian alamat")
        verbose_name_plural = pgettext_lazy("banyak", "penggantian alamat")
        permissions = [("replace_login_address", "Can replace the login address of a participant")]
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="address_change_by_others_has_a_reason",
                condition=~models.Q(reason="") | models.Q(changed_by=models.F("account")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_by_oneself(self) -> bool:
        """Whether the person changed the address, and no member of staff."""
        return self.changed_by_id == self.account_id

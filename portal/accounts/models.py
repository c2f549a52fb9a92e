"""Who can log in: one row per e-mail address, staff and participants alike."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.crypto import get_random_string, salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

MARK_LENGTH = 12


class AddressKey(models.Func):
    """The form under which two spellings of one address are the same: NFKC, lower case."""

    template = "lower(normalize(%(expressions)s, NFKC))"
    output_field = models.TextField()

    @classmethod
    def of(cls, email: str | models.Expression) -> AddressKey:
        return cls(models.Value(email) if isinstance(email, str) else email)


class UserQuerySet(models.QuerySet["User"]):
    def with_address(self, email: str | models.Expression) -> UserQuerySet:
        """Users whose address equals `email` whatever its case or width; never a look-alike."""
        return self.alias(address_key=AddressKey("email")).filter(address_key=AddressKey.of(email))

    def with_second_factor(self) -> UserQuerySet:
        """Those who have set up a second factor, of whatever sort."""
        return self.filter(authenticator__isnull=False).distinct()

    def managers(self) -> UserQuerySet:
        """Those who may change accounts of staff: accounts managers, and whoever may do everything."""
        may = models.Q(groups__permissions__codename="change_user", groups__permissions__content_type__model="user")
        return self.filter(may | models.Q(is_superuser=True), is_active=True, is_staff=True).distinct()


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_participant(self, *, email: str, now: datetime) -> User:
        """Create a user who logs in by typed code; the password is unusable, never blank."""
        user = self.model(email=email, joined_at=now)
        user.set_unusable_password()
        user.save(force_insert=True)
        return user

    def create_staff(self, *, email: str, password: str, name: str, now: datetime) -> User:
        """Create a member of staff, who logs in with a password and a second factor."""
        user = self.model(email=email, name=name, is_staff=True, joined_at=now)
        user.set_password(password)
        user.save(force_insert=True)
        return user


class RecoveryAddressQuerySet(models.QuerySet["RecoveryAddress"]):
    def with_address(self, email: str | models.Expression) -> RecoveryAddressQuerySet:
        """Recovery addresses equal to `email` whatever its case or width; never a look-alike."""
        return self.alias(address_key=AddressKey("email")).filter(address_key=AddressKey.of(email))


class User(AbstractBaseUser, PermissionsMixin):
    """An e-mail address that can log in. Participants have no password; staff have one and a second factor."""

    email = models.EmailField(_("alamat email"), max_length=254)
    name = models.CharField(_("nama"), max_length=80, blank=True, help_text=_("Hanya untuk petugas."))
    language = models.CharField(_("bahasa"), max_length=2, choices=settings.LANGUAGES, default="id", db_default="id")
    is_staff = models.BooleanField(_("petugas"), default=False)
    is_active = models.BooleanField(_("aktif"), default=True)
    joined_at = models.DateTimeField(_("bergabung"))
    bounced_at = models.DateTimeField(
        _("alamatnya menolak surat sejak"),
        null=True,
        blank=True,
        editable=False,
        help_text="Programme time; a mail server said that there is no such address.",
    )

    session_mark = models.CharField(
        max_length=MARK_LENGTH,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="Random letters; sessions that were begun with others are over.",
    )

    objects = UserManager()

    network = ""  # from where the request comes that acts for this user, put here at the workplace's gate; no column

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("akun")
        verbose_name_plural = pgettext_lazy("banyak", "akun")
        constraints = [
            models.UniqueConstraint(AddressKey("email"), name="user_address_unique_whatever_case_and_width"),
            # Whoever has none has an unusable one: an empty one is a password that a form destroyed.
            models.CheckConstraint(name="user_password_is_not_empty", condition=~models.Q(password="")),
        ]
        indexes = [  # a few among all who take part
            models.Index(fields=["email"], condition=models.Q(is_staff=True), name="user_of_staff"),
            models.Index(fields=["bounced_at"], condition=models.Q(bounced_at__isnull=False), name="user_bounced"),
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"

    def get_short_name(self) -> str:
        """How the workplace greets."""
        return self.name or self.email

    def end_sessions(self) -> None:
        """End every session of the user at its next request, once `session_mark` is saved; the password stays."""
        self.session_mark = get_random_string(MARK_LENGTH)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session carries and is over without: Django's digest of the password, and with it that of a mark."""
        digest: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if not self.session_mark:
            return digest
        return salted_hmac("session_mark", f"{digest}{self.session_mark}", secret, algorithm="sha256").hexdigest()

    @property
    def manages_accounts(self) -> bool:
        """Whether the user may change accounts of staff, and say yes to what another manager asks."""
        return self.is_active and self.is_staff and self.has_perm("accounts.change_user")

    @property
    def sees_all_regions(self) -> bool:
        """Whether the user's role reaches every region; everybody else sees assigned regions only."""
        return self.is_active and self.is_staff and self.has_perm("programs.see_all_regions")


class RecoveryAddress(models.Model):
    """A second address of a participant, proven by a typed code. Whoever reads its mail may come in through the door.

    It opens the account only while nobody's own address is the same.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery")
    email = models.EmailField(max_length=254)
    proven_at = models.DateTimeField()

    objects = RecoveryAddressQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(AddressKey("email"), name="recovery_address_unique_whatever_case_and_width")
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

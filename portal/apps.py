"""App configurations of the project package."""

import gc
import sys

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import ImproperlyConfigured

from portal import celery  # noqa: F401 -- shared tasks belong to this app, and ring its broker


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        """End the process in one line when the mail provider's keys are not those that django-anymail asks for."""
        if not settings.MAIL_PROVIDER:
            return
        from participants.messages.channels.mail_provider import check  # noqa: PLC0415 -- loaded only where it is used

        try:
            check()
        except ImproperlyConfigured as error:
            sys.exit(f"MAIL_PROVIDER is {settings.MAIL_PROVIDER!r}. {' '.join(str(error).split())}")


class StaffAdminConfig(AdminConfig):
    """The stock Django admin behind our own door (`portal.staff_site`)."""

    default_site = "portal.staff_site.StaffSite"

    def ready(self) -> None:
        """Load the workplace, the last and largest part; whatever is there by now stays, and is not looked at again."""
        super().ready()
        gc.freeze()
        gc.enable()

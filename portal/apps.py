"""App configurations of the project package."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig

from portal import celery  # noqa: F401 -- shared tasks belong to this app, and ring its broker


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Portal"


class StaffAdminConfig(AdminConfig):
    """The stock Django admin behind our own door (`portal.staff_site`)."""

    default_site = "portal.staff_site.StaffSite"

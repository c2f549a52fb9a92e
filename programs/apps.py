from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class ProgramsConfig(AppConfig):
    name = "programs"
    verbose_name = _("Program")

    def ready(self) -> None:
        from programs.admin.scoping import check_every_table_is_scoped  # noqa: PLC0415 -- needs loaded models

        register(check_every_table_is_scoped)

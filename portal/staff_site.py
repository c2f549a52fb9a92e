"""The admin site: the stock Django admin, entered only by staff who gave a password and a second factor."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class StaffSite(AdminSite):
    site_header = _("Ruang kerja pelatihan")
    site_title = _("Ruang kerja pelatihan")
    index_title = _("Hari ini")

"""The workplace's menu: grouped by work, only what a role may see, and where one is."""

import pytest
from bs4 import BeautifulSoup
from django.contrib import admin

from portal import staff_menu
from tests.factories import make_session
from tests.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db

TODAY = {"": ["Hari ini", "Ringkasan"], "Pelatihan": ["Sesi", "Catatan kehadiran"]}
PEOPLE = {
    "Orang": ["Pendaftaran", "Peserta", "Izin wali", "Impor dari berkas", "Catatan kembar"],
    "Perlu jawaban": ["Keberatan dan kabar tidak datang", "Kebutuhan aksesibilitas", "Persetujuan orang kedua"],
    "Pesan": ["Garis waktu", "Kabar panitia", "Semua pesan"],
}
FILES = {"Unduhan": ["Unduh kehadiran", "Berkas kehadiran", "Berkas terjadwal"]}
CATALOGUE = ["Edisi program", "Modul", "Tempat", "Aturan pengingat", "Mitra", "Kemitraan", "Wilayah"]
TRACES = {"Jejak": ["Riwayat petugas", "Persetujuan peserta", "Penggantian alamat"]}
MENUS = {
    "coordinator": TODAY | PEOPLE | {"Katalog": ["Tempat", "Wilayah"]} | TRACES,
    "ministry": TODAY | PEOPLE | FILES | {"Katalog": CATALOGUE, "Akun": ["Koordinator wilayah"]} | TRACES,
    "editor": TODAY | PEOPLE | FILES | {"Katalog": CATALOGUE, "Akun": ["Koordinator wilayah"]} | TRACES,
    "accounts": {
        "": ["Hari ini"],
        "Katalog": ["Wilayah"],
        "Akun": ["Akun petugas", "Undang petugas", "Koordinator wilayah"],
    },
}


def menu_on(client, path):
    return BeautifulSoup(client.get(path).content, "html.parser").select_one("nav.work")


@pytest.mark.parametrize("role", MENUS)
def test_menu_groups_what_a_role_may_see_by_its_work(client, role):
    sign_in(client, make_staff(role))

    shown = {
        section.p.text if section.p else "": [link.text for link in section.select("a")]
        for section in menu_on(client, "/staf/").select("details > div > div")
    }

    assert (shown, list(shown)) == (MENUS[role], list(MENUS[role]))


def test_menu_names_every_table_once():
    tables = [
        entry.label
        for section in staff_menu.SECTIONS
        for entry in section.entries
        if isinstance(entry, staff_menu.Table)
    ]

    assert sorted(tables) == sorted(model._meta.label_lower for model in admin.site._registry)


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/staf/", [("Hari ini", "page")]),
        ("/staf/programs/trainingsession/", [("Sesi", "page")]),
        ("/staf/programs/trainingsession/{pk}/hadir/", [("Sesi", "true")]),
        ("/staf/programs/trainingsession/ringkasan/", [("Ringkasan", "page")]),
    ],
)
def test_menu_marks_the_nearest_to_where_one_is(client, path, marked):
    session = make_session()
    sign_in(client, make_staff("coordinator", session.region))

    menu = menu_on(client, path.format(pk=session.pk))

    assert [(link.text, link["aria-current"]) for link in menu.select("[aria-current]")] == marked

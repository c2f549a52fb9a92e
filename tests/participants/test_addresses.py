"""Which addresses are taken, and which spellings are the same account or inbox."""

import pytest
from django.db.models import Value

from participants.addresses import NotAnAddress, address_key, inbox_key, normal, suggestion
from portal.accounts.models import AddressKey
from tests.factories import make_user

ACCEPTED = {
    "siti@example.com": "siti@example.com",
    "  Siti.Nur@Example.COM \u00a0": "Siti.Nur@example.com",
    "siti+kursus@example.com": "siti+kursus@example.com",
    "budi@pelajar.sma1.sch.id": "budi@pelajar.sma1.sch.id",
    "a@museum.technology": "a@museum.technology",
    "o'brien_x@example.co.id": "o'brien_x@example.co.id",
    "ｓｉｔｉ＠ｅｘａｍｐｌｅ.com": "siti@example.com",
    "siti@bücher.example": "siti@xn--bcher-kva.example",
    "x@аррӏе.com": "x@xn--80ak6aa92e.com",
    "siti@例え.テスト": "siti@xn--r8jz45g.xn--zckzah",
    "siti@example。com": "siti@example.com",
    "siti+a+b@a.photography": "siti+a+b@a.photography",
}
REFUSED = [
    "",
    "siti",
    "@example.com",
    "siti@",
    "siti@localhost",
    "siti@[127.0.0.1]",
    "siti@127.0.0.1",
    '"siti nur"@example.com',
    "siti nur@example.com",
    "siti@@example.com",
    "siti@example..com",
    "siti..nur@example.com",
    ".siti@example.com",
    "siti@-example.com",
    "mıke@example.com",
    "sitі@example.com",
    "siti@example.c",
    "siti@exam_ple.com",
    "siti@example.com\nBcc: x@example.com",
    "siti@example.com\r\nBcc:x@example.com",
    "siti%0aBcc:x@example.com",
    "siti@example.com,budi@example.com",
    "siti@example.com;budi@example.com",
    "Siti <siti@example.com>",
    "mailto:siti@example.com",
    "siti@example,com",
    "siti🌸@example.com",
    f"{'a' * 65}@example.com",
    f"a@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 60}.com",
    f"a@{'b' * 64}.com",
]


@pytest.mark.parametrize(("typed", "address"), ACCEPTED.items())
def test_normal_takes_odd_but_valid_addresses(typed, address):
    assert normal(typed) == address


@pytest.mark.parametrize("typed", REFUSED)
def test_normal_refuses_what_mail_cannot_reach(typed):
    with pytest.raises(NotAnAddress):
        normal(typed)


@pytest.mark.parametrize("alike", ["x@аррӏе.com", "x@applе.com", "x@app1e.com"])
def test_look_alikes_are_another_account(alike):
    assert address_key(normal(alike)) != address_key("x@apple.com")


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ACCEPTED)
def test_address_key_is_what_the_database_computes(typed):
    address = normal(typed)
    user = make_user(email=address)

    in_database = type(user).objects.values_list(AddressKey(Value(address)), flat=True).get(pk=user.pk)

    assert address_key(address) == in_database


@pytest.mark.parametrize(
    "variant", ["siti.nur@gmail.com", "SitiNur@gmail.com", "sitinur+a@gmail.com", "s.i.t.inur+b+c@googlemail.com"]
)
def test_inbox_key_counts_variants_together(variant):
    assert inbox_key(variant) == "sitinur@gmail.com"


def test_inbox_key_of_a_name_that_is_only_a_tag_stays_apart():
    assert inbox_key("+a@example.com") != inbox_key("+b@example.com")


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gamil.com", "gmail.com"),
        ("yaho.co.id", "yahoo.co.id"),
        ("yahooo.com", "yahoo.com"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("smkn1malang.con", "smkn1malang.com"),
        ("yahoo.cm", "yahoo.com"),
        ("studiokreatif.cm", "studiokreatif.com"),
    ],
)
def test_suggestion_names_the_likely_domain(domain, meant):
    assert suggestion(f"siti@{domain}") == f"siti@{meant}"


@pytest.mark.parametrize("domain", ["gmail.com", "mail.com", "ugm.ac.id", "kominfo.go.id", "gmx.com", "example.com"])
def test_suggestion_leaves_real_domains_alone(domain):
    assert suggestion(f"siti@{domain}") == ""

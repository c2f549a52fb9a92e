"""When two e-mail addresses are one account, and when they are one inbox."""

import unicodedata


def address_key(email: str) -> str:
    """One account: NFKC and lower case, as the database compares. A look-alike letter makes another account."""
    return unicodedata.normalize("NFKC", email).lower()


def inbox_key(email: str) -> str:
    """One inbox, for counting mails: also without plus tags and without dots in the local part."""
    local, _at, domain = address_key(email).rpartition("@")
    return f"{local.split('+')[0].replace('.', '')}@{domain}"

"""How dates are written where a page leaves it to Django: an instant always names its zone (WIB)."""

"""Django's PostgreSQL backend, which asks a persistent connection in a cheaper way whether it still stands."""

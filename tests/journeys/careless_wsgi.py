"""The portal's WSGI application with its lock on the session's row taken away: the control of the race for a seat."""

# ruff: noqa: I001 -- models can be imported only once the application is made
from portal.wsgi import application
from participants.operations import row_locks

row_locks.lock_session = lambda session: type(session).objects.with_places().get(pk=session.pk)

__all__ = ["application"]

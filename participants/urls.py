"""The door, the registration and one's own page."""

urlpatterns: list = []

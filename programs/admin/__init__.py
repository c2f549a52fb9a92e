from programs.admin import catalogue, programs, reminders

__all__ = ["catalogue", "programs", "reminders"]

from programs.models.curriculum import Module
from programs.models.partners import Partner, Partnership
from programs.models.programs import Program
from programs.models.regions import Coordination, Region
from programs.models.reminders import ReminderRule
from programs.models.sessions import TrainingDay, TrainingSession
from programs.models.venues import Venue

__all__ = [
    "Coordination",
    "Module",
    "Partner",
    "Partnership",
    "Program",
    "Region",
    "ReminderRule",
    "TrainingDay",
    "TrainingSession",
    "Venue",
]

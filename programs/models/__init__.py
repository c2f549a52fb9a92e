from programs.models.curriculum import Module
from programs.models.partners import Partner, Partnership
from programs.models.programs import Program
from programs.models.regions import Coordination, Region
from programs.models.reminders import Channel, ReminderRule
from programs.models.sessions import TrainingDay, TrainingSession
from programs.models.venues import Venue
from programs.models.visits import Visits

__all__ = [
    "Channel",
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
    "Visits",
]

from participants.admin import accounts, asks, broadcasts, messages, people, sessions

__all__ = ["accounts", "asks", "broadcasts", "messages", "people", "sessions"]

from participants.admin import accounts, asks, messages, people, sessions

__all__ = ["accounts", "asks", "messages", "people", "sessions"]

from participants.admin import accounts, messages, people, sessions

__all__ = ["accounts", "messages", "people", "sessions"]

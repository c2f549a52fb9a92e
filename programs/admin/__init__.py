from programs.admin import catalogue

__all__ = ["catalogue"]

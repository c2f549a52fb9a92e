from programs.admin import catalogue, programs

__all__ = ["catalogue", "programs"]

"""`manage.py collect`: static files for a run on this machine, collected anew only if what they are made of changed."""

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand

# What the admin loads under DEBUG alone, beside the small form of each: a third of the time that compressing takes.
LARGE_FORMS = ("admin/js/vendor/*/jquery.js", "admin/js/vendor/*/xregexp.js", "admin/js/vendor/*/select2.full.js")


def fingerprint() -> str:
    """A digest of which files there are, how large and how old, and of how they are stored."""
    digest = hashlib.sha256(f"{settings.STORAGES} {settings.WHITENOISE_KEEP_ONLY_HASHED_FILES} {LARGE_FORMS}".encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            facts = Path(storage.path(path)).stat()
            digest.update(f"{path} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class Command(BaseCommand):
    help = "Collects static files, unless those that stand in STATIC_ROOT are made of the very same ones."

    def handle(self, **options: object) -> None:
        root = Path(settings.STATIC_ROOT)
        root.parent.mkdir(parents=True, exist_ok=True)
        with root.with_name(f"{root.name}.made-of").open("a+") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)  # several runs may share one folder
            mark.seek(0)
            made_of = fingerprint()
            if mark.read() == made_of and root.is_dir():
                return
            mark.truncate(0)
            call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=[*LARGE_FORMS])
            mark.write(made_of)

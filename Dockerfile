# One image for every process of the portal; it runs the same commands as `make run` (portal/processes.py).
FROM python:3.13-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORTAL_VENV=/opt/venv PATH=/opt/venv/bin:$PATH
RUN useradd --system --uid 10001 --home-dir /srv portal
WORKDIR /srv
COPY requirements.txt requirements-dev.txt ./
COPY portal/bootstrap.py portal/bootstrap.py
RUN python portal/bootstrap.py requirements.txt && python -m compileall -q /opt/venv/lib
COPY . .
# Static files and the catalogue are made while building; the values below serve this step alone.
RUN PORTAL_ENV=local BASE_URL=http://build EMAIL_URL=smtp://build SECRET_KEY=$(python -c "import secrets; print(secrets.token_urlsafe(60))") \
    DATABASE_URL=postgres://build REDIS_URL=redis://build STATIC_ROOT=/srv/staticfiles \
    sh -c "python manage.py catalogue --compile && python manage.py collectstatic --no-input -v 0"
USER portal
ENV PORTAL_STATE_DIR=/tmp/portal WEB_HOST=0.0.0.0 WEB_PORT=8000
CMD ["python", "-m", "portal.processes", "web"]

FROM python:3.13-slim-bookworm AS build
WORKDIR /app
COPY requirements.lock requirements-uv.lock ./
RUN python -m venv /venv \
 && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements-uv.lock \
 && /venv/bin/uv pip sync --no-cache --python /venv/bin/python --require-hashes requirements.lock

FROM python:3.13-slim-bookworm
# The versions of these three are Debian's to choose: they are security-supported as a set.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --create-home fracops
WORKDIR /app
COPY --from=build /venv /venv
COPY manage.py pyproject.toml ./
COPY fracops fracops
COPY clients clients
COPY monitoring monitoring
COPY reports reports
COPY templates templates
COPY static static
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 FRACOPS_HOME=/home/fracops/var
# A key for this one command, not for the image: collecting static files signs nothing.
RUN SECRET_KEY=unused python manage.py collectstatic --no-input --verbosity 0
USER 10001
RUN mkdir -p /home/fracops/var
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-ws", "fracops.wsgi:application"]

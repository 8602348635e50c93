#!/bin/bash
# Started as the official image is: MONGO_INITDB_ROOT_USERNAME, MONGO_INITDB_ROOT_PASSWORD (or <name>_FILE), mongod's arguments (--replSet NAME
# or ESCLUSA_REPLSET=NAME: a replica set of one member, which keeps snapshots). "Waiting for connections" is logged once it is true.
set -eu
case ${1-} in '' | -*) set -- mongod "$@" ;; esac
if [ "$1" != mongod ]; then exec "$@"; fi

. /values-from-files.sh MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown postgres:postgres "$PGDATA" /run/postgresql
  chmod 0700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --clear-groups /bin/bash "$0" "$@"
fi

if [ ! -e "$PGDATA/esclusa-unpacked" ]; then
  # A container killed in the middle of this begins anew at its next start.
  rm -rf "${PGDATA:?}"/*
  tar -C "$PGDATA" --zstd -xf /seed.tar.zst
  echo yes >"$PGDATA/esclusa-unpacked"
fi
# A killed container leaves them behind, and its process numbers are given to others.
rm -f "$PGDATA/postmaster.pid" /run/postgresql/.s.PGSQL.*

postgres &
postgres=$!
node /opt/gateway.mjs "$@" &
gateway=$!
stop() {
  kill "$gateway" 2>/dev/null || true
  # PostgreSQL's fast stop: SIGTERM would wait for every client to leave.
  kill -INT "$postgres" 2>/dev/null || true
  wait "$postgres" || true
  exit 0
}
trap stop TERM INT
# The first of the two that ends takes the container with it.
wait -n || status=$?
kill "$gateway" 2>/dev/null || true
kill -INT "$postgres" 2>/dev/null || true
wait
exit "${status:-0}"

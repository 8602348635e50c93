#!/bin/bash
# MySQL and MariaDB started as their official images start them: MYSQL_ROOT_PASSWORD, MYSQL_ALLOW_EMPTY_PASSWORD, MYSQL_DATABASE,
# MYSQL_USER, MYSQL_PASSWORD (MariaDB: MARIADB_* goes first), /docker-entrypoint-initdb.d/*.{sql,sh}, arguments for the server;
# <name>_FILE of a password, user or database names a file with the value instead.
# They differ in two things: "ready for connections" is logged once, when it is true for TCP; and the data directory comes ready
# from the image, so that options which have to be there when it is made (--lower-case-table-names, --innodb-page-size) are refused.
set -eu
server=$(command -v mariadbd || command -v mysqld)
client=$(command -v mariadb || command -v mysql)
case ${1-} in '' | -*) set -- "$server" "$@" ;; esac
case $1 in mysqld | mariadbd | "$server") shift; set -- "$server" "$@" ;; *) exec "$@" ;; esac

. /values-from-files.sh {MYSQL,MARIADB}_{ROOT_PASSWORD,PASSWORD,USER,DATABASE}

data=/var/lib/mysql
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$data" /run/mysqld
  chown mysql:mysql "$data" /run/mysqld
  exec setpriv --reuid=mysql --regid=mysql --clear-groups /bin/bash "$0" "$@"
fi

# The first of MARIADB_<name> (MariaDB only) and MYSQL_<name> that is not empty.
setting() {
  local mariadb=MARIADB_$1 mysql=MYSQL_$1
  if [ "$server" = "${server%mariadbd}" ]; then mariadb=$mysql; fi
  printf '%s' "${!mariadb:-${!mysql:-}}"
}
# As SQL's string and name literals.
text() { local value=${1//\\/\\\\}; printf "'%s'" "${value//\'/\\\'}"; }
name() { printf '`%s`' "${1//\`/\`\`}"; }
refuse() { echo "$*" >&2; exit 1; }

root_password=$(setting ROOT_PASSWORD) database=$(setting DATABASE) user=$(setting USER) password=$(setting PASSWORD)

# Runs SQL from stdin as root, on the socket. Init scripts may call it: the name is the official images'.
docker_process_sql() {
  MYSQL_PWD=$root_password "$client" --protocol=socket --user=root --default-character-set=utf8mb4 --comments "$@"
}

# A killed container leaves these behind, with a process id that is another's by now.
rm -f /run/mysqld/*
if [ ! -s "$data/esclusa-initialised" ]; then
  if [ -z "$root_password" ] && [ -z "$(setting ALLOW_EMPTY_PASSWORD)" ]; then
    refuse 'MYSQL_ROOT_PASSWORD is empty: give one with -e MYSQL_ROOT_PASSWORD=..., or allow none with -e MYSQL_ALLOW_EMPTY_PASSWORD=1'
  fi
  if [ "$user" = root ]; then refuse 'MYSQL_USER is root, who is there anyway: name another user, or none'; fi
  if [ -n "$user" ] && [ -z "$password" ]; then refuse 'MYSQL_USER has no password: give one with -e MYSQL_PASSWORD=...'; fi
  # A container killed in the middle of this begins anew at its next start.
  rm -rf "${data:?}"/* "$data"/.[!.]*
  zstd -dcq /seed.tar.zst | tar -C "$data" -x
  log=/tmp/initialise.log
  # On the socket only: nobody may connect before the scripts have run. No sync: what is half done is thrown away.
  # Certificates (MySQL's own) are made by the real start.
  "$@" --skip-networking --skip-log-bin --performance-schema=OFF --loose-auto-generate-certs=OFF \
    --innodb-flush-method=nosync --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=OFF >"$log" 2>&1 &
  pid=$!
  until MYSQL_PWD='' "$client" --protocol=socket --user=root -e 'do 0' >/dev/null 2>&1; do
    kill -0 "$pid" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.05
  done
  {
    # The literals below are written for the default mode, whatever mode the server was started with.
    echo "SET sql_mode = '';"
    if [ -n "$database" ]; then echo "CREATE DATABASE IF NOT EXISTS $(name "$database");"; fi
    if [ -n "$user" ]; then echo "CREATE USER $(text "$user")@'%' IDENTIFIED BY $(text "$password");"; fi
    # In a grant, _ is a wildcard.
    if [ -n "$user" ] && [ -n "$database" ]; then echo "GRANT ALL ON $(name "${database//_/\\_}").* TO $(text "$user")@'%';"; fi
    echo "CREATE USER root@'%' IDENTIFIED BY $(text "$root_password"); GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;"
    echo "ALTER USER root@localhost IDENTIFIED BY $(text "$root_password");"
  } | MYSQL_PWD='' "$client" --protocol=socket --user=root --default-character-set=utf8mb4
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) echo "$0: running $file"; docker_process_sql --database="$database" <"$file" ;;
      *.sh) echo "$0: running $file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *'/*') ;;
      *) echo "$0: ignoring $file: only .sql and .sh are run here" >&2 ;;
    esac
  done
  docker_process_sql -e shutdown
  wait "$pid" || { cat "$log" >&2; exit 1; }
  echo yes >"$data/esclusa-initialised"
fi
# The server becomes process 1: it gets the signals.
exec "$@"

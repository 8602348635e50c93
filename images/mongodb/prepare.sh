#!/bin/bash
# Runs while the image is built: makes the cluster with its extension once, which every container then only starts.
set -eu
export PATH=/usr/lib/postgresql/18/bin:$PATH PGDATA=/data/db
# Packages are unpacked and not set up: these links are made by PostGIS when it is.
extensions=/usr/share/postgresql/18/extension
[ -e "$extensions/postgis.control" ] || ln -s postgis-3.control "$extensions/postgis.control"
# Left behind on purpose: the compiler (LLVM), PostGIS's rasters with half of the world's geodata libraries, headers.
libraries=/usr/lib/postgresql/18/lib
rm -rf $libraries/{bitcode,llvmjit*,pgxs,postgis_raster*,postgis_sfcgal*,postgis_topology*,pg_documentdb_distributed*} /usr/share/postgresql/18/man
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
install -d -o postgres -g postgres -m 0700 "$PGDATA"
install -d -o postgres -g postgres /run/postgresql
as_postgres initdb --no-sync --no-instructions --username=postgres --auth=trust --encoding=UTF8 --locale=C \
  --locale-provider=builtin --builtin-locale=C.UTF-8 --wal-segsize=16
cat /postgresql.conf >>"$PGDATA/postgresql.conf"
as_postgres pg_ctl -w -s start
as_postgres psql -q -v ON_ERROR_STOP=1 -h /run/postgresql -U postgres -d postgres <<'SQL'
create extension documentdb cascade;
-- Users of the gateway, with what SCRAM needs to know of their passwords.
create schema esclusa;
create table esclusa.users (id text primary key, document jsonb not null);
SQL
as_postgres pg_ctl -w -s -m fast stop
tar -C "$PGDATA" -cS . | zstd -q -o /seed.tar.zst
bash /harvest.sh /out /bin/{bash,sh,cat,chmod,chown,id,mkdir,rm,sleep} /usr/bin/{env,setpriv,tar,zstd} /usr/local/bin/node \
  /usr/lib/postgresql/18/bin $libraries /usr/share/postgresql/18 /usr/share/zoneinfo
mv /seed.tar.zst /out/seed.tar.zst
install -d -o postgres -g postgres -m 0700 /out/data /out/data/db
install -d -o postgres -g postgres /out/run/postgresql

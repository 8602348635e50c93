#!/bin/bash
# Runs while the image is built: makes the empty data directory once, which every container then only unpacks.
set -eu
install -d -o mysql -g mysql /seed
# Only root@localhost is to be there, as in the official image; the entrypoint makes the others.
cat >/only-root.sql <<'SQL'
delete from mysql.global_priv where not (User in ('root', 'mariadb.sys') and Host = 'localhost');
delete from mysql.proxies_priv where Host <> 'localhost';
SQL
# Small logs: the server grows them at its first start.
setpriv --reuid=mysql --regid=mysql --clear-groups mariadb-install-db --no-defaults --datadir=/seed --skip-name-resolve \
  --auth-root-authentication-method=normal --skip-test-db --extra-file=/only-root.sql \
  --character-set-server=utf8mb4 --innodb-log-file-size=4M --innodb-flush-method=nosync
tar -C /seed -cS . | zstd -q -o /seed.tar.zst
bash /harvest.sh /out /bin/{bash,sh,cat,chmod,chown,id,mkdir,rm,sleep} /usr/bin/{env,mariadb,setpriv,tar,zstd} /usr/sbin/mariadbd \
  /usr/share/mysql /usr/lib/locale/C.utf8
ln -s mariadb /out/usr/bin/mysql
mv /seed.tar.zst /out/seed.tar.zst
mkdir -p /out/docker-entrypoint-initdb.d /out/etc/mysql/conf.d
install -d -o mysql -g mysql /out/var/lib/mysql /out/run/mysqld

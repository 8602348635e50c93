#!/bin/bash
# Runs while the image is built: makes the empty data directory once, which every container then only unpacks.
set -eu
install -d -o mysql -g mysql /seed
# Keys and the server's id are each container's own, made at its first start. Small logs: the server grows them when it needs to.
setpriv --reuid=mysql --regid=mysql --clear-groups mysqld --no-defaults --initialize-insecure --datadir=/seed \
  --innodb-redo-log-capacity=8M --innodb-doublewrite=OFF --innodb-flush-method=nosync --innodb-numa-interleave=OFF \
  --auto-generate-certs=OFF --sha256-password-auto-generate-rsa-keys=OFF --caching-sha2-password-auto-generate-rsa-keys=OFF
rm -f /seed/auto.cnf /seed/*.pem
tar -C /seed -cS . | zstd -q -o /seed.tar.zst
# Plug-ins for clients of other clouds are 30 MB, and none of them is the server's.
rm -f /usr/lib/mysql/plugin/{telemetry_client,authentication_*_client,group_replication,component_telemetry,component_group_replication_*}.so
bash /harvest.sh /out /bin/{bash,sh,cat,chmod,chown,id,mkdir,rm,sleep} /usr/bin/{env,mysql,setpriv,tar,zstd} /usr/sbin/mysqld \
  /usr/lib/mysql/plugin /usr/share/mysql /usr/lib/locale/C.utf8
mv /seed.tar.zst /out/seed.tar.zst
mkdir -p /out/docker-entrypoint-initdb.d /out/etc/mysql/conf.d
install -d -o mysql -g mysql -m 0750 /out/var/lib/mysql /out/var/lib/mysql-files /out/run/mysqld

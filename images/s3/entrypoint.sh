#!/bin/bash
# One-node Ceph (monitor, in-memory OSD, RADOS gateway): a real S3 on port 9000. Everything written is lost when it stops.
set -eu
conf=/etc/ceph/ceph.conf
export PATH=/usr/bin:/bin
access=${S3_ACCESS_KEY:-esclusa} secret=${S3_SECRET_KEY:-esclusa-secret}
# Always the cluster as built: after a kill the monitor's map would speak of objects that the memory no longer has.
rm -rf /ceph
cp -a /seed /ceph
trap 'kill -9 $(jobs -p) 2>/dev/null; exit 0' TERM INT
ceph-mon -c "$conf" -i a -f &
# The host name differs from the one at build: the map is left as it was built, which saves three rounds of it.
ceph-osd -c "$conf" -i 0 -f --memstore_device_bytes="${S3_BYTES:-6442450944}" \
  --osd_crush_update_on_start=false --osd_class_update_on_start=false &
if [ "$access" != esclusa ] || [ "$secret" != esclusa-secret ]; then
  radosgw-admin -c "$conf" key rm --uid=esclusa --access-key=esclusa >/dev/null
  radosgw-admin -c "$conf" key create --uid=esclusa --key-type=s3 --access-key="$access" --secret-key="$secret" >/dev/null
fi
radosgw -c "$conf" -n client.rgw -f &
answers() {
  exec 3<>/dev/tcp/127.0.0.1/9000 || return 1
  printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
  read -r -t 5 line <&3
  [[ $line == *' 200 '* ]]
}
until (answers) 2>/dev/null; do sleep 0.05; done
echo 'esclusa-s3 ready'
# The first of the three that ends takes the container with it: half a cluster would only hang its callers.
wait -n
echo 'esclusa-s3: one of its daemons ended; see the lines above' >&2
kill -9 $(jobs -p) 2>/dev/null
exit 1

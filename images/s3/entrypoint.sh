#!/bin/bash
# One-node Ceph (monitor, in-memory OSD, RADOS gateway): a real S3 on port 9000. Everything written is lost when it stops.
# S3_ACCESS_KEY and S3_SECRET_KEY are those of the buckets' owner, S3_JOBS_ACCESS_KEY and S3_JOBS_SECRET_KEY those of the user "jobs";
# <name>_FILE names a file with the value instead.
set -eu
conf=/etc/ceph/ceph.conf
export PATH=/usr/bin:/bin
# value_of NAME DEFAULT: what NAME says, or the file that NAME_FILE names, or the default.
value_of() {
  local file=$1_FILE value=${!1:-$2}
  if [ -n "${!file-}" ]; then
    if [ -n "${!1-}" ]; then echo "esclusa-s3: $1 and $file are both set: keep one" >&2; return 1; fi
    value=$(<"${!file}") || return 1
  fi
  printf %s "$value"
}
access=$(value_of S3_ACCESS_KEY esclusa)
secret=$(value_of S3_SECRET_KEY esclusa-secret)
jobs_access=$(value_of S3_JOBS_ACCESS_KEY jobs)
jobs_secret=$(value_of S3_JOBS_SECRET_KEY jobs-secret)
# Always the cluster as built: after a kill the monitor's map would speak of objects that the memory no longer has.
rm -rf /ceph
cp -a /seed /ceph
trap 'kill -9 $(jobs -p) 2>/dev/null; exit 0' TERM INT
ceph-mon -c "$conf" -i a -f &
# The host name differs from the one at build: the map is left as it was built, which saves three rounds of it.
ceph-osd -c "$conf" -i 0 -f --memstore_device_bytes="${S3_BYTES:-6442450944}" \
  --osd_crush_update_on_start=false --osd_class_update_on_start=false &
# rekey USER ACCESS SECRET: gives a user other keys than those of the build.
rekey() {
  if [ "$2" = "$1" ] && [ "$3" = "$1-secret" ]; then return; fi
  radosgw-admin -c "$conf" key rm --uid="$1" --access-key="$1" >/dev/null
  radosgw-admin -c "$conf" key create --uid="$1" --key-type=s3 --access-key="$2" --secret-key="$3" >/dev/null
}
rekey esclusa "$access" "$secret" & owner=$!
rekey jobs "$jobs_access" "$jobs_secret" & other=$!
wait "$owner"
wait "$other"
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

#!/bin/bash
# Runs while the image is built: makes the cluster, its pools, its users and its roles once, and keeps the stopped
# cluster in /seed. A start then only has to wake it, which is what takes 12 s down to the time below.
set -eu
conf=/etc/ceph/ceph.conf
mkdir -p /ceph/mon /ceph/osd /ceph/rgw
all='allow *'
ceph-authtool --create-keyring /ceph/keyring --gen-key -n mon. --cap mon "$all"
ceph-authtool /ceph/keyring --gen-key -n client.admin --cap mon "$all" --cap osd "$all" --cap mgr "$all"
ceph-authtool /ceph/keyring --gen-key -n client.rgw --cap mon "$all" --cap osd "$all" --cap mgr "$all"
ceph-authtool /ceph/keyring --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd "$all" --cap mgr 'allow profile osd'
fsid=$(sed -n 's/^fsid = //p' "$conf")
monmaptool --create --addv a '[v2:127.0.0.1:33300,v1:127.0.0.1:36789]' --fsid "$fsid" /ceph/monmap
ceph-mon -c "$conf" --mkfs -i a --monmap /ceph/monmap --keyring /ceph/keyring
ceph-mon -c "$conf" -i a -f & mon=$!
uuid=$(cat /proc/sys/kernel/random/uuid)
ceph -c "$conf" osd new "$uuid"
ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid"
ceph-osd -c "$conf" -i 0 -f --osd_fast_shutdown=false & osd=$!
# Users: the owner of buckets, and three that may do nothing until a policy allows it. The secret of each is <name>-secret.
for user in esclusa jobs analysts gateway; do
  radosgw-admin -c "$conf" user create --uid="$user" --display-name="$user" --access-key="$user" --secret-key="$user-secret"
done
radosgw-admin -c "$conf" caps add --uid=esclusa --caps='roles=*;user-policy=*'
# A role as of an instance: sessions of it, with a token that S3 checks, may do what the owner of the buckets may.
radosgw-admin -c "$conf" role create --role-name=esclusa-gateway --assume-role-policy-doc='{"Version": "2012-10-17", "Statement": [{
  "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/esclusa"]}, "Action": ["sts:AssumeRole"]}]}'
radosgw-admin -c "$conf" role policy put --role-name=esclusa-gateway --policy-name=all --policy-doc='{"Version": "2012-10-17", "Statement": [{
  "Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]}'
# Maximum rights of a job's session: the policy that comes with AssumeRole narrows them to one run.
radosgw-admin -c "$conf" role create --role-name=esclusa-jobs --assume-role-policy-doc='{"Version": "2012-10-17", "Statement": [{
  "Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam:::user/esclusa", "arn:aws:iam:::user/gateway"]}, "Action": ["sts:AssumeRole"]}]}'
radosgw-admin -c "$conf" role policy put --role-name=esclusa-jobs --policy-name=files --policy-doc='{"Version": "2012-10-17", "Statement": [{
  "Effect": "Allow", "Resource": ["arn:aws:s3:::*/*"],
  "Action": ["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]}]}'
radosgw-admin -c "$conf" zonegroup modify --rgw-zonegroup=default --api-name=us-east-1
# The pools of buckets are made at the first request that needs them: make them now.
for pool in default.rgw.buckets.index default.rgw.buckets.data default.rgw.buckets.non-ec; do
  ceph -c "$conf" osd pool create "$pool" 8
  ceph -c "$conf" osd pool application enable "$pool" rgw
done
# A memstore writes itself to osd_data when it is stopped cleanly.
kill "$osd"; wait "$osd" || true
kill "$mon"; wait "$mon" || true
rm -f /ceph/*.log /ceph/*.pid /ceph/*.asok
mv /ceph /seed
bash /harvest.sh /out /bin/bash /bin/cp /bin/rm /bin/sleep /usr/bin/{ceph-mon,ceph-osd,radosgw,radosgw-admin} \
  /usr/lib/*-linux-gnu/{ceph,rados-classes}
# Erasure coding and block devices are other people's features.
rm -rf /out/usr/lib/*-linux-gnu/ceph/{erasure-code/*shec*,compressor}
mv /seed /out/seed
printf 'root:x:0:0:root:/root:/bin/bash\n' > /out/etc/passwd
printf 'root:x:0:\n' > /out/etc/group

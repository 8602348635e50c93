#!/bin/bash
# Usage: harvest.sh OUT PATH...: copies programs and folders of this system into OUT, with every library they load.
# What is left behind (package manager, Perl, Python, documentation, locales) is most of an image's size.
set -eu
out=$1; shift
mkdir -p "$out/usr/bin" "$out/usr/sbin" "$out/usr/lib" "$out/usr/lib64" "$out/tmp" "$out/proc" "$out/sys" "$out/dev" "$out/run" "$out/etc"
chmod 1777 "$out/tmp"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$out/$name"; done
for path in "$@"; do
  [ -e "$path" ] || { echo "harvest: $path is not in this system; has its package changed?" >&2; exit 1; }
  mkdir -p "$out$(dirname "$path")"
  if [ -d "$path" ]; then cp -a "$path" "$out$(dirname "$path")/"; else cp -L "$path" "$out$path"; fi
done
# ldd fails on what is no program or needs no library: only the lines that name a file count.
find "$out" -type f \( -perm -u+x -o -name '*.so*' \) -print0 | xargs -0 ldd 2>/dev/null |
  grep -oE '(=> )?/[^ ]+ \(0x' | sed -e 's/^=> //' -e 's/ (0x$//' | sort -u | while read -r library; do
    mkdir -p "$out$(dirname "$library")"
    cp -L -n "$library" "$out$library"
  done
# Loaded by name, so that ldd cannot see them: name look-up, and the character sets of iconv.
for library in /usr/lib/*-linux-gnu/libnss_{files,dns}.so.2; do
  if [ -e "$library" ]; then cp -L -n "$library" "$out$library"; fi
done
if [ -e /etc/os-release ]; then cp -L /etc/os-release "$out/etc/os-release"; fi
printf 'hosts: files dns\npasswd: files\ngroup: files\n' > "$out/etc/nsswitch.conf"
du -sh "$out"

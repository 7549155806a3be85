#!/bin/sh
# Makes one archive that runs on a machine without network, Maven, git and JDK: the folder of tree.sh with a Java
# runtime of its own.
# Use: bench/gpu/bundle.sh FILE.tar.xz     (XZ_OPT may hold options of xz: -2 is quick, -9 small)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
most=57671680 # 55 MiB
case $1 in /*) file=$1 ;; *) file=$(pwd)/$1 ;; esac
parent=$root/target/bundle
tree=$parent/richkernel-gpu
rm -rf "$parent"
mkdir -p "$tree"
sh "$here/tree.sh" "$tree"

# java.desktop for java.beans; its native libraries are not needed
jlink --add-modules java.base,java.desktop,java.management,jdk.management,java.naming,java.sql,jdk.unsupported \
  --no-header-files --no-man-pages --strip-java-debug-attributes --compress=0 --output "$tree/runtime" \
  --exclude-files='**/*awt*,**/*font*,**/*lcms*,**/*splash*,**/*jsound*,**/*mlib*,**/*javajpeg*'

# what the runtime needs beside the C library, for machines that lack it
mkdir "$tree/fallback"
find "$tree/runtime" -name '*.so' -exec ldd {} + 2> /dev/null |
  sed -n 's/^.*\(libz\|libstdc++\|libgcc_s\)\.so\.[0-9]* => \(\/[^ ]*\) .*$/\2/p' | sort -u |
  while read -r library; do cp -L "$library" "$tree/fallback/"; done

mkdir -p "$(dirname "$file")"
tar -C "$parent" --sort=name --owner=0 --group=0 -cf - richkernel-gpu | xz -T0 > "$file.part"
bytes=$(wc -c < "$file.part")
if [ "$bytes" -gt "$most" ]; then
  rm "$file.part"
  echo "the bundle would have $bytes bytes, more than $most" >&2
  exit 1
fi
mv "$file.part" "$file"
echo "written: $file, $bytes bytes; there: tar -xf $(basename "$file") && richkernel-gpu/gpu.sh results"

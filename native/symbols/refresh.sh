#!/bin/sh
# Rebuilds the lists of symbols that JCuda's natives want, from a folder with the unpacked natives.
# Use: symbols/refresh.sh FOLDER_WITH_libJCudaDriver_ETC
set -eu
here=$(dirname "$0")
wanted() {
  nm -D --undefined-only "$@" | awk 'NF == 2 { sub(/@.*/, "", $2); print $2 }' | LC_ALL=C sort -u
}
wanted "$1"/libJCudaDriver-* | grep '^cu[A-Z]' > "$here/libcuda.txt"
wanted "$1"/libJCublas* | grep '^cublas' > "$here/libcublas.txt"
wanted "$1"/libJCusolver-* | grep '^cusolver' | grep -v '^cusolverMg' > "$here/libcusolver.txt"
wanted "$1"/libJCusolver-* | grep '^cusolverMg' > "$here/libcusolverMg.txt"
wanted "$1"/libJNvrtc-* | grep '^nvrtc' > "$here/libnvrtc.txt"

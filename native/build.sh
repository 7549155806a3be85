#!/bin/sh
# Builds the emulated CUDA device. Without a compiler it says so and succeeds: the tests that need it are then skipped.
# Use: native/build.sh BUILD_FOLDER [JAVA_HOME]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?the build folder is missing}
java_home=${2:-${JAVA_HOME:-}}
mkdir -p "$build/tmp" "$build/kernels"

skip() {
  echo "emulated CUDA device: not built, because $1; its tests will be skipped" >&2
  rm -f "$build/librkemujni.so"
  exit 0
}
command -v cmake > /dev/null 2>&1 || skip "cmake was not found"
command -v g++ > /dev/null 2>&1 || skip "g++ was not found"
version=$(g++ -dumpversion)
[ "${version%%.*}" -ge 11 ] || skip "g++ is of version $version, older than 11"
[ -f "$java_home/include/jni.h" ] || skip "$java_home/include/jni.h was not found"

# A failed build must not leave an older one behind that looks whole.
log="$build/build.log"
if ! { cmake -S "$here" -B "$build" -DCMAKE_CXX_COMPILER=g++ -DJAVA_HOME="$java_home" &&
       cmake --build "$build" --parallel 2; } > "$log" 2>&1; then
  cat "$log" >&2
  rm -f "$build/librkemujni.so"
  exit 1
fi

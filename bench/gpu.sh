#!/bin/sh
# Builds, fits on the CUDA device, and writes tables of the device against the processor.
# Use: bench/gpu.sh REPORT [P...]        (default: 1000 5000 20000)
# On the emulated device (LD_LIBRARY_PATH at target/native) everything runs and nothing is timed.
set -eu
[ $# -ge 1 ] || { echo "use: bench/gpu.sh REPORT [P...]" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
report=$1
shift
[ $# -gt 0 ] || set -- 1000 5000 20000
# relative to where the script was called
case $report in /*) ;; *) report=$(pwd)/$report ;; esac
cd "$root"
mvn -q -B -DskipTests package
java -jar target/richkernel.jar devices
java -jar target/richkernel.jar demo --backend cuda --out target/gpu-fit
mvn -q -B -Pbench -DskipTests compile exec:exec@jmh \
  -Dbench.main=org.richkernel.bench.DeviceComparison -Djmh.args="$*" > "$report.part"
{
  echo "# CUDA device against processor"
  echo
  echo "Command: \`bench/gpu.sh\` for P = $*, $(uname -sr), $(nproc) cores."
  echo
  cat "$report.part"
} > "$report"
rm "$report.part"

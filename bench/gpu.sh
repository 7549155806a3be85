#!/bin/sh
# On a machine with a GPU: builds, runs the tests that hold on any CUDA device (the facade's contract suite, bits of the
# random numbers, a trajectory, whole fits against the processor), fits, and writes tables of the device against the
# processor.
# Use: bench/gpu.sh REPORT [P...]        (default: 1000 5000 20000)
# The environment may set the size of the fit: FIT_POINTS (100), FIT_SAMPLES (1000), FIT_SWEEPS (2000).
# On the emulated device (LD_LIBRARY_PATH at target/native) everything runs and nothing is timed; make all of it small.
set -eu
[ $# -ge 1 ] || { echo "use: bench/gpu.sh REPORT [P...]" >&2; exit 2; }
root=$(cd "$(dirname "$0")/.." && pwd)
report=$1
shift
[ $# -gt 0 ] || set -- 1000 5000 20000
# relative to where the script was called
case $report in /*) ;; *) report=$(pwd)/$report ;; esac
cd "$root"

mvn -q -B -Dstyle.color=never -DskipTests package
java -jar target/richkernel.jar devices | tee target/gpu-devices.txt
grep -q '^cuda: usable' target/gpu-devices.txt || { echo "no CUDA device can be used" >&2; exit 4; }
mvn -q -B -Dstyle.color=never surefire:test@cuda-device

data=test-data/mnist01
fit="bayes --train-x $data-train-images-idx3-ubyte.gz --train-y $data-train-labels-idx1-ubyte.gz
  --test-x $data-test-images-idx3-ubyte.gz --test-y $data-test-labels-idx1-ubyte.gz --classes 0,1
  --train-size ${FIT_POINTS:-100} --test-size 100 --gamma 1 --beta 10 --samples ${FIT_SAMPLES:-1000} --max-sweeps ${FIT_SWEEPS:-2000}"
for backend in cuda cpu; do
  # 3: not converged, which is a result too
  java -jar target/richkernel.jar $fit --backend "$backend" --out "target/gpu-fit-$backend" > "target/gpu-fit-$backend.txt" ||
    [ $? = 3 ]
done
mvn -q -B -Dstyle.color=never -Pbench -DskipTests compile exec:exec@jmh \
  -Dbench.main=org.richkernel.bench.DeviceComparison -Djmh.args="$*" > "$report.part"

{
  echo "# CUDA device against processor"
  echo
  echo "Command: \`bench/gpu.sh\` for P = $*, $(uname -sr), $(nproc) cores, commit $(git rev-parse --short HEAD 2> /dev/null || echo unknown)."
  echo "The tests of a CUDA device (\`surefire:test@cuda-device\`) passed in the same run."
  echo
  cat "$report.part"
  for backend in cuda cpu; do
    echo
    echo "## Whole fit of ${FIT_POINTS:-100} digits, S = ${FIT_SAMPLES:-1000}, on $backend"
    echo
    if [ "$backend" = cuda ] && grep -q RICHKERNEL-EMU target/gpu-devices.txt; then
      echo "(emulated: its seconds say nothing)"
      echo
    fi
    echo '```'
    tail -n 12 "target/gpu-fit-$backend.txt"
    echo '```'
  done
} > "$report"
rm "$report.part"
echo "written: $report"

#!/bin/sh
# On a machine with a GPU: says what the device is, runs the tests that hold on any CUDA device, and measures stages,
# sweeps and whole fits on the device and on the processor beside ceilings of the same run.
# Use: bench/gpu.sh FOLDER           runs; FOLDER holds the results, after every stage those so far
#      bench/gpu.sh --bundle FILE    makes a .tar.xz that runs without network, Maven, git and JDK:
#                                    tar -xf FILE && richkernel-gpu/gpu.sh FOLDER
# Exit code: 0 everything ran and passed; 1 a stage failed or, on the device, ran out of time; 2 bad use; 3 stages were
# skipped for the reasons printed, or ran out of time on the processor, and the others passed; 4 no CUDA device can be used.
# The environment may set (sizes are small for the emulated device, LD_LIBRARY_PATH at target/native):
#   GPU_SECONDS       for everything (570)
#   GPU_POINTS        sizes P of stages and sweeps (200 1000 5000 20000); samples are 4 P, at least 64
#   GPU_CPU_POINTS    the largest P on the processor (5000)
#   GPU_EDGE          of the products that give the ceilings (8192; on the processor at most 4096)
#   GPU_SWEEPS        of each fit, the first not counted (3)
#   GPU_DEEP          hidden layers, points and samples of the deep fit (2 200 1000)
#   GPU_CAUSAL        points, samples and steps of the causal solve (50 20000 4)
#   GPU_FIT           points, samples and sweeps of the whole fit of digits (100 1000 2000)
#   GPU_TESTS         classes of tests as a regular expression (.*)
#   GPU_TEST_SECONDS  for the tests (200)
#   GPU_STAGE_SECONDS for every other stage (90; twice that for a P that only the device is asked for)
#   GPU_JAVA_OPTIONS  for every Java process
set -eu
here=$(cd "$(dirname "$0")" && pwd)
usage() { sed -n 's/^# Use: /use: /p' "$here/gpu.sh" >&2; exit 2; }
[ $# -ge 1 ] || usage
if [ "$1" = --bundle ]; then
  [ $# = 2 ] || usage
  [ -d "$here/gpu" ] || { echo "a bundle is made in a checkout" >&2; exit 2; }
  exec sh "$here/gpu/bundle.sh" "$2"
fi
[ $# = 1 ] || usage
begin=$(date +%s)
# relative to where the script was called
case $1 in /*) out=$1 ;; *) out=$(pwd)/$1 ;; esac

if [ -d "$here/runtime" ]; then
  tree=$here
  java=$here/runtime/bin/java
  if ! "$java" -version > /dev/null 2>&1; then
    export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/fallback"
    "$java" -version > /dev/null || { echo "the runtime of the bundle does not start here" >&2; exit 1; }
  fi
else
  tree=$here/../target/gpu
  java=java
  sh "$here/gpu/tree.sh" "$tree"
  begin=$(date +%s) # building is not measuring
fi
cd "$tree" # test-data is there

mkdir -p "$out/stages"
rm -f "$out"/stages/* "$out/stages.tsv"
: > "$out/stages.tsv"
status=0
: "${HOME:=$out}"
export HOME

left() { echo $((begin + ${GPU_SECONDS:-570} - $(date +%s))); }

record() { # NAME STATUS EXIT SECONDS COMMAND REASON
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$4" "$5" "$6" >> "$out/stages.tsv"
  echo "$1: $2, $4 s${6:+, $6}"
  "$java" -cp 'lib/*:tests' org.richkernel.bench.RunSummary "$out" || status=1
}

skip() { # NAME REASON
  record "$1" skipped 0 0 "" "$2"
  [ $status != 0 ] || status=3
}

# Runs one stage with its own limit of time; what it says is in stages/NAME.out and stages/NAME.err.
stage() { # NAME SECONDS MAIN_CLASS ARGUMENTS...
  name=$1
  limit=$2
  shift 2
  remaining=$(left)
  if [ "$remaining" -lt 10 ]; then
    skip "$name" "no time is left"
    return
  fi
  [ "$limit" -le "$remaining" ] || limit=$remaining
  from=$(date +%s)
  code=0
  # shellcheck disable=SC2086
  timeout -k 5 "$limit" "$java" -XX:MaxRAMPercentage=50 ${GPU_JAVA_OPTIONS:-} -cp 'lib/*:tests' "$@" \
    > "$out/stages/$name.out" 2> "$out/stages/$name.err" || code=$?
  took=$(($(date +%s) - from))
  command="java -cp 'lib/*:tests' $*"
  case $code in
    0) record "$name" passed 0 "$took" "$command" "" ;;
    3) case $name in
         # of the program: not converged, which is a result too
         fit-*) record "$name" passed 3 "$took" "$command" "not converged" ;;
         *) skip "$name" "memory does not suffice, see stages/$name.out" ;;
       esac ;;
    124 | 137)
      record "$name" "timed out" "$code" "$took" "$command" "limit $limit s"
      case $name in
        # slow beside a GPU, which is no fault
        *-cpu) [ $status != 0 ] || status=3 ;;
        *) status=1 ;;
      esac ;;
    *) record "$name" failed "$code" "$took" "$command" "see stages/$name.err"; status=1 ;;
  esac
}

{
  cat about.tsv
  printf 'command\t%s %s\n' "$0" "$1"
  env | sed -n 's/^\(GPU_[A-Z_]*\)=/\1\t/p' | sort
  printf 'date\t%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  printf 'system\t%s, %s cores\n' "$(uname -sr)" "$(nproc)"
  printf 'processor\t%s\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  if command -v nvidia-smi > /dev/null 2>&1; then
    nvidia-smi > "$out/nvidia-smi.txt" 2>&1 || true
    printf 'nvidia-smi\t%s\n' "$(nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm,power.limit \
      --format=csv,noheader 2>&1 | tr '\n' ';')"
  fi
} > "$out/run.tsv"

each=${GPU_STAGE_SECONDS:-90}
stage devices 60 org.richkernel.cli.Main devices
cat "$out/stages/devices.out"
sed -n '/^cuda/,/^[a-z]/{/^cpu/!p}' "$out/stages/devices.out" | sed 's/^ *//' |
  tr '\n' ';' | sed 's/^/devices\t/' >> "$out/run.tsv"
echo >> "$out/run.tsv"
grep -q '^cuda: usable' "$out/stages/devices.out" || { echo "no CUDA device can be used" >&2; exit 4; }

stage tests "${GPU_TEST_SECONDS:-200}" org.junit.platform.console.ConsoleLauncher execute \
  --scan-class-path tests --exclude-engine jqwik --include-tag cuda-device --include-classname "${GPU_TESTS:-.*}" \
  --details tree --disable-banner --disable-ansi-colors --fail-if-no-tests
grep '^\[ .*tests ' "$out/stages/tests.out" || true
# a test that was skipped has not passed
grep -q '^\[ *0 tests skipped ' "$out/stages/tests.out" || status=1

# a bench program with its backend first
measure() { # NAME BACKEND PROGRAM ARGUMENTS...
  measured=$1
  backend=$2
  program=$3
  shift 3
  stage "$measured-$backend" "$each" "org.richkernel.bench.$program" "$backend" "$@"
}
# sizes of one P on a backend
sizes() { # BACKEND P
  measure "stages-$2" "$1" DeviceComparison stages "$2"
  samples=$((4 * $2))
  [ $samples -ge 64 ] || samples=64
  measure "sweeps-$2" "$1" FitComparison 1 "$2" $samples "${GPU_SWEEPS:-3}"
}
# whole problems on a backend
problems() { # BACKEND
  # shellcheck disable=SC2086
  set -- "$1" ${GPU_DEEP:-2 200 1000}
  measure deep "$1" FitComparison "$2" "$3" "$4" "${GPU_SWEEPS:-3}"
  # shellcheck disable=SC2086
  measure causal "$1" CausalComparison test-data ${GPU_CAUSAL:-50 20000 4}
  # shellcheck disable=SC2086
  set -- "$1" ${GPU_FIT:-100 1000 2000}
  data=test-data/mnist01
  stage "fit-$1" "$each" org.richkernel.cli.Main bayes --backend "$1" --out "$out/fit-$1" \
    --train-x $data-train-images-idx3-ubyte.gz --train-y $data-train-labels-idx1-ubyte.gz \
    --test-x $data-test-images-idx3-ubyte.gz --test-y $data-test-labels-idx1-ubyte.gz --classes 0,1 \
    --train-size "$2" --test-size 100 --gamma 1 --beta 10 --samples "$3" --max-sweeps "$4"
}

edge=${GPU_EDGE:-8192}
points=${GPU_POINTS:-200 1000 5000 20000}
most=${GPU_CPU_POINTS:-5000}
# what is small comes first, the device before the processor
measure ceilings cuda DeviceComparison ceilings "$edge"
for p in $points; do [ "$p" -gt "$most" ] || sizes cuda "$p"; done
problems cuda
[ "$edge" -le 4096 ] || edge=4096
measure ceilings cpu DeviceComparison ceilings "$edge"
each=$((each * 2))
for p in $points; do [ "$p" -le "$most" ] || sizes cuda "$p"; done
each=$((each / 2))
problems cpu
for p in $points; do
  if [ "$p" -gt "$most" ]; then
    # as planned, so it does not count as skipped
    record "stages-$p-cpu" skipped 0 0 "" "the processor is not asked above P = $most"
  else
    sizes cpu "$p"
  fi
done

case $status in
  0) echo "everything passed" ;;
  3) echo "passed, with stages skipped" ;;
  *) echo "a stage failed or ran out of time" ;;
esac
echo "written: $out/summary.md, $out/summary.json"
exit $status

#!/bin/sh
# Compiles every kernel with nvcc for the devices below, warnings as errors, and fails on register spills.
# Writes registers, shared memory and the occupancy that follows to the file named by the argument, if there is one.
# Use: kernels-cu/check.sh [REPORT]
# Without nvcc it says so and succeeds: NVRTC compiles the same sources at run time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
report=${1:-}
architectures="80 90 100"

if ! command -v nvcc > /dev/null 2>&1; then
  echo "CUDA kernels: not checked, because nvcc was not found" >&2
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One translation unit holds all kernels: start-up of the compiler dominates otherwise.
(cd "$here" && find . -name '*.cu' | LC_ALL=C sort | sed 's|^\./\(.*\)$|#include "\1"|') > "$work/all.cu"
[ -s "$work/all.cu" ] || { echo "CUDA kernels: none found in $here" >&2; exit 1; }

for architecture in $architectures; do
  if ! nvcc -cubin -std=c++17 -arch="sm_$architecture" -Werror all-warnings -Xptxas -v -I"$here" \
      -o "$work/all.cubin" "$work/all.cu" > "$work/log.$architecture" 2>&1; then
    cat "$work/log.$architecture" >&2
    echo "CUDA kernels: they do not compile for sm_$architecture" >&2
    exit 1
  fi
done

# ptxas prints three lines per kernel: its name, its stack and spills, its registers and shared memory.
for architecture in $architectures; do
  awk -v architecture="$architecture" '
    /Compiling entry function/ { split($0, part, "\047"); name = part[2] }
    /bytes spill stores/ {
      stores = $0; sub(/ bytes spill stores.*/, "", stores); sub(/.* /, "", stores)
      stack = $0; sub(/ bytes stack frame.*/, "", stack); sub(/.* /, "", stack)
    }
    /Used [0-9]+ registers/ {
      registers = $0; sub(/ registers.*/, "", registers); sub(/.* /, "", registers)
      shared = 0
      if ($0 ~ /bytes smem/) { shared = $0; sub(/ bytes smem.*/, "", shared); sub(/.* /, "", shared) }
      print name, architecture, registers, shared, stack, stores
    }' "$work/log.$architecture"
done | LC_ALL=C sort > "$work/table"

kernels=$(grep -ch '__global__' $(find "$here" -name '*.cu') | awk '{ n += $1 } END { print n }')
entries=$(awk '{ print $1 }' "$work/table" | LC_ALL=C sort -u | wc -l)
if [ "$entries" -lt "$kernels" ]; then
  echo "CUDA kernels: $kernels are written but only $entries were compiled" >&2
  exit 1
fi
if awk '$6 > 0 { print "CUDA kernels: " $1 " spills " $6 " bytes on sm_" $2; bad = 1 } END { exit !bad }' "$work/table" >&2; then
  exit 1
fi
# Functions that kernels call instead of inlining them spill registers of their own.
for architecture in $architectures; do
  if awk '/Function properties for/ { name = $NF } /[1-9][0-9]* bytes spill stores/ { print name ": " $0; bad = 1 } END { exit !bad }' \
      "$work/log.$architecture" >&2; then
    echo "CUDA kernels: functions spill registers on sm_$architecture" >&2
    exit 1
  fi
done
echo "CUDA kernels: $entries compile for sm_$(echo $architectures | sed 's/ /, sm_/g') without warnings or spills"

[ -n "$report" ] || exit 0
mkdir -p "$(dirname "$report")"
{
  echo "# Registers, shared memory and occupancy of the CUDA kernels"
  echo
  echo "Written by \`kernels-cu/check.sh\` with $(nvcc --version | sed -n 's/.*release \([^,]*\),.*/nvcc \1/p'); no kernel spills registers."
  echo "Occupancy: resident warps of 64 with blocks of 256 threads, from 65536 registers per multiprocessor (granted to a warp in"
  echo "units of 256), 164 KB (sm_80) or 228 KB of shared memory (1 KB of each block is the system's), and 8 blocks at most by threads."
  echo "It is computed, not measured."
  echo
  echo "| kernel | registers: sm_80, sm_90, sm_100 | shared bytes | stack bytes | occupancy: sm_80, sm_90, sm_100 |"
  echo "| --- | --- | --- | --- | --- |"
  awk '
    function occupancy(registers, shared, architecture,    warp, blocks, room) {
      warp = int((registers * 32 + 255) / 256) * 256
      blocks = int(int(65536 / warp) / 8)
      if (blocks > 8) blocks = 8
      room = int((architecture == 80 ? 164 : 228) * 1024 / (shared + 1024))
      if (room < blocks) blocks = room
      return int(blocks * 8 * 100 / 64)
    }
    {
      if (!($1 in seen)) { order[++n] = $1; seen[$1] = 1 }
      registers[$1, $2] = $3; share[$1, $2] = occupancy($3, $4, $2)
      if ($4 > shared[$1]) shared[$1] = $4
      if ($5 > stack[$1]) stack[$1] = $5
    }
    END {
      for (i = 1; i <= n; i++) {
        k = order[i]
        printf "| `%s` | %d, %d, %d | %d | %d | %d %%, %d %%, %d %% |\n", k, registers[k, 80], registers[k, 90], registers[k, 100], shared[k], stack[k], share[k, 80], share[k, 90], share[k, 100]
      }
    }' "$work/table"
} > "$report"

#!/bin/sh
# Makes the folder that bench/gpu.sh runs from: TREE/lib (program, benchmarks and what they and the tests need, as jars),
# TREE/tests (classes), TREE/test-data, TREE/gpu.sh and TREE/about.tsv. Jars are stored uncompressed, so that xz works on
# what is inside, and natives that are never loaded are left out.
# Use: bench/gpu/tree.sh TREE
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
tree=$(cd "$1" && pwd)
cd "$root"

work=$tree/work
rm -rf "$tree/lib" "$tree/tests" "$tree/test-data" "$work"
mkdir -p "$tree/lib" "$work"

# GPU_CLASS_PATH: of an earlier build that is still good
class_path=${GPU_CLASS_PATH:-$(mvn -q -B -Dstyle.color=never -Pbench,bundle -DskipTests \
  test-compile exec:exec@print-class-path | tail -n 1)}

# of the program, for the tests that run it
version=$(sed -n 's:^  <version>\(.*\)</version>:\1:p' pom.xml | head -n 1)

store() { # FOLDER JAR: stored, dates and order left to jar
  jar --create --no-compress --no-manifest --file "$tree/lib/$2" -C "$1" .
}

old_ifs=$IFS
IFS=:
for entry in $class_path; do
  case $entry in
    */test-classes) cp -r "$entry" "$tree/tests"; continue ;;
    */classes) store "$entry" "richkernel-$version.jar"; continue ;;
    */jmh-core-*|*/jopt-simple-*) continue ;;
  esac
  rm -rf "$work/jar"
  mkdir "$work/jar"
  (cd "$work/jar" && jar --extract --file "$entry")
  case $entry in
    *-linux-x86_64.jar)
      # headers, a compiler that is not called, the first cuBLAS interface
      find "$work/jar" \( -name include -o -name cmake -o -name pkgconfig \) -prune -exec rm -rf {} +
      find "$work/jar" \( -name 'libJNvPTXCompiler-*' -o -name 'libJCublas-*' \) -exec rm -f {} + ;;
    */jline-native-*)
      find "$work/jar/org/jline/nativ" -mindepth 1 -maxdepth 2 -type d ! -name Linux ! -path '*/Linux/x86_64' \
        -prune -exec rm -rf {} + ;;
  esac
  store "$work/jar" "$(basename "$entry")"
done
IFS=$old_ifs
rm -rf "$work"

mkdir "$tree/test-data"
cp test-data/*.gz test-data/*.yaml "$tree/test-data/"
cp -r test-data/golden test-data/reference "$tree/test-data/"
cp bench/gpu.sh "$tree/gpu.sh"
commit=$(git rev-parse --short HEAD 2> /dev/null || echo unknown)
[ -z "$(git status --porcelain 2> /dev/null)" ] || commit="$commit with changes"
printf 'commit\t%s\n' "$commit" > "$tree/about.tsv"

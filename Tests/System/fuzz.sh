#!/usr/bin/env bash
# Feeds the readers of foreign bytes with what libFuzzer makes of the seeds in Tests/FuzzTargets:
#
#     fuzz.sh                    the names of the targets
#     fuzz.sh TARGET [SECONDS]   one of them, or `all`, each for so long (60)
#     fuzz.sh TARGET FILE        makes an input shorter that ends the process
#
# The build is one of its own (.build/fuzz), as all code is compiled with counters of its branches; its
# corpus grows in .build/fuzz/corpus. What was found lies in .build/fuzz/found and belongs, shortened,
# into Tests/FuzzTargets/Found/TARGET, where `make test` tries it first. Exit 1: something was found.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:-} limit=${2:-60}
place=$PWD/.build/fuzz
build=("${SWIFT:-swift}" build --scratch-path "$place" -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld
  -debug-info-format none -j "${JOBS:-2}" --product Fuzzer)
export SYMPHONY_FUZZ=1
"${build[@]}" >&2
program=$("${build[@]}" --show-bin-path)/Fuzzer
if [[ -z $target ]]; then
  "$program" list
  exit
fi

mkdir -p "$place/found" "$place/tmp"
# The signals of a trap are libFuzzer's.
export TMPDIR=$place/tmp SWIFT_BACKTRACE=enable=no
trap 'rm -rf "$place/tmp"' EXIT
# Seconds for one input, and megabytes for all: whatever needs more has no end or no bound.
bounds=(-timeout=30 -rss_limit_mb=3000 -malloc_limit_mb=1000)

if [[ -f $limit ]]; then
  SYMPHONY_FUZZ_TARGET=$target "$program" "${bounds[@]}" -minimize_crash=1 -max_total_time=60 \
    -exact_artifact_path="$place/found/$target-shortest" "$limit" >&2 || true
  ls -l "$place/found/$target-shortest"
  exit
fi

mapfile -t targets < <(if [[ $target == all ]]; then "$program" list; else echo "$target"; fi)
status=0
for target in "${targets[@]}"; do
  export SYMPHONY_FUZZ_TARGET=$target
  "$program" seeds "$place/corpus/$target"
  "$program" "${bounds[@]}" -max_total_time="$limit" -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$place/found/$target-" "$place/corpus/$target" \
    >"$place/$target.log" 2>&1 || status=1
  awk -v target="$target" '
    /^fuzz: |Fatal error|SUMMARY|Test unit written/ { print target ": " $0 }
    /stat::number_of_executed_units/ { print target ": " $2 " inputs" }' "$place/$target.log"
done
exit "$status"

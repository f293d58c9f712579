#!/usr/bin/env bash
# Runs every fuzz test of the module for a while: fuzz.sh 20s
set -euo pipefail
cd "$(dirname "$0")/.."
each=${1:-20s}

found=0
while IFS=: read -r file line; do
	name=${line#func }
	name=${name%%(*}
	found=$((found + 1))
	printf '%s %s\n' "$name" "./$(dirname "$file")"
	go test -run '^$' -fuzz "^${name}\$" -fuzztime "$each" -fuzzminimizetime 10x "./$(dirname "$file")"
done < <(git grep -h --full-name -o -H 'func Fuzz[A-Za-z0-9_]*(' -- '*_test.go')

if [ "$found" -eq 0 ]; then
	echo 'no fuzz tests found; that cannot be right' >&2
	exit 1
fi

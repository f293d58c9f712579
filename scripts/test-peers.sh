#!/usr/bin/env bash
# Runs the tests against software that other people wrote: those in files with
# the build tag "peers". They bring it along themselves, pinned, through npm.
# Only the tests of these files run; the others have their turn in make test.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v npm >/dev/null || {
	echo 'These tests need Node 20 or newer with npm. Install it, then run make test-peers again.' >&2
	exit 1
}

# The real shops: PostgreSQL below Medusa, PHP and MariaDB below WordPress.
scripts/test-deps.sh
scripts/peers/install.sh

files=$(grep -rlE --include='*_test.go' '^//go:build peers$' . | sort)
for dir in $(xargs -n1 dirname <<<"$files" | sort -u); do
	# shellcheck disable=SC2086 # file names of ours have no spaces
	names=$(grep -lE '^//go:build peers$' "$dir"/*_test.go | xargs sed -nE 's/^func (Test[A-Za-z0-9_]+)\(t \*testing\.T.*/\1/p' | paste -sd'|')
	[ -n "$names" ] || continue
	"${GO:-go}" test -tags peers -count=1 -timeout 10m -run "^($names)\$" "$dir"
done

# Google Play is judged by Google's own Go module, which is a module of its own
# here so that the program does not need it.
(cd sources/play/discoverytest && "${GO:-go}" test -count=1 ./...)

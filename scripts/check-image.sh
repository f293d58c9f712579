#!/usr/bin/env bash
# Runs the Dockerfile's steps in a plain folder and the program inside it, as the
# image's user: for machines that can pull no images. Needs root for chroot.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(mktemp -d)
trap 'kill "${pid:-}" 2>/dev/null || true; rm -rf "$out"' EXIT

echo "build"
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=check" -o "$out/bin/evenkeel" ./cmd/evenkeel
size=$(stat -c %s "$out/bin/evenkeel")
echo "the program has $size bytes"
[ "$size" -lt 36000000 ] || echo "that is over 36,000,000"
[ "$size" -lt 37748736 ] || { echo "over 36 MiB" >&2; exit 1; }
if command -v ldd >/dev/null && ldd "$out/bin/evenkeel" >/dev/null 2>&1; then
  echo "it is not static" >&2; exit 1
fi
mkdir -p "$out/data" "$out/etc/ssl/certs" "$out/tmp"
cp /etc/ssl/certs/ca-certificates.crt "$out/etc/ssl/certs/"
echo 'evenkeel:x:65532:65532::/data:/' > "$out/etc/passwd"
echo 'evenkeel:x:65532:' > "$out/etc/group"
chmod 755 "$out"; chmod 1777 "$out/tmp"; chown -R 65532:65532 "$out/data"

run() { exec env -i PATH=/bin HOME=/data EVENKEEL_DATABASE=sqlite:/data/evenkeel.db EVENKEEL_LISTEN=127.0.0.1:18467 \
  "$(command -v chroot)" --userspec=65532:65532 "$out" /bin/evenkeel "$@"; }
inside() { (run "$@"); }
echo "inside: version"; inside version
echo "inside: healthcheck of nothing"; if inside healthcheck; then echo "it should have failed" >&2; exit 1; fi
run serve 2> "$out/log" & pid=$!
for _ in $(seq 1 100); do inside healthcheck >/dev/null 2>&1 && break; sleep 0.1; done
echo "inside: healthcheck"; inside healthcheck
echo "inside: backup"; inside backup /data/copy.db
[ "$(stat -c %u "$out/data/evenkeel.db")" = 65532 ] || { echo "not the image's user" >&2; exit 1; }
kill -TERM "$pid"; wait "$pid"; pid=
echo "all steps of the image work"

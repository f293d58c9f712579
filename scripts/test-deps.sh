#!/usr/bin/env bash
# Brings what the tests need beside Go: a PostgreSQL server (the tests start
# their own, on a folder of their own), Chromium for the browser tests, and a C
# compiler for the race detector. On Debian and its relatives, as root, missing
# packages are installed; elsewhere this says what to install. It is quick when
# nothing is missing.
#
#   scripts/test-deps.sh            install or complain
#   scripts/test-deps.sh --dry-run  only say what is missing
set -euo pipefail

have() { command -v "$1" >/dev/null 2>&1; }

have_postgres() {
	have postgres && have initdb && return
	compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null ||
		compgen -G '/usr/pgsql-*/bin/initdb' >/dev/null
}

have_browser() {
	have chromium || have chromium-browser || have google-chrome || have google-chrome-stable ||
		have headless-shell || [ -d '/Applications/Google Chrome.app' ]
}

have_compiler() { have "${CC:-gcc}" || have clang; }

missing=()
have_postgres || missing+=(postgresql)
have_browser || missing+=(chromium)
have_compiler || missing+=(gcc libc6-dev)

if [ ${#missing[@]} -eq 0 ]; then
	exit 0
fi

if [ "${1:-}" = --dry-run ]; then
	echo "missing for the tests: ${missing[*]}"
	exit 0
fi

if have apt-get && [ "$(id -u)" -eq 0 ]; then
	echo "installing for the tests: ${missing[*]}" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	exit 0
fi

{
	echo "The tests need what is not here: ${missing[*]}"
	if have apt-get; then
		echo "Install it with:  sudo apt-get install ${missing[*]}"
	elif have dnf; then
		echo 'Install it with:  sudo dnf install postgresql-server chromium gcc'
	elif have brew; then
		echo 'Install it with:  brew install postgresql@17 && brew install --cask chromium'
	else
		echo 'Install a PostgreSQL server (initdb and postgres), Chromium or Chrome, and a C compiler.'
	fi
	echo 'Then run make test again.'
} >&2
exit 1

#!/usr/bin/env bash
# Brings the programs on which the tests run real shops: PHP and MariaDB for
# WordPress. Only the programs: no service is set up or started, and no web
# server comes along. WordPress itself and what comes from npm the tests fetch
# into the user's cache folder. It is quick when nothing is missing.
set -euo pipefail

have() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

missing=()
have php && php -m | grep -qi mysqli || missing+=(php-cli php-mysql)
have mariadbd || missing+=(mariadb-server-core)
have my_print_defaults || missing+=(mariadb-client-core)

if [ ${#missing[@]} -eq 0 ] && have apt-get; then
	exit 0
fi

if have apt-get && [ "$(id -u)" -eq 0 ]; then
	echo "installing for the tests: ${missing[*]}" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
	exit 0
fi

if have apt-get; then
	echo "The tests against a real WordPress need what is not here. Install it with:  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
else
	echo 'The tests against a real WordPress take it from Debian, with PHP and MariaDB; run them on Debian or Ubuntu.' >&2
fi
exit 1

# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the tests of the tool share; to be sourced, in the guest.
PATH=$PWD:$PATH
test_number=0
trap finish EXIT

# check DESCRIPTION COMMAND...: passes if the command succeeds.
check() {
	description=$1
	shift
	test_number=$((test_number + 1))
	if "$@"; then
		echo "ok $test_number - $description"
	else
		echo "not ok $test_number - $description"
		echo "# failed: $*"
		[ ! -s "$scratch/out" ] || sed 's/^/# stdout: /' "$scratch/out"
		[ ! -s "$scratch/err" ] || sed 's/^/# stderr: /' "$scratch/err"
	fi
}

finish() {
	# shellcheck disable=SC2046 # numbers
	kill $(jobs -p) 2>/dev/null
	rm -rf "$scratch"
	echo "1..$test_number"
}

scratch=$(mktemp -d)
: >"$scratch/out"
: >"$scratch/err"

# try COMMAND...: runs it; status, "$scratch/out" and "$scratch/err" tell.
try() {
	status=0
	"$@" >"$scratch/out" 2>"$scratch/err" || status=$?
}

status_is() { [ "$status" = "$1" ]; }
out_is() { [ "$(cat "$scratch/out")" = "$1" ]; }
err_is() { [ "$(cat "$scratch/err")" = "$1" ]; }
out_has() { grep -qE -- "$1" "$scratch/out"; }
err_has() { grep -qE -- "$1" "$scratch/err"; }

# until_true COMMAND...: waits until it succeeds, for half a minute or so.
until_true() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || return 1
		sleep 0.1
	done
}

# field NAME FILTER: of the object's JSON in wsync ls
field() {
	wsync ls --json "$1" 2>/dev/null | jq -r ".objects[0]$2"
}
field_is() { [ "$(field "$1" "$2")" = "$3" ]; }
exists() { wsync ls --plain "$1" >/dev/null 2>&1; }
gone() { ! exists "$1"; }

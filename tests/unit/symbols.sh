#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The headers, the maps and the shared libraries name the same symbols. Prints TAP.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
{
	make -s -C "$root/libwsync" OUT="$work/lib" all &&
		make -s -C "$root/libwsync/win32" OUT="$work/lib-win32" WSYNC_OUT="$work/lib" all
} >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

failed=0 number=0
result() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

# compare NAME DIRECTORY MAP NODE: the header's names are in $work/header
compare() {
	library=$work/$2/$1.so
	sed -n '/{/,/local:/p' "$3" | sed -n 's/^[[:space:]]*\([A-Za-z_0-9]*\);$/\1/p' |
		sort -u >"$work/map"
	nm -D --defined-only "$library" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' |
		sort -u >"$work/library"
	[ "$(wc -l <"$work/header")" -ge 50 ]
	result $? "$1: header declares functions"
	diff "$work/header" "$work/map" | sed 's/^/# /' >"$work/diff"
	[ ! -s "$work/diff" ]
	result $? "$1: header and map agree"
	cat "$work/diff"
	diff "$work/header" "$work/library" | sed 's/^/# /' >"$work/diff"
	[ ! -s "$work/diff" ]
	result $? "$1: header and library agree"
	cat "$work/diff"
	! nm -D --defined-only "$library" | grep -v ' A ' | grep -vq "@@$4_[0-9.]*\$"
	result $? "$1: all symbols have a version"
	[ "$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" = "$1.so.0" ]
	result $? "$1: soname"
}

# Declarations: what stands before a parameter list.
declared() {
	cpp -P -I"$root/libwsync/include" "$root/libwsync/include/wsync/$1" |
		grep -oE "$2\(" | tr -d '(' | sort -u >"$work/header"
}

echo 1..10
declared wsync.h 'wsync_[a-z_]*'
compare libwsync lib "$root/libwsync/libwsync.map" WSYNC
declared win32.h '\b(wsync_win32_[a-z]+|[A-Z][a-z][A-Za-z]+)'
compare libwsync-win32 lib-win32 "$root/libwsync/win32/libwsync-win32.map" WSYNC_WIN32
exit $failed

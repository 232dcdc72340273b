#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The header, the map and the shared library name the same symbols. Prints TAP.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
library=$work/lib/libwsync.so
make -s -C "$root/libwsync" OUT="$work/lib" all >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

# Declarations: what stands before a parameter list at the beginning of a line.
cpp -P -I"$root/libwsync/include" "$root/libwsync/include/wsync/wsync.h" |
	grep -o 'wsync_[a-z_]*(' | tr -d '(' | sort -u >"$work/header"
sed -n '/{/,/local:/p' "$root/libwsync/libwsync.map" | grep -o 'wsync_[a-z_]*' |
	sort -u >"$work/map"
nm -D --defined-only "$library" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' |
	sort -u >"$work/library"

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

echo 1..5
[ "$(wc -l <"$work/header")" -ge 50 ]
result $? "header declares functions"
diff "$work/header" "$work/map" | sed 's/^/# /' >"$work/diff"
[ ! -s "$work/diff" ]
result $? "header and map agree"
cat "$work/diff"
diff "$work/header" "$work/library" | sed 's/^/# /' >"$work/diff"
[ ! -s "$work/diff" ]
result $? "header and library agree"
cat "$work/diff"
! nm -D --defined-only "$library" | grep -v ' A ' | grep -vq '@@WSYNC_[0-9.]*$'
result $? "all symbols have a version"
[ "$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')" = libwsync.so.0 ]
result $? "soname"
exit $failed

#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A C and a C++ program are built against an installed tree and run. Prints TAP.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
make -s -C "$root/libwsync" OUT="$work/lib" DESTDIR="$work/root" PREFIX=/usr \
	LIBDIR=/usr/lib/test install >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
export PKG_CONFIG_SYSROOT_DIR="$work/root"
export PKG_CONFIG_LIBDIR="$work/root/usr/lib/test/pkgconfig"
export LD_LIBRARY_PATH="$work/root/usr/lib/test"

cat >"$work/consumer.c" <<'END'
#include <linux/winsync.h>
#include <wsync/wsync.h>

static int entry(const struct wsync_list_entry *entry, void *arg)
{
	(void)arg;
	return entry->name_len == 0;
}

int main(void)
{
	struct wsync_wait_result result;
	int fd = -1;
	WSYNC_OPTS(wsync_opts, opts);

	opts.mode = 0755;
	if (wsync_version()[0] == '\0' || WINSYNC_ABI_VERSION < 1)
		return 1;
	if (wsync_event_create(NULL, "\\bad", WSYNC_MANUAL_RESET, &opts, &fd, NULL) == 0)
		return 2;
	if (wsync_wait(-1, 0, NULL, &result) == 0 || wsync_list(-1, entry, NULL) == 0)
		return 3;
	return 0;
}
END
cp "$work/consumer.c" "$work/consumer.cpp"

failed=0 number=0
build_and_run() { # description, compiler, source, library arguments
	number=$((number + 1))
	# shellcheck disable=SC2046,SC2086 # lists
	if $2 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags libwsync) \
		-o "$work/consumer" "$work/$3" $4 >"$work/log" 2>&1 && "$work/consumer"; then
		echo "ok $number - $1"
	else
		sed 's/^/# /' "$work/log"
		echo "not ok $number - $1"
		failed=1
	fi
}

# The C++ header, by itself.
cat >"$work/header.cpp" <<'END'
#include <wsync/wsync.hpp>

int main()
{
	wsync::mutex mutex;

	try {
		mutex.lock();
	} catch (const std::system_error &error) {
		return error.code() != std::errc::bad_file_descriptor;
	}
	return 1;
}
END

echo 1..10
shared=$(pkg-config --libs libwsync)
static="$(pkg-config --variable=libdir libwsync)/libwsync.a -pthread"
case $static in "$work"*) ;; *) static=$work/root$static ;; esac
build_and_run "C99, shared" "${CC:-cc} -std=c99" consumer.c "$shared"
build_and_run "C17, static" "${CC:-cc} -std=c17" consumer.c "$static"
build_and_run "C++11, shared" "${CXX:-c++} -std=c++11" consumer.cpp "$shared"
build_and_run "C++20, static" "${CXX:-c++} -std=c++20" consumer.cpp "$static"
build_and_run "wsync.hpp, C++11" "${CXX:-c++} -std=c++11" header.cpp "$shared"
build_and_run "C99, clang" "clang -std=c99" consumer.c "$shared"
build_and_run "C++11, clang" "clang++ -std=c++11" consumer.cpp "$shared"
build_and_run "wsync.hpp, C++11, clang" "clang++ -std=c++11" header.cpp "$shared"
build_and_run "wsync.hpp, C++20, clang" "clang++ -std=c++20" header.cpp "$shared"
number=$((number + 1))
if [ "$(pkg-config --modversion libwsync)" = "$(cat "$root/VERSION")" ]; then
	echo "ok $number - version"
else
	echo "not ok $number - version"
	failed=1
fi
exit $failed

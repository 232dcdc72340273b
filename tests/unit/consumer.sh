#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A C and a C++ program are built against an installed tree and run. Prints TAP.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
{
	make -s -C "$root/libwsync" OUT="$work/lib" DESTDIR="$work/root" PREFIX=/usr \
		LIBDIR=/usr/lib/test install &&
		make -s -C "$root/libwsync/win32" OUT="$work/win32" WSYNC_OUT="$work/lib" \
			DESTDIR="$work/root" PREFIX=/usr LIBDIR=/usr/lib/test install
} >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
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

# What Windows code uses, in one program; with TEXT("") as UTF-16 if the compiler has u"".
cat >"$work/win32.c" <<'END'
#include <windows.h>

static VOID CALLBACK call(ULONG_PTR argument)
{
	*(int *)argument = 1;
}

static VOID CALLBACK tick(LPVOID argument, DWORD low, DWORD high)
{
	*(DWORD *)argument = low | high;
}

int main(void)
{
	SECURITY_ATTRIBUTES attributes = { sizeof(attributes), NULL, TRUE };
	EVENT_BASIC_INFORMATION info;
	LARGE_INTEGER due;
	HANDLE handles[2] = { NULL, INVALID_HANDLE_VALUE };
	DWORD ticked = 0;
	int called = 0;

	due.QuadPart = -10000;
	if (due.HighPart != -1 || due.u.LowPart != (DWORD)-10000)
		return 1;
	if (OpenMutex(SYNCHRONIZE, FALSE, TEXT("a\\b\\c")) || GetLastError() != ERROR_PATH_NOT_FOUND)
		return 2;
	if (CreateEvent(&attributes, TRUE, FALSE, TEXT("\\")) || SetEvent(handles[0]))
		return 3;
	if (WaitForMultipleObjects(2, handles, FALSE, INFINITE) != WAIT_FAILED)
		return 4;
	if (NtQueryEvent(NULL, EventBasicInformation, &info, sizeof(info), NULL) !=
	    STATUS_INVALID_HANDLE || NT_SUCCESS(STATUS_INVALID_HANDLE))
		return 5;
	if (SetWaitableTimer(NULL, &due, 0, tick, &ticked, FALSE) || QueueUserAPC(call, NULL,
	    (ULONG_PTR)&called) || called)
		return 6;
	return WaitForSingleObject(GetCurrentProcess(), 1) == WAIT_TIMEOUT ? 0 : 7;
}
END
cp "$work/win32.c" "$work/win32.cpp"

failed=0 number=0 package=libwsync flags=''
build_and_run() { # description, compiler, source, library arguments
	number=$((number + 1))
	# shellcheck disable=SC2046,SC2086 # lists
	if $2 -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags $package) $flags \
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

#include <mutex>

/* There is no module, and no handle: whatever asks for one throws. */
template <class Function>
static bool throws(Function function)
{
	try {
		function();
	} catch (const std::system_error &error) {
		return error.code() == std::errc::bad_file_descriptor;
	}
	return false;
}

int main()
{
	using namespace std::chrono;
	wsync::mutex mutex;
	const std::vector<int> fds{-1};

	if (!throws([&] { mutex.lock(); }) ||
	    !throws([&] { std::lock_guard<wsync::mutex> lock(mutex); }) ||
	    !throws([&] { std::unique_lock<wsync::mutex> lock(mutex, milliseconds(1)); }) ||
	    !throws([&] { mutex.try_lock_until(system_clock::now()); }) ||
	    !throws([&] { wsync::wait_any_until(steady_clock::now(), fds); }) ||
	    !throws([&] { wsync::wait_all_until(system_clock::now(), fds); }))
		return 1;
	/* That it was found abandoned goes with the handle, wherever it goes. */
	mutex.found_abandoned();
	wsync::mutex other = std::move(mutex);
	if (!other.abandoned())
		return 2;
	mutex = wsync::mutex();
	if (mutex.abandoned())
		return 3;
	other.reset();
	return other.abandoned() ? 4 : 0;
}
END

echo 1..17
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

package=libwsync-win32
windows=$(pkg-config --variable=windowsdir $package)
case $windows in "$work"*) ;; *) windows=$work/root$windows ;; esac
flags=-I$windows
shared=$(pkg-config --libs $package)
# The libraries a static one needs stand behind it.
static="$(dirname "${static%% *}")/libwsync-win32.a $static"
build_and_run "win32, C99, shared" "${CC:-cc} -std=c99" win32.c "$shared"
build_and_run "win32, C11 and UNICODE, static" "${CC:-cc} -std=c11 -DUNICODE" win32.c "$static"
build_and_run "win32, C99 and wchar_t of 16 bits" "${CC:-cc} -std=c99 -DUNICODE -fshort-wchar" \
	win32.c "$shared"
build_and_run "win32, C++11, shared" "${CXX:-c++} -std=c++11" win32.cpp "$shared"
build_and_run "win32, C++20 and UNICODE" "${CXX:-c++} -std=c++20 -DUNICODE" win32.cpp "$shared"
build_and_run "win32, C++11, clang" "clang++ -std=c++11 -DUNICODE" win32.cpp "$shared"
for package in libwsync libwsync-win32; do
	number=$((number + 1))
	if [ "$(pkg-config --modversion $package)" = "$(cat "$root/VERSION")" ]; then
		echo "ok $number - version of $package"
	else
		echo "not ok $number - version of $package"
		failed=1
	fi
done
exit $failed

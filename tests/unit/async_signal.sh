#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Functions that the manual pages call async-signal-safe reach no function of the C library that
# is not, on any path, allocate nothing and lock nothing. Prints TAP.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Every call has to be seen: nothing is inlined, and each function is a section. Exceptions
# come only out of what callers give to other functions.
make -s -C "$root/libwsync" OUT="$work" \
	CFLAGS='-O1 -fno-inline -ffunction-sections -fno-optimize-sibling-calls -fno-exceptions' \
	"$work/libwsync.a" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

# As the pages say; the waits without WSYNC_WAIT_ALERTABLE, wsync_timer_set without a routine.
safe='wsync_duplicate wsync_close wsync_same wsync_get_inherit wsync_set_inherit wsync_get_stat
wsync_set_perm wsync_get_waiters wsync_event_set wsync_event_reset wsync_event_pulse
wsync_event_query wsync_mutex_release wsync_mutex_query wsync_semaphore_release
wsync_semaphore_query wsync_send wsync_receive wsync_take wsync_take_pidfd wsync_timer_set
wsync_timer_cancel wsync_timer_query wsync_nanoseconds wsync_deadline wsync_wait wsync_wait_any
wsync_wait_all wsync_signal_and_wait wsync_sleep wsync_name_parse wsync_namespace_destroy'

# What only those waits and timers do.
left_out='wsync_apc_begin wsync_apc_run wsync_apc_timer_prepare wsync_apc_timer_commit
wsync_apc_timer_free'

# Those of POSIX' list, and of what the manual of the GNU C library calls safe as well.
allowed='clock_gettime close fcntl memcpy memset open recvmsg sendmsg strlen strncmp
__cmsg_nxthdr __errno_location clock_nanosleep ioctl pthread_getspecific
pthread_setcancelstate syscall'

# "FROM TO": every function, and each that it calls or takes the address of.
objdump -r "$work/libwsync.a" | awk '
	/^RELOCATION RECORDS FOR \[\.text\./ {
		from = $4
		gsub(/^\[\.text\.|\]:$/, "", from)
		next
	}
	/^RELOCATION RECORDS/ { from = "" }
	from && NF == 3 && $1 ~ /^[0-9a-f]+$/ {
		to = $3
		sub(/[-+]0x[0-9a-f]+$/, "", to)
		sub(/^\.text\./, "", to)
		if (to !~ /^\./)
			print from, to
	}' | sort -u >"$work/graph"
# Ours, though they call nothing, and data.
nm "$work/libwsync.a" | awk '$2 ~ /^[TtDdBbRr]$/ { print $3 }' | sort -u >"$work/ours"

# wrong_in FUNCTION: what it may not reach
wrong_in() {
	awk -v start="$1" -v left_out="$(echo "$left_out" | tr '\n' ' ')" \
		-v allowed="$(echo "$allowed" | tr '\n' ' ')" '
		BEGIN {
			n = split(left_out, list, " ")
			for (i = 1; i <= n; i++)
				seen[list[i]] = 1
			n = split(allowed, list, " ")
			for (i = 1; i <= n; i++)
				good[list[i]] = 1
		}
		FILENAME ~ /ours$/ { ours[$1] = 1; next }
		{ calls[$1] = calls[$1] " " $2 }
		END {
			if (!(start in ours))
				print "there is no such function"
			count = 1
			todo[1] = start
			for (at = 1; at <= count; at++) {
				if (!(todo[at] in ours) && !(todo[at] in good))
					print "it reaches " todo[at]
				n = split(calls[todo[at]], list, " ")
				for (i = 1; i <= n; i++)
					if (!(list[i] in seen)) {
						seen[list[i]] = 1
						todo[++count] = list[i]
					}
			}
			if (count == 1)
				print "nothing was found in it"
		}' "$work/ours" "$work/graph"
}

failed=0 number=0
# check NAME WRONG: what is wrong with it, or nothing
check() {
	number=$((number + 1))
	if [ -z "$2" ]; then
		echo "ok $number - $1"
	else
		echo "$2" | sed 's/^/# /'
		echo "not ok $number - $1"
		failed=1
	fi
}

# shellcheck disable=SC2086 # a list
set -- $safe
echo "1..$(($# + 1))"
for name; do
	check "$name is async-signal-safe" "$(wrong_in "$name")"
done
# And one that is not, to see that it would be seen.
case $(wrong_in wsync_context_new) in
*malloc*) check "wsync_context_new is not" "" ;;
*) check "wsync_context_new is not" "nothing said that it allocates" ;;
esac
exit $failed

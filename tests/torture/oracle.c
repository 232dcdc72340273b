// SPDX-License-Identifier: GPL-2.0-only
/* What is checked, how violations are told, and the summary. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "torture.h"

/* Violations that are told one by one; the rest is counted. */
#define TOLD	10

const char *const check_names[CHECKS] = {
	[LOST_WAKEUP] = "no lost wake-up",
	[MISSED_WAKE] = "who is granted something wakes",
	[MUTUAL_EXCLUSION] = "one owner at a time",
	[ABANDONED_ONCE] = "abandoned once, and only then",
	[CONSERVATION] = "counts and signals are conserved",
	[FIFO_ORDER] = "first come, first served",
	[PULSE_UNSEEN] = "pulses are never seen",
	[TIMER_EARLY] = "timers are never early",
	[TIMER_TWICE] = "one signal for one expiry",
	[TIMEOUT_EARLY] = "timeouts are never early",
	[TIMEOUT_LATE] = "timeouts come",
	[NAME_UNIQUE] = "a name stands for one object",
	[NAME_STALE] = "a name ends with its last handle",
	[QUOTA] = "what is charged comes back",
	[POLL_WAKEUP] = "pollers wake",
	[OWNERSHIP] = "only the owner releases",
	[LEFT_BEHIND] = "nothing is left behind",
	[RESULTS] = "results are those of the interface",
};

const char *const operation_names[OPERATIONS] = {
	[OP_SIGNAL] = "signal",
	[OP_TRY] = "try",
	[OP_SLEEP] = "sleep",
	[OP_SIGNAL_AND_WAIT] = "signal-and-wait",
	[OP_UNLOCK] = "unlock",
	[OP_QUERY] = "query",
	[OP_POLL] = "poll",
	[OP_HANDLE] = "handle",
	[OP_CREATE] = "create",
	[OP_NAME] = "name",
	[OP_BAD] = "bad",
	[OP_THREAD_EXIT] = "thread-exit",
	[OP_FORK] = "fork",
	[OP_EXEC] = "exec",
	[OP_LIMIT] = "limit",
};

void fail(enum check check, const char *format, ...)
{
	char text[512];
	va_list arguments;
	int length;

	if (add(shared->failures[check], 1) >= TOLD)
		return;
	length = snprintf(text, sizeof(text), "# round %u: %s: ", shared->round,
			  check_names[check]);
	va_start(arguments, format);
	length += vsnprintf(text + length, sizeof(text) - length - 1, format,
			    arguments);
	va_end(arguments);
	if (length > (int)sizeof(text) - 2)
		length = sizeof(text) - 2;
	text[length++] = '\n';
	/* In one piece, from whatever thread or child. */
	if (write(STDERR_FILENO, text, length) != length)
		_exit(1);
}

/* Prints the results; returns the exit status. */
int report(uint64_t calls, const uint64_t *operations)
{
	uint64_t total = 0;
	int status = 0;

	printf("1..%d\n", CHECKS);
	for (int i = 0; i < CHECKS; i++) {
		uint64_t failures = shared->failures[i];
		uint64_t checked = shared->checked[i];

		if (failures) {
			status = 1;
			printf("not ok %d - %s: %llu violations\n", i + 1,
			       check_names[i], (unsigned long long)failures);
		} else if (checked) {
			printf("ok %d - %s: checked %llu times\n", i + 1,
			       check_names[i], (unsigned long long)checked);
		} else {
			printf("ok %d - %s # SKIP profile %s does not come by it\n",
			       i + 1, check_names[i], shared->profile.name);
		}
	}
	printf("# seed %llu, %u rounds, %llu calls:",
	       (unsigned long long)shared->seed, shared->round,
	       (unsigned long long)calls);
	for (int i = 0; i < OPERATIONS; i++) {
		total += operations[i];
		printf(" %s %llu", operation_names[i],
		       (unsigned long long)operations[i]);
	}
	printf("\n# operations: %llu\n", (unsigned long long)total);
	return status;
}

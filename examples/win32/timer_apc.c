// SPDX-License-Identifier: MIT
/*
 * A periodic timer whose completion routine runs in the thread that set it, whenever that
 * thread sleeps alertably.
 */
#include <windows.h>

#include <stdio.h>

#define TICKS 5

struct clockwork {
	HANDLE timer;
	int ticks;
	ULONGLONG last;
};

static VOID CALLBACK tick(LPVOID argument, DWORD low, DWORD high)
{
	struct clockwork *clockwork = (struct clockwork *)argument;
	ULONGLONG time = (ULONGLONG)high << 32 | low;

	clockwork->ticks++;
	if (time <= clockwork->last)
		printf("time stood still\n");
	clockwork->last = time;
	printf("tick %d\n", clockwork->ticks);
	if (clockwork->ticks == TICKS)
		CancelWaitableTimer(clockwork->timer);
}

int main(void)
{
	struct clockwork clockwork = { NULL, 0, 0 };
	LARGE_INTEGER due;

	clockwork.timer = CreateWaitableTimer(NULL, FALSE, NULL);
	/* In 50 ms, in units of 100 ns, then every 20 ms. */
	due.QuadPart = -50 * 10000;
	if (!clockwork.timer ||
	    !SetWaitableTimer(clockwork.timer, &due, 20, tick, &clockwork, FALSE)) {
		fprintf(stderr, "timer: error %u\n", (unsigned int)GetLastError());
		return 2;
	}
	while (clockwork.ticks < TICKS) {
		if (SleepEx(60000, TRUE) != WAIT_IO_COMPLETION)
			return 1;
	}
	CloseHandle(clockwork.timer);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * Two threads that hand control to each other: each signals the other one's event and waits for
 * its own, in one call.
 */
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace {

const int rounds = 1000;

HANDLE events[2];
/* Not protected: only the thread that has control touches it. */
int control;

void check(DWORD result)
{
	if (result == WAIT_OBJECT_0)
		return;
	std::fprintf(stderr, "wait: %u, error %u\n", (unsigned int)result,
		     (unsigned int)GetLastError());
	std::exit(2);
}

void player(int me)
{
	check(WaitForSingleObject(events[me], 60000));
	for (int i = 0; i < rounds; i++) {
		if (control++ % 2 != me)
			std::exit(1);
		if (i == rounds - 1) {
			SetEvent(events[1 - me]);
			break;
		}
		check(SignalObjectAndWait(events[1 - me], events[me], 60000, FALSE));
	}
}

} // namespace

int main()
{
	for (HANDLE &event : events) {
		event = CreateEvent(NULL, FALSE, FALSE, NULL);
		if (!event)
			return 2;
	}
	std::thread ping(player, 0), pong(player, 1);
	SetEvent(events[0]);
	ping.join();
	pong.join();
	std::printf("%d times handed over\n", control);
	return control == 2 * rounds ? 0 : 1;
}

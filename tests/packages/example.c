// SPDX-License-Identifier: MIT
/* An ordinary user's program: an event set by one handle is seen by another. */
#include <wsync/wsync.h>

int main(void)
{
	int event, again;

	if (wsync_event_create(NULL, "package-test", WSYNC_MANUAL_RESET, NULL, &event, NULL) ||
	    wsync_event_open(NULL, "package-test", 0, NULL, &again) ||
	    wsync_event_set(again, NULL))
		return 1;
	return wsync_wait(event, 0, NULL, NULL) != 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two waits for the same two objects, of which one is signaled for both of them
 * and the other for one; and a wait that gives up.
 */
#define WAITS	3
#define OBJECTS	2
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, MANUAL, 0);
		object(E, 1, SEMAPHORE, 0);
		wait_for(E, 0, 3)->all = 1;
		wait_for(E, 1, 3)->all = 1;
#ifdef LARGE
		wait_for(E, 2, 2)->timed = 1;
#endif
	};
	atomic {
		WAIT_ALL(0);
		WAIT_ALL(1);
#ifdef LARGE
		WAIT_ANY(2);
#endif
		SIGNAL(0, 1);
		SIGNAL(1, 1);
		run Quiet()
	}
}

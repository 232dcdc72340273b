/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two expiries of a periodic timer, the second of which may come in the pass of
 * the first.
 */
#define WAITS	3
#define OBJECTS	2
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, TIMER, 0);
		object(E, 1, AUTO, 0);
		wait_for(E, 0, 1);
		wait_for(E, 1, 1)->timed = 1;
#ifdef LARGE
		wait_for(E, 2, 3)->all = 1;
#endif
	};
	atomic {
		WAIT_ANY(0);
		WAIT_ANY(1);
#ifdef LARGE
		WAIT_ALL(2);
#endif
		EXPIRE(0, 2);
		SIGNAL(1, 1);
		WORKER(0);
		run Quiet()
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The wait alone keeps one of its objects, which is signaled already. */
#define WAITS	3
#define OBJECTS	2
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, AUTO, 0);
		object(E, 1, AUTO, 1);
		wait_for(E, 0, 3)->all = 1;
		wait_for(E, 1, 1)->timed = 1;
#ifdef LARGE
		wait_for(E, 2, 1)->timed = 1;
#endif
	};
	atomic {
		WAIT_ALL(0);
		WAIT_ANY(1);
#ifdef LARGE
		WAIT_ANY(2);
#endif
		SIGNAL(0, 1);
		run Quiet()
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Waits for all and for any of two auto-reset events; each event is set once. */
#define WAITS	3
#define OBJECTS	2
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, AUTO, 0);
		object(E, 1, AUTO, 0);
		wait_for(E, 0, 3)->all = 1;
		wait_for(E, 1, 3);
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
		SIGNAL(1, 1);
		run Quiet()
	}
}

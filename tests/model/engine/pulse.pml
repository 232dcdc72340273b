/* SPDX-License-Identifier: GPL-2.0-only */
/* A manual-reset event is pulsed, another set; a wait for any gives up. */
#define WAITS	3
#define OBJECTS	2
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, MANUAL, 0);
		object(E, 1, AUTO, 0);
		wait_for(E, 0, 1)->timed = 1;
		wait_for(E, 1, 3)->all = 1;
#ifdef LARGE
		wait_for(E, 2, 1);
#endif
	};
	atomic {
		WAIT_ANY(0);
		WAIT_ALL(1);
#ifdef LARGE
		WAIT_ANY(2);
#endif
		PULSE(0);
		SIGNAL(1, 1);
		run Quiet()
	}
}

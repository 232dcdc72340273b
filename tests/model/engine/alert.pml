/* SPDX-License-Identifier: GPL-2.0-only */
/* The alert of one wait is what another waits for. */
#define WAITS	3
#define OBJECTS	2
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, AUTO, 0);
		object(E, 1, AUTO, 0);
		wait_for(E, 0, 1)->alert = 1;
		wait_for(E, 1, 2)->timed = 1;
#ifdef LARGE
		wait_for(E, 2, 3)->timed = 1;
#endif
	};
	atomic {
		WAIT_ANY(0);
		WAIT_ANY(1);
#ifdef LARGE
		WAIT_ANY(2);
#endif
		SIGNAL(0, 1);
		SIGNAL(1, 1);
		run Quiet()
	}
}

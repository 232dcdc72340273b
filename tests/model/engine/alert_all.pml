/* SPDX-License-Identifier: GPL-2.0-only */
/* The alert of a wait for all comes with what it waits for. */
#define WAITS	3
#define OBJECTS	3
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, AUTO, 0);
		object(E, 1, AUTO, 0);
		object(E, 2, AUTO, 0);
		wait_for(E, 0, 3)->all = 1;
		E->wait[0].alert = 2;
#ifdef LARGE
		wait_for(E, 1, 1)->timed = 1;
#endif
	};
	atomic {
		WAIT_ALL(0);
#ifdef LARGE
		WAIT_ANY(1);
#endif
		SIGNAL(0, 1);
		SIGNAL(1, 1);
		SIGNAL(2, 1);
		run Quiet()
	}
}

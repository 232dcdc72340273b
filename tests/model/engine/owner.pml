/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first owner of a mutex ends, the next releases it; a wait for all wants an
 * event too, and ends then.
 */
#define WAITS	3
#define OBJECTS	2
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, MUTEX, 0);
		object(E, 1, AUTO, 0);
		wait_for(E, 0, 1)->afterwards = EXIT;
		wait_for(E, 1, 1)->afterwards = RELEASE;
#ifdef LARGE
		wait_for(E, 2, 3)->all = 1;
		E->wait[2].afterwards = EXIT;
#endif
	};
	atomic {
		WAIT_ANY(0);
		WAIT_ANY(1);
#ifdef LARGE
		WAIT_ALL(2);
#endif
		SIGNAL(1, 1);
		WORKER(0);
		run Quiet()
	}
}

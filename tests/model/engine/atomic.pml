/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An event set in atomic context leaves the rest of the pass to a worker; it is
 * reset meanwhile.
 */
#define WAITS	3
#define OBJECTS	1
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, MANUAL, 0);
		wait_for(E, 0, 1);
		wait_for(E, 1, 1);
#ifdef LARGE
		wait_for(E, 2, 1);
#endif
	};
	atomic {
		WAIT_ANY(0);
		WAIT_ANY(1);
#ifdef LARGE
		WAIT_ANY(2);
#endif
		SET_ATOMIC(0);
		RESET(0);
		WORKER(0);
		run Quiet()
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* A thread that does not sleep comes while a semaphore is released by two. */
#define WAITS	3
#define OBJECTS	1
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, SEMAPHORE, 0);
		wait_for(E, 0, 1);
		wait_for(E, 1, 1);
	};
	atomic {
		WAIT_ANY(0);
		WAIT_ANY(1);
		SIGNAL(0, 2);
		TRY(2, 0);
		run Quiet()
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* A newcomer and a reset meet a pulse that takes several holds of the lock. */
#define WAITS	3
#define OBJECTS	1
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, MANUAL, 0);
		wait_for(E, 0, 1)->timed = 1;
		wait_for(E, 1, 1);
	};
	atomic {
		WAIT_ANY(0);
		WAIT_ANY(1);
		PULSE(0);
		TRY(2, 0);
		RESET(0);
		run Quiet()
	}
}

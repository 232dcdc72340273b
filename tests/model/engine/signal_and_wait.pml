/* SPDX-License-Identifier: GPL-2.0-only */
/* Each of two threads signals what the other one waits for. */
#define WAITS	3
#define OBJECTS	2
#include "../engine.pml"

init {
	pid p;

	c_code {
		object(E, 0, AUTO, 0);
		object(E, 1, AUTO, 0);
		wait_for(E, 0, 2)->signals = 0;
		wait_for(E, 1, 1)->signals = 1;
#ifdef LARGE
		wait_for(E, 2, 3)->all = 1;
		E->wait[2].timed = 1;
#endif
	};
	atomic {
		SIGNAL_AND_WAIT(0);
		SIGNAL_AND_WAIT(1);
#ifdef LARGE
		WAIT_ALL(2);
#endif
		SIGNAL(0, 1);
		SIGNAL(1, 1);
		run Quiet()
	}
}

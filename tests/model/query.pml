/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queries that take no lock: winsync_peeked() in kmod/wait.h, and pulses as
 * kmod/event.c tells of them. A pulse is never seen (I6), and of a wait for all
 * nobody sees a part (I3): who has seen one member taken sees the others taken.
 *
 * Each load and store of shared memory is a step, in the order that the barriers
 * promise. What happens under a lock is here only what a query could look at.
 *
 * BUG_* plants a bug each; tests/suites/model wants every one found.
 */

/* An event that is only pulsed, and two members of a wait for all. */
#define EVENT	0
#define FIRST	1
#define SECOND	2
#define OBJECTS	3

#ifndef PULSES
#define PULSES	2
#endif

bit locked[OBJECTS];
bit signaled[OBJECTS];
bit cursor[OBJECTS];
byte pulses[OBJECTS];

inline lock(x)
{
	atomic { !locked[x] -> locked[x] = 1 }
}

inline unlock(x)
{
	locked[x] = 0
}

/* winsync_lock(): whoever comes finishes the pass. */
inline finish_pass()
{
	if
	:: cursor[EVENT] ->
		cursor[EVENT] = 0;
#ifdef BUG_PULSE_ENDS_EARLY
		pulses[EVENT]++;
		signaled[EVENT] = 0
#else
		signaled[EVENT] = 0;
		pulses[EVENT]++
#endif
	:: else
	fi
}

/* A pass that may have to drop the lock in its middle. */
proctype Pulse()
{
	byte count = 0;

	do
	:: count < PULSES ->
		count++;
		lock(EVENT);
		finish_pass();
		pulses[EVENT]++;
		signaled[EVENT] = 1;
		cursor[EVENT] = 1;
		if
		:: unlock(EVENT); lock(EVENT)
		:: skip
		fi;
		finish_pass();
		unlock(EVENT)
	:: else -> break
	od
}

/* acquire_all() and commit_all(): the members in any order, under all locks. */
proctype All()
{
	lock(FIRST);
	lock(SECOND);
	if
	:: signaled[FIRST] = 0; signaled[SECOND] = 0
	:: signaled[SECOND] = 0; signaled[FIRST] = 0
	fi;
	if
	:: unlock(FIRST); unlock(SECOND)
	:: unlock(SECOND); unlock(FIRST)
	fi
}

/* @answer: whether @x is signaled. */
inline query(x, answer)
{
	before = pulses[x];
	answer = signaled[x];
#ifndef BUG_LOCK_DOES_NOT_MATTER
	if
	:: locked[x] -> goto slow
	:: else
	fi;
#endif
	if
	:: cursor[x] -> goto slow
	:: else
	fi;
#ifndef BUG_PULSING_DOES_NOT_MATTER
	if
	:: before % 2 -> goto slow
	:: else
	fi;
#endif
#ifndef BUG_NO_SECOND_LOOK
	if
	:: pulses[x] != before -> goto slow
	:: else
	fi;
#endif
	goto answered;
slow:	lock(x);
	if
	:: x == EVENT -> finish_pass()
	:: else
	fi;
	answer = signaled[x];
	unlock(x);
answered: skip
}

proctype LookAtEvent()
{
	byte before;
	bit answer;

	query(EVENT, answer);
	assert(!answer) /* I6 */
}

proctype LookAtMember(byte x; bit other_taken)
{
	byte before;
	bit answer;

	query(x, answer);
	assert(!(other_taken && answer)); /* I3 */
	if
	:: !other_taken && !answer -> run LookAtMember(FIRST + SECOND - x, 1)
	:: else
	fi
}

init
{
	atomic {
		signaled[FIRST] = 1;
		signaled[SECOND] = 1;
		run Pulse();
		run LookAtEvent();
		run All();
		run LookAtMember(FIRST, 0);
		run LookAtMember(SECOND, 0)
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What takes no lock. Queries, see winsync_peek_end() in kmod/wait.h: a pulse is never seen (I6), nor an event that was set
 * before who waits for it has got it (I4), and of a wait for all nobody sees a part
 * (I3): who has seen one member taken sees the others taken. And waits without time
 * for one of several, winsync_wait_give_up() in kmod/wait.c: of two events one is
 * signaled at any moment, and so one is found [WT-1].
 *
 * Each load and store of shared memory is a step, in the order that the barriers
 * promise. Taking a lock does not keep the stores that follow behind its own, so
 * a lock may be held before that is seen. What happens under a lock is here only
 * what could be looked at.
 *
 * BUG_* plants a bug each; tests/suites/model wants every one found.
 */

/*
 * An event that is only pulsed, two members of a wait for all, an event that
 * somebody waits for, and two of which always one is set.
 */
#define EVENT	0
#define FIRST	1
#define SECOND	2
#define AWAITED	3
#define LEFT	4
#define RIGHT	5
#define OBJECTS	6

#ifndef PULSES
#define PULSES	2
#endif

bit held[OBJECTS];
bit locked[OBJECTS];	/* what is to be seen of that */
bit signaled[OBJECTS];
byte signals[OBJECTS];
bit cursor[OBJECTS];
byte changes[OBJECTS];

inline lock_unseen(x)
{
	atomic { !held[x] -> held[x] = 1 }
}

inline lock(x)
{
	atomic { !held[x] -> held[x] = 1; locked[x] = 1 }
}

/* The barrier of lock_all() */
inline show_lock(x)
{
	locked[x] = 1
}

inline unlock(x)
{
	atomic { locked[x] = 0; held[x] = 0 }
}

/* cursor_set() at the end of a pass: the pulse ends, or the waiter has got it. */
inline end_pass(x)
{
	cursor[x] = 0;
#ifdef BUG_ENDS_EARLY
	changes[x]++;
	signaled[x] = 0
#else
	signaled[x] = 0;
	changes[x]++
#endif
}

/* winsync_lock(): whoever comes finishes the pass. */
inline finish_pass(x)
{
	if
	:: cursor[x] -> end_pass(x)
	:: else
	fi
}

inline begin_signal(x)
{
#ifdef BUG_BEGINS_LATE
	signaled[x] = 1;
	changes[x]++;
#else
	changes[x]++;
	signaled[x] = 1;
#endif
	cursor[x] = 1
}

/* A pass that may have to drop the lock in its middle. */
proctype Pulse()
{
	byte count = 0;

	do
	:: count < PULSES ->
		count++;
		lock_unseen(EVENT);
		finish_pass(EVENT);
		begin_signal(EVENT);
		if
		:: unlock(EVENT); lock(EVENT)
		:: skip
		fi;
		finish_pass(EVENT);
		unlock(EVENT)
	:: else -> break
	od
}

/* An auto-reset event is set, and the pass gives it to who waits. */
proctype Set()
{
	lock_unseen(AWAITED);
	begin_signal(AWAITED);
	end_pass(AWAITED);
	unlock(AWAITED)
}

inline set(x)
{
	lock(x);
#ifdef BUG_COUNTED_BEFORE
	signals[x]++;
	signaled[x] = 1;
#else
	signaled[x] = 1;
	signals[x]++;
#endif
	unlock(x)
}

inline reset(x)
{
	lock(x);
	signaled[x] = 0;
	unlock(x)
}

proctype Swap()
{
	set(RIGHT);
	reset(LEFT);
	set(LEFT);
	reset(RIGHT);
	set(RIGHT);
	reset(LEFT)
}

/* acquire_all() and commit_all(): the members in any order, under all locks. */
proctype All()
{
	lock_unseen(FIRST);
	lock_unseen(SECOND);
#ifndef BUG_LOCKS_SEEN_LATE
	show_lock(FIRST);
	show_lock(SECOND);
#endif
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
	before = changes[x];
	answer = signaled[x];
#ifndef BUG_LOCK_DOES_NOT_MATTER
	if
	:: locked[x] -> goto slow
	:: else
	fi;
#endif
#ifndef BUG_ODD_DOES_NOT_MATTER
	if
	:: before % 2 -> goto slow
	:: else
	fi;
#endif
#ifndef BUG_NO_SECOND_LOOK
	if
	:: changes[x] != before -> goto slow
	:: else
	fi;
#endif
	goto answered;
slow:	lock(x);
	finish_pass(x);
	answer = signaled[x];
	unlock(x);
answered: skip
}

proctype LookAtEvent(byte x)
{
	byte before;
	bit answer;

	query(x, answer);
	assert(!answer) /* I6, I4 */
}

/* What try_any() finds, in any order of looking. */
inline look_at_both()
{
	if
	:: found = signaled[LEFT]; found = found || signaled[RIGHT]
	:: found = signaled[RIGHT]; found = found || signaled[LEFT]
	fi
}

/* signals_so_far() */
inline sum_signals(sum)
{
	sum = signals[LEFT];
	sum = sum + signals[RIGHT]
}

/* Both tries here stand for as many as there are. */
proctype GiveUp()
{
	byte before, after, tries = 0;
	bit found;

	look_at_both();
#ifndef BUG_LOOKED_ONCE
	do
	:: found || tries == 2 -> break
	:: else ->
		tries++;
		sum_signals(before);
		look_at_both();
		sum_signals(after);
#ifndef BUG_SIGNALS_DO_NOT_MATTER
		if
		:: before == after -> break
		:: else
		fi
#else
		after = before;
		break
#endif
	od;
#ifndef BUG_NO_LOCKS_AT_LAST
	if
	:: !found && before != after -> /* try_at_once() */
		lock(LEFT);
		lock(RIGHT);
		found = signaled[LEFT] || signaled[RIGHT];
		unlock(RIGHT);
		unlock(LEFT)
	:: else
	fi;
#endif
#endif
	assert(found) /* WT-1 */
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

/* What has nothing in common is explored apart. */
init
{
	atomic {
#if defined(PULSE)
		run Pulse();
		run LookAtEvent(EVENT);
		run LookAtEvent(EVENT)
#elif defined(SET)
		run Set();
		run LookAtEvent(AWAITED);
		run LookAtEvent(AWAITED)
#elif defined(ALL)
		signaled[FIRST] = 1;
		signaled[SECOND] = 1;
		run All();
		run LookAtMember(FIRST, 0);
		run LookAtMember(SECOND, 0)
#else
		signaled[LEFT] = 1;
		run Swap();
		run GiveUp()
#endif
	}
}

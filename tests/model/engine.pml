/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wait engine of kmod/wait.c as a model; docs/design.md, section 2, is what
 * it models and where the invariants I1 to I8 are named.
 *
 * A file in engine/ defines WAITS and OBJECTS, includes this one, and says in
 * its init who waits for what and who signals. What may happen in any order
 * there, spin tries in every order.
 *
 * A step of its own, between which others may do theirs, is: taking and
 * dropping a lock, a try of a lock, each read of another object's state without
 * its lock, each look at and change of a wait's state, each wake-up. What a lock
 * alone protects is done together with the step before or after it.
 *
 * BUG_* plants a bug each; tests/suites/model wants every one found.
 */

c_decl {
#include "engine.h"
}
/* Guards that begin with a call need parentheses: spin suspects them. */
c_state "struct engine engine[1]" "Global"

/* Of any proctype: P0 is the first, and all begin alike. */
#define ME		(((P0 *)_this)->_pid)
#define E		(now.engine)
#define MY		(now.engine->thread[ME])
#define OBJ(x)		(now.engine->object[x])
#define IN_PASS_(x)	(OBJ(x).cursor != NONE)
#define WAIT(w)		(now.engine->wait[w])

#define IDLE		(!MY.woken && MY.contended == NONE)
#define NEXT(what)	(next_step(E, MY.me) == what)

/* What a pass may do next; the object is always MY.x. */
#define PASS_STEPS \
	:: d_step { c_expr { NEXT(LOCAL) } -> c_code { local_step(E, ME); } } \
	:: d_step { c_expr { NEXT(CLAIM) } -> c_code { claim_step(E, ME); } }; \
		c_code { publish_step(E, ME); }; \
		LATE_UNLINK \
	:: d_step { c_expr { NEXT(PEEK) } -> c_code { all_step(E, ME); } }; \
		serve_all()

#ifdef BUG_PUBLISH_BEFORE_UNLINK
#define LATE_UNLINK	c_code { late_unlink_step(E, ME); }
#else
#define LATE_UNLINK
#endif

/* The barrier (A) was made; MY.m is the first member to peek at. */
inline serve_all()
{
	do
	:: d_step { c_expr { MY.ok && MY.m < OBJECTS } ->
		c_code { peek_step(E, ME); } }
	:: d_step { c_expr { !MY.ok } -> c_code { skip_step(E, ME); } };
		break
	:: d_step { c_expr { MY.ok && MY.m >= OBJECTS } ->
		c_code { first_other_step(E, ME); } };
		try_locks();
		break
	od
}

inline try_locks()
{
	do
	:: d_step { c_expr { MY.m < OBJECTS && !OBJ(MY.m).lock } ->
		c_code { take_other_step(E, ME); } }
	:: d_step { c_expr { MY.m < OBJECTS && OBJ(MY.m).lock } ->
		c_code { busy_step(E, ME); } };
		release_others();
		c_code { contended_step(E, ME); };
		break
	:: d_step { c_expr { MY.m >= OBJECTS } ->
		c_code { commit_step(E, ME); } };
#ifdef BUG_PUBLISH_BEFORE_UNLOCK
		publish_all();
		release_others();
#else
		release_others();
		publish_all();
#endif
		c_code { committed_step(E, ME); };
		break
	od
}

inline publish_all()
{
	if
	:: d_step { c_expr { MY.ok } -> c_code {
		note_task(E, ME, MY.entry);
		publish(E, MY.entry, WAIT(MY.entry).members); } }
	:: c_expr { !MY.ok }
	fi
}

inline release_others()
{
	do
	:: d_step { c_expr { MY.m < MY.most } ->
		c_code { release_other_step(E, ME); } }
	:: c_expr { MY.m >= MY.most } -> break
	od
}

/* After the unlock. */
inline wake_and_decide()
{
	do
	:: d_step { c_expr { MY.woken } -> c_code { wake_step(E, ME); } }
	:: c_expr { IDLE } -> break
	:: c_expr { !MY.woken && MY.contended != NONE } ->
		decide_contended();
		break
	od
}

inline decide_contended()
{
	c_code { next_other(E, ME, MY.contended, NONE, NONE); };
	do
	:: d_step { c_expr { MY.m < OBJECTS && !OBJ(MY.m).lock } ->
		c_code { contended_take_step(E, ME); } }
	:: d_step { c_expr { MY.m >= OBJECTS } ->
		c_code { contended_commit_step(E, ME); } };
		break
	od;
	do
	:: d_step { c_expr { MY.m < OBJECTS } ->
		c_code { contended_release_step(E, ME); } }
	:: d_step { c_expr { MY.m >= OBJECTS && MY.ok } -> c_code {
		note_task(E, ME, MY.contended);
		publish(E, MY.contended, WAIT(MY.contended).members); } };
		break
	:: c_expr { MY.m >= OBJECTS && !MY.ok } -> break
	od;
	c_code { unpin_step(E, ME); };
	c_code { contended_wake_step(E, ME); }
}

inline raw_lock()
{
	d_step { c_expr { !OBJ(MY.x).lock } -> c_code { take(E, ME, MY.x); } }
}

inline raw_unlock()
{
	c_code { release(E, ME, MY.x); }
}

/* From the lock being held in a pass to it not being held. */
inline serve_and_unlock()
{
	do
	PASS_STEPS
	:: d_step { c_expr { NEXT(STOP) && IDLE } ->
		c_code { unlock_step(E, ME); } };
		break
	:: d_step { c_expr { NEXT(STOP) && !IDLE } ->
		c_code { unlock_step(E, ME); } };
		wake_and_decide();
		break
	od
}

inline winsync_lock()
{
	do
	:: d_step { c_expr { !OBJ(MY.x).lock && !busy(E, MY.x) } ->
		c_code { take_idle(E, ME, MY.x); } };
		break
	:: d_step { c_expr { !OBJ(MY.x).lock && busy(E, MY.x) } ->
		c_code { take_busy(E, ME, MY.x); } };
		serve_and_unlock()
	od
}

/* The pass was begun together with what signaled the object. */
inline signal_unlock()
{
	do
	PASS_STEPS
	:: d_step { c_expr { NEXT(STOP) && IDLE && !IN_PASS_(MY.x) } ->
		c_code { unlock_step(E, ME); } };
		break
	:: d_step { c_expr { NEXT(STOP) && !(IDLE && !IN_PASS_(MY.x)) } ->
		c_code { unlock_step(E, ME); } };
		wake_and_decide();
		if
		:: c_expr { MY.over } -> break
		:: d_step { c_expr { !MY.over && !OBJ(MY.x).lock } ->
			c_code { relock_step(E, ME); } }
		fi
	:: d_step { c_expr { NEXT(HAND_OVER) } ->
		c_code { OBJ(MY.x).work = 1; unlock_step(E, ME); } };
		break
	od
}

/* Those in MY.mask, none in a pass. */
inline lock_all()
{
	do
	:: d_step { c_expr { MY.m < OBJECTS && !OBJ(MY.m).lock } ->
		c_code { take_one_of_all(E, ME); } }
	:: d_step { c_expr { MY.m == OBJECTS && !MY.unfinished } -> c_code {
		MY.m = MY.budget = 0; } };
		break
	:: d_step { c_expr { MY.m == OBJECTS && MY.unfinished } ->
		c_code { first_of_all(E, ME); } };
		do
		:: d_step { c_expr { MY.m < OBJECTS } -> c_code {
			if (MY.m + 1 != MY.unfinished)
				release(E, ME, MY.m);
			next_of_all(E, ME); } }
		:: d_step { c_expr { MY.m == OBJECTS } -> c_code {
			MY.x = MY.unfinished - 1;
			MY.unfinished = 0; } };
			break
		od;
		serve_and_unlock();
		c_code { first_of_all(E, ME); }
	od
}

inline through()
{
	c_code { drop(E, MY.x); memset(&MY, 0, sizeof(MY)); }
}

/* A store that stays in the store buffer for a while, or one that does not. */
#define STORE(what) \
	if \
	:: c_code { MY.buffered = 1; what } \
	:: c_code { MY.buffered = 0; what } \
	fi

/* Signals. */

proctype Signal()
{
	winsync_lock();
	STORE(give(E, ME, MY.x, MY.number););
	signal_unlock();
	through()
}

proctype Pulse()
{
	winsync_lock();
	STORE(pulse(E, ME, MY.x););
	signal_unlock();
	through()
}

proctype Reset()
{
	winsync_lock();
	STORE(reset(E, ME, MY.x););
	raw_unlock();
	through()
}

/* An event set in atomic context, as by a timer's alert. */
proctype SetAtomic()
{
	raw_lock();
	STORE(MY.in_atomic = 1;
	      OBJ(MY.x).pulsing = OBJ(MY.x).pulsed_for = 0;
	      give(E, ME, MY.x, 1););
	signal_unlock();
	through()
}

/* Expiries of a periodic timer, which is armed again by who takes one. */
proctype Expire()
{
	do
	:: d_step { c_expr { MY.number && OBJ(MY.x).armed && !OBJ(MY.x).lock } ->
		c_code {
			MY.number--;
			take(E, ME, MY.x);
			OBJ(MY.x).armed = 0;
		} };
#ifdef BUG_EXPIRY_LOST_IN_PASS
		if
		:: d_step { c_expr { IN_PASS_(MY.x) } -> c_code {
			release(E, ME, MY.x); } }
		:: c_expr { !IN_PASS_(MY.x) } ->
			STORE(MY.in_atomic = 1; give(E, ME, MY.x, 1););
			signal_unlock()
		fi
#else
		STORE(MY.in_atomic = 1; give(E, ME, MY.x, 1););
		signal_unlock()
#endif
	:: c_expr { !MY.number } -> break
	od;
	through()
}

/* The worker to which atomic contexts leave the rest of a pass. */
proctype Worker()
{
end:	do
	:: d_step { c_expr { OBJ(MY.x).work } -> c_code { OBJ(MY.x).work = 0; } };
		winsync_lock();
		raw_unlock()
	od
}

/* Waits. The wait is MY.number. */

#define MINE		WAIT(MY.number)

/* A wait that does not sleep: takes the object if it is signaled. */
proctype Try()
{
	if
	:: c_expr { (!seems(E, MY.me)) }
	:: c_expr { (seems(E, MY.me)) } ->
		winsync_lock();
		c_code {
			if (signaled(E, MY.x, MY.number))
				acquire_newly(E, MY.x, MY.number);
			release(E, ME, MY.x);
		}
	fi;
	through()
}

/* The read of the state is a step before what follows from it. */
#define ACQUIRE_OR_LINK(and_then) \
	if \
	:: d_step { c_expr { MINE.state != PENDING } -> c_code { and_then } } \
	:: c_expr { MINE.state == PENDING } -> \
		c_code { \
			acquire_or_link(E, ME, MY.x, MY.number); \
			and_then \
		} \
	fi

/* What all waits have in common once they are linked, or have got it. */
inline sleep_and_leave()
{
	if
	:: d_step { c_expr { MINE.alert != NONE && MINE.state == PENDING } ->
		c_code { MY.x = MINE.alert; } };
		winsync_lock();
		ACQUIRE_OR_LINK(release(E, ME, MY.x););
		go_to_sleep()
	:: d_step { c_expr { MY.got } -> c_code { begin_leaving(E, ME); } }
	:: d_step { c_expr { !MY.got && (MINE.alert == NONE ||
					 MINE.state != PENDING) } -> c_code {
#ifndef BUG_LOOK_BEFORE_SLEEP
		MINE.running = 0;
#endif
		} };
		go_to_sleep()
	fi;

	/* Leave. */
	do
	:: d_step { c_expr { MY.m < OBJECTS && !OBJ(MY.m).lock } -> c_code {
		take(E, ME, MY.m); } };
		c_code { unlink_step(E, ME); }
	:: d_step { c_expr { MY.m == OBJECTS && !MINE.pins } -> c_code {
		leave(E, ME, MY.number); } };
		break
	od;

	/* Its thread and the mutexes that it got; most of all have none. */
	do
	:: c_expr { MY.m < OBJECTS && MINE.afterwards == RELEASE } ->
		c_code { MY.x = MY.m; MY.m = 0; };
		winsync_lock();
		STORE(check(OBJ(MY.x).value == MY.number + 1,
			    "I2: the mutex has another owner");
		      give(E, ME, MY.x, 1););
		signal_unlock();
		c_code { after_mutex(E, ME); }
	:: d_step { c_expr { MY.m < OBJECTS && MINE.afterwards == EXIT &&
			     !OBJ(MY.m).lock } -> c_code {
			MY.x = MY.m;
			MY.m = 0;
			take(E, ME, MY.x); } };
		c_code { exit_step(E, ME); };
		signal_unlock();
		c_code { after_mutex(E, ME); }
	:: c_expr { MY.m == OBJECTS } -> break
	od;
	c_code { finish(E, ME, MY.number); }
}

inline go_to_sleep()
{
	do
	:: c_expr { MY.got || MINE.state != PENDING } -> break
	:: c_expr { !MY.got && MINE.state == PENDING } ->
#ifdef BUG_LOOK_BEFORE_SLEEP
		c_code { MINE.running = 0; };
#endif
end_sleep:	if
		:: d_step { c_expr { MINE.running } -> c_code {
#ifndef BUG_LOOK_BEFORE_SLEEP
			MINE.running = 0;
#endif
			} }
		:: d_step { c_expr { MINE.timed } -> c_code { MY.late = 1; } };
			break
		fi
	od;
	if
	:: d_step { c_expr { MY.got } -> c_code { begin_leaving(E, ME); } }
	:: d_step { c_expr { !MY.got && MY.late && MINE.state == PENDING } ->
		c_code { MINE.state = CANCELED; begin_leaving(E, ME); } }
	:: d_step { c_expr { !MY.got && MINE.state == GRANTED } ->
		c_code { begin_leaving(E, ME); } }	/* until then it spins */
	fi
}

proctype WaitAny()
{
	do
	:: d_step { c_expr { MY.m < OBJECTS && MINE.state == PENDING } ->
		c_code { MY.x = MY.m; MY.m = 0; } };
		winsync_lock();
		ACQUIRE_OR_LINK(release(E, ME, MY.x); MY.m = MY.x;
				next_of_all(E, ME););
	:: c_expr { MY.m == OBJECTS || MINE.state != PENDING } -> break
	od;
	sleep_and_leave()
}

proctype WaitAll()
{
	lock_all();
	c_code { acquire_or_link_all(E, ME, MY.number); first_of_all(E, ME); };
	do
	:: d_step { c_expr { MY.m < OBJECTS } -> c_code {
		release(E, ME, MY.m); next_of_all(E, ME); } }
	:: c_expr { MY.m == OBJECTS } -> break
	od;
	sleep_and_leave()
}

/* The one member is awaited; held tells serve_all() so. */
proctype SignalAndWait()
{
	lock_all();
	STORE(MY.x = MINE.signals;
	      MY.held = first_member(E, MY.number);
	      give(E, ME, MY.x, 1););
	do
	PASS_STEPS
	:: d_step { c_expr { NEXT(STOP) } -> c_code {
		MY.x = MY.held; MY.held = NONE; } };
		break
	od;
	ACQUIRE_OR_LINK(
		MY.m = MY.x;
		MY.x = MINE.signals;
		MY.unfinished = IN_PASS_(MY.x);
		if (MY.m != MY.x)
			release(E, ME, MY.m);
		MY.m = 0;
	);
	c_code { unlock_step(E, ME); };
	wake_and_decide();
	if
	:: d_step { c_expr { MY.unfinished } -> c_code { MY.unfinished = 0; } };
		winsync_lock();
		raw_unlock()
	:: c_expr { !MY.unfinished }
	fi;
	sleep_and_leave()
}

/* When nothing can happen any more, who sleeps does so rightly. */
proctype Quiet()
{
end:	timeout ->
	c_code { check_quiet(E); }
}

/*
 * For the configurations: processes that work on an object, or wait.
 */
#define RUN(process, object, what) \
	p = run process(); \
	c_code { begin(E, Pinit->p, object, what); }
#define SIGNAL(x, n)	RUN(Signal, x, n)
#define PULSE(x)	RUN(Pulse, x, 0)
#define RESET(x)	RUN(Reset, x, 0)
#define SET_ATOMIC(x)	RUN(SetAtomic, x, 0)
#define EXPIRE(x, n)	RUN(Expire, x, n)
#define WORKER(x)	RUN(Worker, x, 0)
#define TRY(w, x)	RUN(Try, x, w)
#define RUN_WAIT(process, w) \
	p = run process(); \
	c_code { begin_wait(E, Pinit->p, w); }
#define WAIT_ANY(w)	RUN_WAIT(WaitAny, w)
#define WAIT_ALL(w)	RUN_WAIT(WaitAll, w)
#define SIGNAL_AND_WAIT(w) RUN_WAIT(SignalAndWait, w)

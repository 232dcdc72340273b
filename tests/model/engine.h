/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of the model of the wait engine, and its steps: each function is one
 * that nobody sees the middle of. engine.pml puts them in order.
 *
 * check() is where the invariants of docs/design.md 2.5 are looked at.
 */

typedef unsigned char u8;
extern void (*uerror)(char *);

#define check(condition, message) \
	do { if (!(condition)) uerror(message); } while (0)

/* Units of a pass in one hold of the lock. */
#ifndef BUDGET
#define BUDGET		1
#endif
/* Holds of the lock before an atomic context leaves the rest to a worker. */
#ifndef ATOMIC_PASSES
#define ATOMIC_PASSES	1
#endif
/* Enough for every configuration, init and Quiet included. */
#define THREADS		8
#define NONE		255

/* Kinds of objects. A timer is an auto-reset one with a period. */
enum { AUTO, MANUAL, SEMAPHORE, MUTEX, TIMER };
/* States of a wait. */
enum { PENDING, CLAIMED, CANCELED, GRANTED };
/* What a waiter's thread does with mutexes that it got. */
enum { KEEP, RELEASE, EXIT };
/* What comes next in a pass. */
enum { STOP, LOCAL, CLAIM, PEEK, HAND_OVER };

/*
 * value: whether signaled, a semaphore's count, a mutex' owner (its wait and 1,
 * or 0). visible: what who looks without the lock sees of it; a store may stay in
 * the buffer until the next full barrier or the unlock. cursor: an index in
 * the queue; an entry is before another, as sequence numbers have it, if its index is
 * smaller. lock: who holds it, and 1.
 */
struct object {
	u8 kind, value, visible, lock, cursor, length, queue[WAITS];
	u8 pulsing, abandoned, armed, work, refs;
	/* Known to the model only. */
	u8 freed;
	u8 pulsed_for;	/* waits that a pulse found */
	u8 owed;	/* given and not yet taken */
	u8 unreported;	/* owners that ended and nobody was told of */
};

/* Sets of objects, and results, are bits. */
struct wait {
	u8 members, all, alert, timed, signals, afterwards;
	u8 state, result, pins, running, dead;
	u8 ever;	/* queues it was in */
	/* Known to the model only. */
	u8 alive, acquired, linked;
	u8 told;	/* what the call returns */
};

/* Variables of a process; x is the object it works on. */
struct thread {
	u8 me, x, number, in_atomic, buffered, held, entry, m, most, budget,
	   woken, contended, passes, ok, over, mask, got, late, unfinished;
};

struct engine {
	struct object object[OBJECTS];
	struct wait wait[WAITS];
	struct thread thread[THREADS];
};

#define BIT(n)		(1 << (n))
#define O(n)		(&e->object[n])
#define W(n)		(&e->wait[n])
#define T		(&e->thread[me])
#define IN_PASS(n)	(O(n)->cursor != NONE)
#define AT_CURSOR(n)	(O(n)->queue[O(n)->cursor])
#define ALL_ENTRY(n, w)	(W(w)->all && W(w)->alert != (n))

static int signaled_as(struct engine *e, int x, int value, int w)
{
	return O(x)->kind == MUTEX ? !value || value == w + 1 : value;
}

static int signaled(struct engine *e, int x, int w)
{
	return signaled_as(e, x, O(x)->value, w);
}

static int looks_signaled(struct engine *e, int me, int x, int w)
{
	return signaled_as(e, x, O(x)->lock == me + 1 ? O(x)->value :
							O(x)->visible, w);
}

static int exhausted(struct engine *e, int x)
{
	return O(x)->kind == MUTEX ? O(x)->value : !O(x)->value;
}

static int stale(struct engine *e, int x)
{
	return O(x)->kind == MUTEX && O(x)->value &&
	       W(O(x)->value - 1)->dead;
}

/* Invariants. */

/* I4: none before that index in the queue could take what is to be taken. */
static void check_order(struct engine *e, int x, int before)
{
	int i;

	for (i = 0; i < before; i++) {
		int w = O(x)->queue[i];

		check(ALL_ENTRY(x, w) || W(w)->state != PENDING ||
		      !signaled(e, x, w), "I4: overtaken");
	}
}

/* At each unlock. */
static void check_object(struct engine *e, int x)
{
	struct object *o = O(x);
	int i;

	check(o->kind != SEMAPHORE && o->kind != AUTO || o->owed == o->value,
	      "I7: not conserved");
	check(o->kind != MUTEX || o->unreported == o->abandoned,
	      "I2: an end of an owner not told exactly once");
	for (i = 0; i < o->length; i++) {
		int w = o->queue[i];

		check(W(w)->alive, "I5: a wait that left is linked");
		check(IN_PASS(x) || ALL_ENTRY(x, w) || W(w)->state != PENDING ||
		      !signaled(e, x, w), "I1: lost wake-up of a wait for any");
	}
}

/* Whenever no lock is held and no pass under way. */
static void check_all(struct engine *e)
{
	int x, w;

	for (x = 0; x < OBJECTS; x++)
		if (O(x)->lock || IN_PASS(x))
			return;
	for (w = 0; w < WAITS; w++) {
		int could = W(w)->alive && W(w)->all && !W(w)->pins &&
			    W(w)->state == PENDING;

		for (x = 0; x < OBJECTS; x++)
			if (W(w)->members & BIT(x))
				could = could && W(w)->linked & BIT(x) &&
					signaled(e, x, w);
		check(!could, "I1: lost wake-up of a wait for all");
	}
}

/* When nothing can happen any more, who sleeps does so rightly. */
static void check_quiet(struct engine *e)
{
	int x, w;

	for (w = 0; w < WAITS; w++) {
		check(!W(w)->alive || W(w)->state == PENDING,
		      "I1: granted, but not woken");
		check(!W(w)->pins, "I5: pinned for ever");
	}
	for (x = 0; x < OBJECTS; x++) {
		check(!O(x)->lock && !IN_PASS(x), "I8: a pass without end");
		check(O(x)->kind != TIMER || O(x)->armed || O(x)->value,
		      "I1: a periodic timer that has stopped");
	}
}

/* Locks. */

static void take(struct engine *e, int me, int x)
{
	check(!O(x)->lock, "model: lock held");
	check(!O(x)->freed, "I5: use of a freed object");
	O(x)->lock = me + 1;
}

static void release(struct engine *e, int me, int x)
{
	check(O(x)->lock == me + 1, "model: lock not held");
	check(!O(x)->freed, "I5: use of a freed object");
	check_object(e, x);
	O(x)->visible = O(x)->value;
	O(x)->lock = 0;
	check_all(e);
}

static void full_barrier(struct engine *e, int me)
{
	int x;

	for (x = 0; x < OBJECTS; x++)
		if (O(x)->lock == me + 1)
			O(x)->visible = O(x)->value;
}

static void drop(struct engine *e, int x)
{
	check(!O(x)->freed && O(x)->refs, "I5: use of a freed object");
	O(x)->freed = !--O(x)->refs;
}

/* Queues. */

static void end_pass(struct engine *e, int x)
{
	O(x)->cursor = NONE;
	if (O(x)->pulsing) {
		O(x)->pulsing = O(x)->pulsed_for = 0;
		O(x)->value = O(x)->owed = 0;
	}
}

static void advance(struct engine *e, int x)
{
	if (O(x)->cursor + 1 < O(x)->length)
		O(x)->cursor++;
	else
		end_pass(e, x);
}

static void begin_pass(struct engine *e, int x)
{
	O(x)->cursor = 0;
	if (!O(x)->length)
		end_pass(e, x);
}

static void link_entry(struct engine *e, int x, int w)
{
	O(x)->queue[O(x)->length++] = w;
	W(w)->linked |= BIT(x);
	W(w)->ever |= BIT(x);
}

static int position(struct engine *e, int x, int w)
{
	int i;

	for (i = 0; i < O(x)->length; i++)
		if (O(x)->queue[i] == w)
			return i;
	return NONE;
}

static void unlink_entry(struct engine *e, int x, int w)
{
	int i = position(e, x, w);

	if (i == NONE)
		return;
	if (IN_PASS(x) && O(x)->cursor == i && i + 1 == O(x)->length)
		end_pass(e, x);
	else if (IN_PASS(x) && O(x)->cursor > i)
		O(x)->cursor--;
	for (O(x)->length--; i < O(x)->length; i++)
		O(x)->queue[i] = O(x)->queue[i + 1];
	O(x)->queue[i] = 0;
	W(w)->linked &= ~BIT(x);
}

/* Granting. */

/* The side effect of a wait, which may have ended a pulse just before. */
static void acquire(struct engine *e, int x, int w)
{
	struct object *o = O(x);

	W(w)->acquired |= BIT(x);
	switch (o->kind) {
	case SEMAPHORE:
		o->value--;
		o->owed--;
		break;
	case TIMER:
		o->armed = 1;
		/* fall through */
	case AUTO:
		o->value = o->owed = 0;
		break;
	case MUTEX:
		o->value = w + 1;
		o->unreported -= o->abandoned;
		o->abandoned = 0;
		break;
	}
	o->visible = o->value;
}

static void unlink_and_acquire(struct engine *e, int x, int w)
{
	int i = position(e, x, w);

	check(W(w)->alive, "I5: use of a wait that left");
	check(i != NONE && signaled(e, x, w), "I7: nothing there to acquire");
	check(!O(x)->pulsing || O(x)->pulsed_for & BIT(w),
	      "I6: a pulse for one who came later");
	check_order(e, x, i);
	unlink_entry(e, x, w);
	acquire(e, x, w);
}

/* For a wait that is not linked. */
static void acquire_newly(struct engine *e, int x, int w)
{
	check(signaled(e, x, w), "I7: nothing there to acquire");
	check(!O(x)->pulsing, "I6: a pulse for one who came later");
	check_order(e, x, O(x)->length);
	acquire(e, x, w);
}

static void publish(struct engine *e, int w, int result)
{
	check(W(w)->alive, "I5: use of a wait that left");
	check(W(w)->state == CLAIMED, "I2: granted twice");
	W(w)->result = result;
	W(w)->state = GRANTED;
}

/* Only who sleeps, or is about to, is woken: the claim was a barrier (B). */
static void note_task(struct engine *e, int me, int w)
{
	if (!W(w)->running)
		T->woken |= BIT(w);
}

static int claimable(struct engine *e, int w)
{
#ifdef BUG_GRANT_WITHOUT_CLAIM
	return 1;
#else
	return W(w)->state == PENDING;
#endif
}

/* What the pass has to do next. */
static int next_step(struct engine *e, int me)
{
	int x = T->x, w;

	if (!IN_PASS(x))
		return STOP;
	if (T->passes == ATOMIC_PASSES)
		return HAND_OVER;
	if (!T->budget || T->contended != NONE)
		return STOP;
	if (exhausted(e, x))
		return LOCAL;
	w = AT_CURSOR(x);
	check(W(w)->alive, "I5: use of a wait that left");
	if (ALL_ENTRY(x, w))
		return W(w)->state == PENDING ? PEEK : LOCAL;
	return signaled(e, x, w) && claimable(e, w) ? CLAIM : LOCAL;
}

/* A step that needs nothing but the lock. */
static void local_step(struct engine *e, int me)
{
	int x = T->x, w = AT_CURSOR(x);

	if (exhausted(e, x)) {
		end_pass(e, x);
		return;
	}
	T->budget--;
	if (W(w)->state != PENDING)
		unlink_entry(e, x, w);
	else
		advance(e, x);
}

static void claim_step(struct engine *e, int me)
{
	T->entry = AT_CURSOR(T->x);
	T->budget--;
	W(T->entry)->state = CLAIMED;
#ifndef BUG_PUBLISH_BEFORE_UNLINK
	unlink_and_acquire(e, T->x, T->entry);
#endif
}

static void publish_step(struct engine *e, int me)
{
	note_task(e, me, T->entry);
	publish(e, T->entry, BIT(T->x));
#ifndef BUG_PUBLISH_BEFORE_UNLINK
	T->entry = 0;
#endif
}

static void late_unlink_step(struct engine *e, int me)
{
	unlink_and_acquire(e, T->x, T->entry);
	T->entry = 0;
}

/* m: the next member that is not locked already. */
static void next_other(struct engine *e, int me, int w, int x, int held)
{
	while (T->m < OBJECTS && (!(W(w)->members & BIT(T->m)) || T->m == x ||
				  T->m == held))
		T->m++;
}

static void all_step(struct engine *e, int me)
{
	T->entry = AT_CURSOR(T->x);
	T->budget--;
	T->ok = 1;
#ifndef BUG_NO_BARRIER
	full_barrier(e, me);	/* (A) */
#endif
	next_other(e, me, T->entry, T->x, T->held);
}

static void peek_step(struct engine *e, int me)
{
	check(W(T->entry)->alive, "I5: use of a wait that left");
	check(!O(T->m)->freed, "I5: use of a freed object");
	T->ok = looks_signaled(e, me, T->m, T->entry);
	T->m++;
	next_other(e, me, T->entry, T->x, T->held);
}

static void skip_step(struct engine *e, int me)
{
	advance(e, T->x);
	T->m = T->entry = 0;
}

static void first_other_step(struct engine *e, int me)
{
	T->m = 0;
	next_other(e, me, T->entry, T->x, T->held);
}

static void take_other_step(struct engine *e, int me)
{
	take(e, me, T->m);
	T->m++;
	next_other(e, me, T->entry, T->x, T->held);
}

static void busy_step(struct engine *e, int me)
{
	T->ok = 0;
	T->most = T->m;
	first_other_step(e, me);
}

static void release_other_step(struct engine *e, int me)
{
	release(e, me, T->m);
	T->m++;
	next_other(e, me, T->entry, T->x, T->held);
}

static void contended_step(struct engine *e, int me)
{
	check(W(T->entry)->alive, "I5: use of a wait that left");
#ifdef BUG_CONTENDED_IS_FORGOTTEN
	advance(e, T->x);
#else
#ifndef BUG_NO_PIN
	W(T->entry)->pins++;
#endif
	T->contended = T->entry;
#endif
	T->entry = T->m = T->most = 0;
}

/* With the locks of all members held: whether the wait is granted. */
static int commit_all(struct engine *e, int me, int w)
{
	int x;

	check(W(w)->alive, "I5: use of a wait that left");
	if (W(w)->state != PENDING)
		return 0;
	for (x = 0; x < OBJECTS; x++) {
		if (!(W(w)->members & BIT(x)))
			continue;
		check(O(x)->lock == me + 1, "I3: without a member's lock");
		if (position(e, x, w) == NONE)
			return 0;
#ifndef BUG_COMMIT_WITHOUT_LOOKING
		if (!signaled(e, x, w))
			return 0;
#endif
#ifndef BUG_COMMIT_IN_MID_PASS
		if (IN_PASS(x) && position(e, x, w) > O(x)->cursor)
			return 0;
#endif
	}
	W(w)->state = CLAIMED;
	for (x = 0; x < OBJECTS; x++)
		if (W(w)->members & BIT(x))
			unlink_and_acquire(e, x, w);
	return 1;
}

static void commit_step(struct engine *e, int me)
{
	T->ok = commit_all(e, me, T->entry);
	T->most = OBJECTS;
	first_other_step(e, me);
}

static void committed_step(struct engine *e, int me)
{
	if (!T->ok && IN_PASS(T->x) && AT_CURSOR(T->x) == T->entry)
		advance(e, T->x);
	T->entry = T->m = T->most = T->ok = 0;
}

/* Deciding for the contended wait: entry is used for it, and x set aside. */
static void contended_take_step(struct engine *e, int me)
{
	take(e, me, T->m);
	T->m++;
	next_other(e, me, T->contended, NONE, NONE);
}

static void contended_commit_step(struct engine *e, int me)
{
	int x = T->x;

	T->ok = commit_all(e, me, T->contended);
	if (!T->ok && W(T->contended)->members & BIT(x) && IN_PASS(x) &&
	    AT_CURSOR(x) == T->contended)
		advance(e, x);
	T->m = 0;
	next_other(e, me, T->contended, NONE, NONE);
}

static void contended_release_step(struct engine *e, int me)
{
	release(e, me, T->m);
	T->m++;
	next_other(e, me, T->contended, NONE, NONE);
}

static void unpin_step(struct engine *e, int me)
{
	T->m = 0;
#ifndef BUG_NO_PIN
	check(W(T->contended)->alive, "I5: use of a wait that left");
	W(T->contended)->pins--;
#endif
}

static void contended_wake_step(struct engine *e, int me)
{
	if (T->woken)
		W(T->contended)->running = 1;
	T->contended = NONE;
	T->woken = T->ok = 0;
}

static void unlock_step(struct engine *e, int me)
{
	T->budget = 0;
	T->over = !IN_PASS(T->x);
	if (T->over || T->passes == ATOMIC_PASSES)
		T->passes = 0;
	release(e, me, T->x);
}

static void relock_step(struct engine *e, int me)
{
	take(e, me, T->x);
	T->budget = BUDGET;
	T->passes += T->in_atomic;
}

static void wake_step(struct engine *e, int me)
{
	int w = 0;

	while (!(T->woken & BIT(w)))
		w++;
	W(w)->running = 1;
	T->woken &= ~BIT(w);
}

/* Operations. */

static int busy(struct engine *e, int x)
{
#ifdef BUG_LOCK_IN_MID_PASS
	return 0;
#else
	return IN_PASS(x) || stale(e, x);
#endif
}

/* A thread that ended is no owner any more. */
static void owner_exit(struct engine *e, int x)
{
	O(x)->value = 0;
	O(x)->abandoned = 1;
	O(x)->unreported++;
}

/* Does what the exit of the owner is about to do. */
static void take_busy(struct engine *e, int me, int x)
{
	take(e, me, x);
	if (stale(e, x)) {
		owner_exit(e, x);
		begin_pass(e, x);
	}
	T->budget = BUDGET;
}

static void take_idle(struct engine *e, int me, int x)
{
	take(e, me, x);
	check(!O(x)->pulsing, "I6: a pulse is seen");
}

/* Makes it signaled and begins the pass. */
static void give(struct engine *e, int me, int x, int n)
{
	struct object *o = O(x);

	switch (o->kind) {
	case SEMAPHORE:
		o->value += n;
		o->owed += n;
		break;
	case MUTEX:
		o->value = 0;
		break;
	default:
		o->value = o->owed = 1;
	}
	if (!T->buffered)
		o->visible = o->value;
	T->buffered = 0;
	begin_pass(e, x);
	T->budget = BUDGET;
}

static void pulse(struct engine *e, int me, int x)
{
	int i;

	for (i = 0; i < O(x)->length; i++)
		O(x)->pulsed_for |= BIT(O(x)->queue[i]);
	O(x)->pulsing = 1;
	give(e, me, x, 1);
}

static void reset(struct engine *e, int me, int x)
{
	O(x)->value = O(x)->owed = 0;
	if (!T->buffered)
		O(x)->visible = 0;
	T->buffered = 0;
}

/* For several objects at once, those in mask: m is one after the other. */
static void skip_others(struct engine *e, int me)
{
	while (T->m < OBJECTS && !(T->mask & BIT(T->m)))
		T->m++;
}

static void first_of_all(struct engine *e, int me)
{
	T->m = 0;
	skip_others(e, me);
}

static void next_of_all(struct engine *e, int me)
{
	T->m++;
	skip_others(e, me);
}

static void take_one_of_all(struct engine *e, int me)
{
	take_busy(e, me, T->m);
	if (IN_PASS(T->m))
		T->unfinished = T->m + 1;
	next_of_all(e, me);
}

static int first_member(struct engine *e, int w)
{
	int x = 0;

	while (!(W(w)->members & BIT(x)))
		x++;
	return x;
}

/* Whether the object looks as if the wait could acquire it. */
static int seems(struct engine *e, int me)
{
	return looks_signaled(e, me, T->x, T->number) || stale(e, T->x);
}

/* Of all members, for a wait that is not linked. */
static void acquire_or_link_all(struct engine *e, int me, int w)
{
	int x;

	T->got = 1;
	for (x = 0; x < OBJECTS; x++)
		if (W(w)->members & BIT(x) && !signaled(e, x, w))
#ifdef BUG_ACQUIRE_WHAT_ENDS
			if (!stale(e, x))
#endif
			T->got = 0;
	for (x = 0; x < OBJECTS; x++)
		if (!(W(w)->members & BIT(x)))
			continue;
		else if (T->got)
			acquire_newly(e, x, w);
		else
			link_entry(e, x, w);
	if (T->got) {
		W(w)->state = CANCELED;
		W(w)->result = W(w)->members;
	}
}

static void acquire_or_link(struct engine *e, int me, int x, int w)
{
	if (IN_PASS(x) || !signaled(e, x, w)) {
		link_entry(e, x, w);
		return;
	}
#ifndef BUG_ACQUIRE_WITHOUT_CLAIM
	if (W(w)->state != PENDING)
		return;
#endif
	W(w)->state = CANCELED;
	acquire_newly(e, x, w);
	W(w)->result = BIT(x);
	T->got = 1;
}

/* What a granter told that it has unlinked needs no lock. */
static int needs_unlinking(struct engine *e, int w, int x)
{
#ifdef BUG_LEAVE_LINKED
	if (W(w)->state == CANCELED && x + 1 == OBJECTS)
		return 0;
#endif
	return W(w)->ever & BIT(x) &&
	       !(W(w)->state == GRANTED && W(w)->result & BIT(x));
}

static void next_to_unlink(struct engine *e, int me)
{
	while (T->m < OBJECTS && !needs_unlinking(e, T->number, T->m))
		T->m++;
}

static void begin_leaving(struct engine *e, int me)
{
	W(T->number)->running = 1;
	W(T->number)->told = W(T->number)->result;
	T->got = T->late = T->m = T->x = T->mask = 0;
	next_to_unlink(e, me);
}

static void unlink_step(struct engine *e, int me)
{
	unlink_entry(e, T->m, T->number);
	release(e, me, T->m);
	T->m++;
	next_to_unlink(e, me);
}

/* Mutexes that the thread has got and does not keep. */
static void next_mutex(struct engine *e, int me)
{
	struct wait *wait = W(T->number);

	while (T->m < OBJECTS && !(wait->result & BIT(T->m) &&
				   O(T->m)->kind == MUTEX &&
				   wait->afterwards != KEEP))
		T->m++;
}

static void after_mutex(struct engine *e, int me)
{
	W(T->number)->result &= ~BIT(T->x);
	T->m = 0;
	next_mutex(e, me);
}

/* The wait's memory goes; its result stays, for the thread. */
static void leave(struct engine *e, int me, int w)
{
	struct wait *wait = W(w);

	check(!wait->linked, "I5: left while linked");
	check(wait->acquired == wait->told,
	      "I2: acquired is not what was told");
	check(!wait->result || (wait->all && wait->result == wait->members) ||
	      (wait->alert != NONE && wait->result == BIT(wait->alert)) ||
	      (!wait->all && (wait->result & wait->members) == wait->result &&
	       !(wait->result & (wait->result - 1))), "I3: not all or nothing");
	check(wait->result || wait->timed, "I2: woken for nothing");
	wait->alive = wait->acquired = wait->ever = wait->told = 0;
	wait->state = CANCELED;
	T->m = 0;
	next_mutex(e, me);
	if (T->m < OBJECTS && wait->afterwards == EXIT)
		wait->dead = 1;
}

/* What the end of a thread does to a mutex, whose lock is held. */
static void exit_step(struct engine *e, int me)
{
	T->in_atomic = 1;
	T->budget = BUDGET;
	if (O(T->x)->value != T->number + 1)
		return;
	owner_exit(e, T->x);
#ifndef BUG_EXIT_SERVES_NOBODY
	begin_pass(e, T->x);
#endif
}

static int involved(struct engine *e, int w, int x)
{
	return W(w)->members & BIT(x) || W(w)->alert == x ||
	       W(w)->signals == x;
}

/* The thread is through. */
static void finish(struct engine *e, int me, int w)
{
	int x;

	for (x = 0; x < OBJECTS; x++)
		if (involved(e, w, x))
			drop(e, x);
	W(w)->result = 0;
	memset(T, 0, sizeof(*T));
}

/* For the configurations. */

static void object(struct engine *e, int x, int kind, int value)
{
	O(x)->kind = kind;
	O(x)->value = O(x)->visible = O(x)->owed = value;
	O(x)->cursor = NONE;
	O(x)->armed = kind == TIMER;
}

static struct wait *wait_for(struct engine *e, int w, int members)
{
	W(w)->members = members;
	W(w)->alert = W(w)->signals = NONE;
	W(w)->alive = W(w)->running = 1;
	return W(w);
}

static void begin(struct engine *e, int me, int x, int number)
{
	T->me = me;
	T->x = x;
	T->number = number;
	T->contended = T->held = NONE;
	O(x)->refs++;
}

/* Each object that it has to do with is dropped by finish(). */
static void begin_wait(struct engine *e, int me, int w)
{
	int x;

	T->me = me;
	T->number = w;
	T->contended = T->held = NONE;
	for (x = 0; x < OBJECTS; x++)
		if (involved(e, w, x))
			O(x)->refs++;
	T->mask = W(T->number)->members;
	if (W(T->number)->signals != NONE)
		T->mask |= BIT(W(T->number)->signals);
	first_of_all(e, me);
}

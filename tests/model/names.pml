/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names: opening, creating and closing, as kmod/namespace.c and kmod/object.c do
 * it; docs/design.md, section 1. One name, objects 1 to OBJECTS as they are made.
 *
 * N1  a name that is found belongs to an object with a handle, and its memory
 *     is there
 * N2  a name never belongs to two objects: while one has a handle, who creates
 *     gets that one [NM-5, NM-11]
 * N3  a name is there exactly as long as its object has handles [NM-10], even
 *     where a wait sleeps on the file whose last fd was closed [NM-12]
 * N4  nothing stays: at the end there are no names and no objects
 *
 * BUG_* plants a bug each; tests/suites/model wants every one found.
 */
#ifndef OBJECTS
#define OBJECTS	4
#endif

byte lock;			/* the namespace's: who holds it, and 1 */
byte table;			/* the object that has the name, 0: none */
byte handles[OBJECTS + 1];	/* object->handles */
byte refs[OBJECTS + 1];		/* object->ref */
bool named[OBJECTS + 1];	/* object->name is set */
byte made;			/* objects made so far */

/* The file that a thread sleeps on, of object 1 in SLEEPS. */
byte files;			/* references of it */
byte sleepers;			/* handle->sleepers, its lower half */
byte begun;			/* and its upper half */
bool closed;			/* handle->closed */

/* Known to the model only. */
byte fds;			/* of the file */
byte coming;			/* sleepers that have a reference and do not sleep yet */
byte closers;			/* that are not through */
bool patient;			/* nobody wakes before all sleep and the closes are through */

inline acquire_lock() { atomic { lock == 0 -> lock = _pid + 1 } }
inline release_lock() { lock = 0 }

/* name_find(): a handle and a reference for the caller. Within atomic. */
inline find(object)
{
	object = table;
	if
	:: object != 0 ->
		assert(refs[object] > 0);		/* N1 */
#ifndef BUG_NAME_OUTLIVES_HANDLE
		assert(handles[object] > 0);		/* N1 */
#endif
		handles[object]++;
		refs[object]++
	:: else
	fi
}

inline put(object)
{
	atomic {
		assert(refs[object] > 0);
		refs[object]--;
		assert(refs[object] > 0 || table != object)	/* N1 */
	}
}

/* winsync_name_drop_handle(): atomic_dec_and_lock() and the removal. */
inline drop_handle(object)
{
	if
#ifdef BUG_LAST_HANDLE_OUTSIDE_LOCK
	:: atomic { named[object] -> handles[object]--; last = handles[object] == 0 };
		if
		:: last ->
			acquire_lock();
			table = (table == object -> 0 : table);
			release_lock()
		:: !last
		fi
#else
	:: atomic { named[object] && handles[object] > 1 -> handles[object]-- }
	:: named[object] && handles[object] == 1 ->
		acquire_lock();
		atomic {
			assert(handles[object] > 0);
			handles[object]--;
			if
			:: handles[object] == 0 ->
				assert(table == object);	/* N3 */
#ifndef BUG_NAME_STAYS
				table = 0
#endif
			:: else
			fi;
			release_lock()
		}
#endif
	:: atomic { !named[object] -> assert(handles[object] > 0);
		    handles[object]-- }
	fi
}

/* Creates the name or opens what has it; found is the object. */
inline create(found)
{
	acquire_lock();
	atomic { find(found); release_lock() };
	if
	:: found != 0
	:: atomic {
		found == 0 ->
		made++;
		mine = made;
		handles[mine] = 1;
		refs[mine] = 1
	   };
	   acquire_lock();
	   atomic {
#ifndef BUG_INSERT_WITHOUT_LOOKING
		find(found);
#endif
		if
		:: found == 0 ->
			assert(table == 0 || handles[table] == 0);	/* N2 */
			table = mine;
			named[mine] = true;
			found = mine;
			mine = 0
		:: else
		fi;
		release_lock()
	   };
	   if
	   :: mine != 0 ->	/* Somebody was faster. */
		drop_handle(mine);
		put(mine);
		mine = 0
	   :: mine == 0
	   fi
	fi
}

/* While the caller has a handle the name is its object's. */
inline look(object)
{
	assert(table == object && handles[object] > 0)	/* N2, N3 */
}

proctype Creator(byte rounds)
{
	byte object, mine;
	bool last;

	do
	:: rounds > 0 ->
		create(object);
		look(object);
		drop_handle(object);
		put(object);
		atomic { object = 0; last = false; rounds-- }
	:: rounds == 0 -> break
	od
}

proctype Opener(byte rounds)
{
	byte object;
	bool last;

	do
	:: rounds > 0 ->
		acquire_lock();
		atomic { find(object); release_lock() };
		if
		:: object != 0 ->
			look(object);
			drop_handle(object);
			put(object)
		:: object == 0
		fi;
		atomic { object = 0; last = false; rounds-- }
	:: rounds == 0 -> break
	od
}

/* Makes another handle of what it has opened, and closes one after the other. */
proctype Duplicator()
{
	byte object;
	bool last;

	acquire_lock();
	atomic { find(object); release_lock() };
	if
	:: object != 0 ->
		/* atomic_inc_not_zero(): there is our own */
		atomic { assert(handles[object] > 0); handles[object]++;
			 refs[object]++ };
		drop_handle(object);
		put(object);
		look(object);
		drop_handle(object);
		put(object)
	:: object == 0
	fi
}

#ifdef SLEEPS
/*
 * Object 1 has a name and one handle, whose file has FDS fds. Threads sleep in an
 * ioctl on it, which keeps a reference of the file and one of the object; others
 * close the fds. handle_close() is drop_handle() done once.
 */
#ifndef FDS
#define FDS	1
#endif
inline handle_close()
{
	atomic { last = !closed; closed = true };
	if
#ifdef BUG_CLOSED_TWICE
	:: true ->
#else
	:: last ->
#endif
		drop_handle(1)
#ifndef BUG_CLOSED_TWICE
	:: !last
#endif
	fi
}

/* fput(): the last one is object_release(). */
inline put_file()
{
	atomic { files--; last = files == 0 };
	if
	:: last ->
		handle_close();
		put(1)
	:: !last
	fi
}

/* Each number is read by itself, which takes time. */
inline only_sleepers(callers)
{
	do
	:: atomic { seen = sleepers; seen_begun = begun };
		references = files - callers;
#ifdef BUG_NUMBERS_OF_DIFFERENT_TIMES
		break
#else
		if
		:: seen == sleepers && seen_begun == begun -> break
		:: else
		fi
#endif
	od;
	if
	:: atomic { seen > 0 && references <= seen ->
		    assert(fds == 0);	/* N3: the name does not go early */
		    seen = 0; seen_begun = 0; references = 0 };
		handle_close()
	:: atomic { else -> seen = 0; seen_begun = 0; references = 0 }
	fi
}

proctype Sleeper()
{
	byte seen, seen_begun, references;
	bool last, settled;

	/* fdget() has counted it in files, if it got there before the close. */
	if
	:: atomic { fds > 0 -> files++; refs[1]++; coming++ };
		/* winsync_handle_sleep() */
		atomic { sleepers++; begun++;
			 settled = patient && files == sleepers };
#ifndef BUG_SLEEPER_DOES_NOT_LOOK
		only_sleepers(0);
#endif
		/* N3: the last fd went before it was counted. */
		atomic { assert(!settled || closed); settled = false; coming-- };
		/* Asleep. */
		atomic { !patient || closers == 0 && coming == 0 -> sleepers-- };
		put(1);
		put_file()
	:: fds == 0
	fi
}

proctype Closer()
{
	byte seen, seen_begun, references;
	bool last, asleep;

	/* filp_close(): the fd goes first, then flush, then fput(). */
	atomic { fds--; asleep = patient && files - 1 == sleepers && sleepers > 0 };
#ifndef BUG_FLUSH_DOES_NOT_COUNT
	only_sleepers(1);
#endif
	/* N3: nothing but sleepers, who may sleep for ever, had the file: it
	   counts as closed, and with its handle the name went. */
	atomic { assert(!asleep || closed); asleep = false; closers-- };
	put_file()
}
#endif

init {
#ifdef SLEEPS
	if
	:: patient = true
	:: patient = false
	fi;
#endif
	atomic {
#ifdef SLEEPS
		made = 1;
		handles[1] = 1;
		refs[1] = 1;
		named[1] = true;
		table = 1;
		files = FDS;
		fds = FDS;
		closers = FDS;
		run Sleeper();
		run Sleeper();
		run Closer();
#if FDS > 1
		run Closer();
#else
		run Creator(1)
#endif
#else
		run Creator(2);
		run Creator(1);
		run Opener(1);
		run Duplicator()
#endif
	};
	/* N4 */
	_nr_pr == 1;
	assert(table == 0 && lock == 0);
	atomic {
		do
		:: made > 0 ->
			assert(handles[made] == 0 && refs[made] == 0);
			made--
		:: made == 0 -> break
		od
	}
}

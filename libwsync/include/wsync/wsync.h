/* SPDX-License-Identifier: MIT */
/*
 * libwsync: events, mutexes, semaphores and timers with the semantics of
 * Windows, as file descriptors.
 *
 * A handle is an ordinary fd. It is closed with close(2), is inherited over
 * exec if it lacks FD_CLOEXEC, can be polled (readable while the object is
 * signaled; polling consumes nothing), duplicated and sent like any other fd.
 *
 * Functions return 0, or a negative errno and set errno to the same value.
 * Where a function fails it has changed nothing and written to no out-pointer;
 * the exceptions say so. Out-pointers described as optional may be NULL; any
 * other NULL is -EINVAL. wsync_strerror() explains errors in winsync's terms.
 *
 * Everything may be called from any thread. The library starts no threads,
 * touches no signals, registers no fork handlers. Functions marked AS-Safe may be
 * called from signal handlers and between fork and exec. No function is a
 * cancellation point of threads; what the caller's own functions that some of
 * them call do is up to these, which may also leave them by exceptions.
 *
 * Structures that can grow begin with their size in `sz` and mean the default
 * where they are zero: declare them with WSYNC_OPTS(), or, in C, with
 * `struct wsync_opts opts = { .sz = sizeof(opts), ... }`. A pointer to such
 * options may be NULL.
 */
#ifndef WSYNC_WSYNC_H
#define WSYNC_WSYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#ifdef __cplusplus
#define WSYNC_NOEXCEPT noexcept
extern "C" {
#else
#define WSYNC_NOEXCEPT
#endif

/* ------------------------------------------------------------------------ */
/* Constants                                                                */

/* Object types. */
#define WSYNC_TYPE_ANY			0u
#define WSYNC_TYPE_EVENT		1u
#define WSYNC_TYPE_MUTEX		2u
#define WSYNC_TYPE_SEMAPHORE		3u
#define WSYNC_TYPE_TIMER		4u
#define WSYNC_TYPE_NAMESPACE		16u

/* Rights of a handle, given when it is made, for good. */
#define WSYNC_ACCESS_QUERY		0x01u	/* queries, lists */
#define WSYNC_ACCESS_MODIFY		0x02u	/* set, reset, pulse, release, create in it */
#define WSYNC_ACCESS_SYNCHRONIZE	0x04u	/* wait, poll, open in it */
#define WSYNC_ACCESS_READ_CONTROL	0x08u	/* granted to whoever has any right */
#define WSYNC_ACCESS_WRITE_CONTROL	0x10u	/* permissions, destroy; the owner's */
#define WSYNC_ACCESS_ALL		0x1fu
#define WSYNC_ACCESS_MAXIMUM		0x100u	/* all that the mode grants */
/* What 0 means in options: everything but WRITE_CONTROL. */
#define WSYNC_ACCESS_DEFAULT		0x0fu
/* No right at all, which is always refused: tells -EACCES from -ENOENT. */
#define WSYNC_ACCESS_NONE		0x80000000u

/*
 * Permission bits are the nine familiar ones, with read meaning QUERY, write
 * MODIFY and execute SYNCHRONIZE. What 0 means in options: the owner only.
 */
#define WSYNC_MODE_DEFAULT		0700u
#define WSYNC_MODE_NONE			0x80000000u	/* nobody, not even the owner */

/* Flags of functions that make a handle; not every function takes every one. */
#define WSYNC_INHERIT			0x0001u	/* without FD_CLOEXEC */
#define WSYNC_EXCL			0x0002u	/* -EEXIST if the name exists */
#define WSYNC_IN_NAMESPACE		0x0004u	/* name is in the namespace opts->ns */
#define WSYNC_MANUAL_RESET		0x0100u	/* event, timer: stays signaled */
#define WSYNC_SIGNALED			0x0200u	/* event: initially signaled */
#define WSYNC_OWNED			0x0400u	/* new mutex: owned by the caller */
#define WSYNC_NS_CREATE			0x1000u	/* namespace: create if missing */
#define WSYNC_NS_PER_USER		0x2000u	/* namespace: its name is private to a user */
#define WSYNC_NS_OWNED			0x4000u	/* namespace: destroyed with this handle */

/* Clocks. */
#define WSYNC_CLOCK_MONOTONIC		0x0u	/* stands still in suspend */
#define WSYNC_CLOCK_REALTIME		0x1u	/* follows changes of the clock */
#define WSYNC_CLOCK_BOOTTIME		0x2u	/* goes on in suspend */

/* A timeout that never ends. Timeouts and times are nanoseconds. */
#define WSYNC_FOREVER			((int64_t)-1)
#define WSYNC_NEVER			INT64_MAX	/* the same for timers */

/* Most nested acquisitions of a mutex, most units of a semaphore. */
#define WSYNC_MUTEX_DEPTH_MAX		0x80000001u
#define WSYNC_SEMAPHORE_MAX		0x7fffffffu
/* Longest name: UTF-16 units, and the bytes they can take. */
#define WSYNC_NAME_UNITS_MAX		260u
#define WSYNC_NAME_BYTES_MAX		780u

/* Declares options or another sized structure: all zero, size filled in. */
#define WSYNC_OPTS(type, name) \
	struct type name; \
	memset(&(name), 0, sizeof(name)); \
	(name).sz = sizeof(name)

/* ------------------------------------------------------------------------ */
/* Library and device                                                       */

struct wsync_context;

/**
 * struct wsync_context_opts - options of wsync_context_new()
 * @sz: size of the structure
 * @device: path of the device, NULL for "/dev/winsync"
 */
struct wsync_context_opts {
	size_t sz;
	const char *device;
};

/*
 * A context is an open device. Functions that create or open take one; NULL
 * means the default context of the process, whose device is opened on first use.
 * Its fd is never lower than 3 and close-on-exec. Should somebody else have
 * closed it (or put another file in its place), it is opened again.
 * A child of fork goes on using the device its parent opened.
 *
 * -ENODEV: there is no such device, the module is not loaded.
 */
int wsync_context_new(const struct wsync_context_opts *opts,
		      struct wsync_context **context) WSYNC_NOEXCEPT;
struct wsync_context *wsync_context_ref(struct wsync_context *context) WSYNC_NOEXCEPT;
/* NULL is allowed. The last one closes the device; handles are not affected. */
void wsync_context_unref(struct wsync_context *context) WSYNC_NOEXCEPT;
/* The fd of the device, which stays the context's. NULL: the default context. */
int wsync_context_device(struct wsync_context *context, int *fd) WSYNC_NOEXCEPT;

/* Features of struct wsync_info. */
#define WSYNC_FEATURE_THREAD_EXIT	0x1u	/* mutexes are abandoned at thread exit */
#define WSYNC_FEATURE_EXEC		0x2u	/* mutexes are abandoned by exec */
#define WSYNC_FEATURE_WAKE		0x4u	/* timers can wake the machine */
#define WSYNC_FEATURE_NTSYNC		0x8u	/* the module serves /dev/ntsync */

/**
 * struct wsync_info - what the module can do, and how much of it is in use
 * @sz: size of the structure, set by the caller
 * @min_period: shortest period of a timer, in nanoseconds
 * @abi_version: version of the module's interface
 * @features: WSYNC_FEATURE_*
 * @types: bit n set: WSYNC_TYPE_ n exists
 * @errata: see winsync(4)
 * @max_wait_any: most handles in wsync_wait_any()
 * @max_wait_all: most handles in wsync_wait_all()
 * @name_max: bytes of the longest name
 * @max_objects: objects a user may have
 * @max_namespaces: namespaces a user may have
 * @objects: objects the caller's user has
 * @namespaces: namespaces the caller's user has
 * @reserved: 0
 */
struct wsync_info {
	size_t sz;
	uint64_t min_period;
	uint32_t abi_version;
	uint32_t features;
	uint32_t types;
	uint32_t errata;
	uint32_t max_wait_any;
	uint32_t max_wait_all;
	uint32_t name_max;
	uint32_t max_objects;
	uint32_t max_namespaces;
	uint32_t objects;
	uint32_t namespaces;
	uint32_t reserved;
};

int wsync_get_info(struct wsync_context *context, struct wsync_info *info) WSYNC_NOEXCEPT;
/* "MAJOR.MINOR.PATCH" of the library. */
const char *wsync_version(void) WSYNC_NOEXCEPT;
/* What a (positive or negative) errno means here; a static text, never NULL. */
const char *wsync_strerror(int error) WSYNC_NOEXCEPT;

/* ------------------------------------------------------------------------ */
/* Names and namespaces                                                     */

#define WSYNC_SCOPE_UNNAMED		0u
#define WSYNC_SCOPE_LOCAL		1u
#define WSYNC_SCOPE_GLOBAL		2u

/*
 * How a name is understood:
 *
 *   NULL, ""	an unnamed object (create only)
 *   Global\x	x in the namespace that all users of the IPC namespace share
 *   Local\x	x in the namespace of the calling user, which nobody else sees
 *   x		the same as Local\x
 *
 * The prefixes are case-sensitive, as names are. Everything but NUL and
 * backslash may be in a name; "/" is nothing special. The user and the IPC
 * namespace are the caller's at the moment of the call.
 *
 * -EINVAL	the name begins with a backslash
 * -ENOTDIR	something else than these prefixes stands before a backslash
 * -EISDIR	nothing stands behind the prefix, or another backslash
 * -ENAMETOOLONG more than WSYNC_NAME_UNITS_MAX UTF-16 units behind the prefix
 *
 * wsync_name_parse() tells the scope and where the name without the prefix
 * begins in @name, and does nothing else. AS-Safe.
 */
int wsync_name_parse(const char *name, uint32_t *scope, const char **rest) WSYNC_NOEXCEPT;

/**
 * struct wsync_namespace_opts - options of the wsync_namespace functions
 * @sz: size of the structure
 * @access: rights of the new handle, 0: WSYNC_ACCESS_DEFAULT
 * @mode: permissions if it is created, 0: WSYNC_MODE_DEFAULT
 * @uid: with @other_user, whose per-user namespace
 * @other_user: not 0: that of @uid instead of the caller's
 */
struct wsync_namespace_opts {
	size_t sz;
	uint32_t access;
	uint32_t mode;
	uint32_t uid;
	uint32_t other_user;
};

/*
 * Opens a namespace by its bare name (no prefix, no backslash); with
 * WSYNC_NS_CREATE creates it if it is missing, with WSYNC_EXCL too only that.
 * Flags: WSYNC_INHERIT, WSYNC_EXCL, WSYNC_NS_*. @existed is optional.
 */
int wsync_namespace_open(struct wsync_context *context, const char *name,
			 uint32_t flags, const struct wsync_namespace_opts *opts,
			 int *fd, bool *existed) WSYNC_NOEXCEPT;
/*
 * Opens the namespace of a scope, WSYNC_SCOPE_GLOBAL or WSYNC_SCOPE_LOCAL.
 * Flags: WSYNC_INHERIT, WSYNC_NS_CREATE (only means something for Local: without it
 * -ENOENT if the user has none yet). The mode of @opts must be 0.
 */
int wsync_namespace_scope(struct wsync_context *context, uint32_t scope,
			  uint32_t flags, const struct wsync_namespace_opts *opts,
			  int *fd) WSYNC_NOEXCEPT;
/* Frees its name at once; objects in it live on. Needs WRITE_CONTROL. AS-Safe. */
int wsync_namespace_destroy(int ns) WSYNC_NOEXCEPT;

/**
 * struct wsync_list_entry - an object or namespace in a list
 * @sz: bytes of the structure
 * @id: unique among objects and namespaces since the module was loaded, never reused
 * @created: CLOCK_BOOTTIME nanoseconds
 * @signals: how often it was signaled, see struct wsync_stat
 * @acquisitions: likewise, how often a wait acquired it
 * @abandonments: likewise, how often its owner ended
 * @type: WSYNC_TYPE_*
 * @uid: owner
 * @gid: group
 * @mode: permissions
 * @handles: handles to it in all processes
 * @waiters: waits in which it takes part
 * @value: event, timer: whether manual-reset; mutex: depth; semaphore: count;
 *	namespace: objects in it
 * @extra: mutex: thread id of the owner or 0; semaphore: maximum; timer:
 *	whether it is set; otherwise 0
 * @ns_uid: namespaces: the user if @ns_per_user
 * @ns_per_user: namespaces: its name is private to a user
 * @signaled: whether a thread that owns nothing would acquire it at once
 * @name_len: bytes of the name
 * @name: the name, NUL-terminated; hostile text, to be escaped where shown
 *
 * Where the mode does not let the caller query, @waiters, @signaled, @value,
 * @extra and the three counts are 0.
 */
struct wsync_list_entry {
	size_t sz;
	uint64_t id;
	uint64_t created;
	uint64_t signals;
	uint64_t acquisitions;
	uint64_t abandonments;
	uint32_t type;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t handles;
	uint32_t waiters;
	uint32_t value;
	uint32_t extra;
	uint32_t ns_uid;
	bool ns_per_user;
	bool signaled;
	uint16_t name_len;
	const char *name;
};

/* Called for each entry, which is gone afterwards; not 0 ends the list. */
typedef int (*wsync_list_fn)(const struct wsync_list_entry *entry, void *arg);

/*
 * The objects of a namespace (needs QUERY), and the namespaces the caller may
 * query. Return what the callback returned last. Objects made or gone
 * meanwhile may be missing; none comes twice.
 */
int wsync_list(int ns, wsync_list_fn fn, void *arg);
int wsync_list_namespaces(struct wsync_context *context, wsync_list_fn fn, void *arg);

/* ------------------------------------------------------------------------ */
/* Create and open                                                          */

/**
 * struct wsync_opts - options of the functions that create or open an object
 * @sz: size of the structure
 * @access: rights of the new handle, 0: WSYNC_ACCESS_DEFAULT
 * @mode: permissions of a new object, 0: WSYNC_MODE_DEFAULT
 * @ns: with WSYNC_IN_NAMESPACE: the namespace in which the name is looked up,
 *	bare, without prefix
 * @reserved: 0
 */
struct wsync_opts {
	size_t sz;
	uint32_t access;
	uint32_t mode;
	int32_t ns;
	uint32_t reserved;
};

/*
 * The create functions open an object of that name and type if it exists,
 * whatever its state and the other arguments say, unless WSYNC_EXCL is given. They
 * take WSYNC_INHERIT, WSYNC_EXCL and WSYNC_IN_NAMESPACE, and the flags
 * named. @existed is optional.
 *
 * The open functions take WSYNC_INHERIT and WSYNC_IN_NAMESPACE; the mode must be 0.
 *
 * -ENOENT	no object of that name
 * -EEXIST	there is one, and WSYNC_EXCL was given
 * -EPROTOTYPE	there is one, of another type; or the name to open is ""
 * -EACCES	its mode does not grant the rights asked for
 * -EDQUOT	the user has all the objects or namespaces allowed
 * and those of wsync_name_parse().
 */

/* WSYNC_MANUAL_RESET, WSYNC_SIGNALED. */
int wsync_event_create(struct wsync_context *context, const char *name,
		       uint32_t flags, const struct wsync_opts *opts,
		       int *fd, bool *existed) WSYNC_NOEXCEPT;
int wsync_event_open(struct wsync_context *context, const char *name,
		     uint32_t flags, const struct wsync_opts *opts, int *fd) WSYNC_NOEXCEPT;

/* WSYNC_OWNED: the calling thread owns it, if it is new. */
int wsync_mutex_create(struct wsync_context *context, const char *name,
		       uint32_t flags, const struct wsync_opts *opts,
		       int *fd, bool *existed) WSYNC_NOEXCEPT;
int wsync_mutex_open(struct wsync_context *context, const char *name,
		     uint32_t flags, const struct wsync_opts *opts, int *fd) WSYNC_NOEXCEPT;

/* 0 <= @count <= @max, 1 <= @max <= WSYNC_SEMAPHORE_MAX, even if it exists. */
int wsync_semaphore_create(struct wsync_context *context, const char *name,
			   uint32_t count, uint32_t max, uint32_t flags,
			   const struct wsync_opts *opts,
			   int *fd, bool *existed) WSYNC_NOEXCEPT;
int wsync_semaphore_open(struct wsync_context *context, const char *name,
			 uint32_t flags, const struct wsync_opts *opts, int *fd) WSYNC_NOEXCEPT;

/* WSYNC_MANUAL_RESET. */
int wsync_timer_create(struct wsync_context *context, const char *name,
		       uint32_t flags, const struct wsync_opts *opts,
		       int *fd, bool *existed) WSYNC_NOEXCEPT;
int wsync_timer_open(struct wsync_context *context, const char *name,
		     uint32_t flags, const struct wsync_opts *opts, int *fd) WSYNC_NOEXCEPT;

/* Opens an object of any type, or of @type. */
int wsync_open(struct wsync_context *context, const char *name, uint32_t type,
	       uint32_t flags, const struct wsync_opts *opts, int *fd) WSYNC_NOEXCEPT;

/* ------------------------------------------------------------------------ */
/* Handles                                                                  */

/* close(2) with this library's way to report errors. AS-Safe. */
int wsync_close(int fd) WSYNC_NOEXCEPT;

/*
 * Another handle to the same object or namespace. @access 0: the same rights;
 * rights that @fd lacks are checked against the mode. Flags: WSYNC_INHERIT.
 * AS-Safe.
 */
int wsync_duplicate(int fd, uint32_t access, uint32_t flags, int *duplicate) WSYNC_NOEXCEPT;

/* Whether both are handles to the same object or namespace. AS-Safe. */
int wsync_same(int fd, int other, bool *same) WSYNC_NOEXCEPT;

/* Whether exec keeps the handle: FD_CLOEXEC, turned around. AS-Safe. */
int wsync_get_inherit(int fd, bool *inherit) WSYNC_NOEXCEPT;
int wsync_set_inherit(int fd, bool inherit) WSYNC_NOEXCEPT;

/**
 * struct wsync_stat - facts about an object or namespace, and this handle
 * @sz: size of the structure, set by the caller
 * @id: unique among objects and namespaces since the module was loaded, never reused
 * @created: CLOCK_BOOTTIME nanoseconds
 * @signals: how often it was signaled, by a command or, for a timer, by an expiry
 * @acquisitions: how often a wait acquired it, or was alerted by it
 * @abandonments: how often the owner of a mutex ended without releasing it
 * @type: WSYNC_TYPE_*
 * @access: rights of this handle
 * @uid: owner
 * @gid: group
 * @mode: permissions
 * @handles: handles to it in all processes
 * @waiters: waits in which it takes part now
 * @name_len: bytes of its name, 0 if it has none
 *
 * The three counts begin with the object, are of one moment, and are 0 for a
 * namespace and for a handle without QUERY.
 */
struct wsync_stat {
	size_t sz;
	uint64_t id;
	uint64_t created;
	uint64_t signals;
	uint64_t acquisitions;
	uint64_t abandonments;
	uint32_t type;
	uint32_t access;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t handles;
	uint32_t waiters;
	uint32_t name_len;
};

/* -EBADFD: not a handle of winsync. AS-Safe. */
int wsync_get_stat(int fd, struct wsync_stat *stat) WSYNC_NOEXCEPT;

/* What wsync_set_perm() changes. */
#define WSYNC_PERM_MODE			0x1u
#define WSYNC_PERM_UID			0x2u
#define WSYNC_PERM_GID			0x4u

/*
 * Changes permissions, owner, group, as @mask says; needs WRITE_CONTROL.
 * @mode may be 0. Existing handles keep their rights. AS-Safe.
 */
int wsync_set_perm(int fd, uint32_t mask, uint32_t mode, uid_t uid, gid_t gid) WSYNC_NOEXCEPT;

#define WSYNC_WAITER_ALL		0x1u	/* it waits for all its objects */
#define WSYNC_WAITER_ALERT		0x2u	/* this object is its alert */

/**
 * struct wsync_waiter - a thread that waits
 * @since: CLOCK_MONOTONIC nanoseconds at which it began to
 * @tid: its thread id, 0 if not visible here
 * @pid: its process id
 * @flags: WSYNC_WAITER_*
 * @count: objects in its wait
 */
struct wsync_waiter {
	uint64_t since;
	uint32_t tid;
	uint32_t pid;
	uint32_t flags;
	uint32_t count;
};

/*
 * Who waits for the object, in the order in which they wait: at most @room (and
 * 256) of them into @waiters; *@count says how many, *@total (optional) how many
 * there are. Needs QUERY. AS-Safe.
 */
int wsync_get_waiters(int fd, struct wsync_waiter *waiters, size_t room,
		      size_t *count, size_t *total) WSYNC_NOEXCEPT;

/*
 * Sends @count handles (1 to 253) as one message over a connected Unix socket.
 * The receiver names the types it wants (@types, @count of them; NULL or
 * WSYNC_TYPE_ANY: any object or namespace); what arrives is either all of
 * that, in @fds, or -EBADFD (something that is not winsync's or of another type)
 * or -EBADMSG (another number of fds, or no such message), and nothing is
 * left open. Flags: WSYNC_INHERIT. -EPIPE: the other end is closed. A handle in flight
 * keeps its object and its name alive. AS-Safe.
 */
int wsync_send(int socket, const int *fds, size_t count) WSYNC_NOEXCEPT;
int wsync_receive(int socket, const uint32_t *types, size_t count,
		  uint32_t flags, int *fds) WSYNC_NOEXCEPT;

/*
 * Takes handle number @remote out of another process, which keeps it, if the
 * caller may trace that process (-EPERM). @type and @flags as above. AS-Safe.
 */
int wsync_take(pid_t pid, int remote, uint32_t type, uint32_t flags, int *fd) WSYNC_NOEXCEPT;
int wsync_take_pidfd(int pidfd, int remote, uint32_t type, uint32_t flags,
		     int *fd) WSYNC_NOEXCEPT;

/*
 * Starts the program @path (which is not searched for). Of all the fds of the
 * caller it receives 0, 1 and 2, as exec would pass them on, and the @count listed
 * ones, inheritable or not, all under their numbers. @envp NULL: the caller's environment. Signal handlers
 * are reset to the default, the signal mask is the caller's. The child is
 * waited for with waitpid(2). An error of exec is this function's error
 * (under valgrind and the like, where vfork is fork, the child's status is 127).
 */
int wsync_spawn(const char *path, char *const argv[], char *const envp[],
		const int *fds, size_t count, pid_t *pid) WSYNC_NOEXCEPT;

/* ------------------------------------------------------------------------ */
/* Events, mutexes, semaphores                                              */

struct wsync_event_state {
	bool manual_reset;
	bool signaled;
};

int wsync_event_query(int fd, struct wsync_event_state *state) WSYNC_NOEXCEPT; /* AS-Safe */
/* @previous (optional): whether it was signaled. AS-Safe. */
int wsync_event_set(int fd, bool *previous) WSYNC_NOEXCEPT;
int wsync_event_reset(int fd, bool *previous) WSYNC_NOEXCEPT;
/* Releases those who wait now: all, or one if auto-reset; never left signaled. */
int wsync_event_pulse(int fd, bool *previous) WSYNC_NOEXCEPT;

/**
 * struct wsync_mutex_state - state of a mutex
 * @depth: times its owner acquired it, 0 if free
 * @owner: thread id of the owner, 0 if there is none or it is not visible here
 * @owned_by_caller: the calling thread owns it
 * @abandoned: its last owner ended without releasing it
 */
struct wsync_mutex_state {
	uint32_t depth;
	uint32_t owner;
	bool owned_by_caller;
	bool abandoned;
};

int wsync_mutex_query(int fd, struct wsync_mutex_state *state) WSYNC_NOEXCEPT; /* AS-Safe */
/*
 * @depth (optional): how often it was acquired before, at least 1; INT32_MAX
 * stands for that and more. -EPERM: the calling thread does not own it. AS-Safe.
 */
int wsync_mutex_release(int fd, uint32_t *depth) WSYNC_NOEXCEPT;

struct wsync_semaphore_state {
	uint32_t count;
	uint32_t max;
};

int wsync_semaphore_query(int fd, struct wsync_semaphore_state *state) WSYNC_NOEXCEPT; /* AS-Safe */
/* Adds @count >= 1. @previous is optional. -EOVERFLOW beyond the maximum. AS-Safe. */
int wsync_semaphore_release(int fd, uint32_t count, uint32_t *previous) WSYNC_NOEXCEPT;

/* ------------------------------------------------------------------------ */
/* Timers                                                                   */

/* Flags of struct wsync_timer_opts, besides a WSYNC_CLOCK_*. */
#define WSYNC_TIMER_ABSOLUTE		0x10u	/* due is a point on the clock */
#define WSYNC_TIMER_WAKE		0x20u	/* wake the machine from suspend */
#define WSYNC_TIMER_ALERT		0x40u	/* each expiry sets the event opts->alert */

/* What wsync_timer_set() reports. */
#define WSYNC_TIMER_WAS_SIGNALED	0x1u	/* it was signaled before */
#define WSYNC_TIMER_NO_WAKE		0x2u	/* it is set, but can't wake the machine */

/*
 * Completion routine of a timer; @expired_at is the CLOCK_REALTIME nanosecond
 * at which the timer expired. See "Queued calls".
 */
typedef void (*wsync_timer_fn)(void *arg, int64_t expired_at);

/**
 * struct wsync_timer_opts - options of wsync_timer_set()
 * @sz: size of the structure
 * @tolerance: nanoseconds an expiry may come late, never early
 * @flags: a WSYNC_CLOCK_*, WSYNC_TIMER_ABSOLUTE, _WAKE, _ALERT
 * @alert: with WSYNC_TIMER_ALERT an event that each expiry sets. The timer
 *	is canceled when the calling thread ends. Not together with @routine
 * @routine: called by the calling thread, in an alertable wait, for each expiry;
 *	at most one call is outstanding. The timer is canceled when the thread ends
 * @arg: its argument
 */
struct wsync_timer_opts {
	size_t sz;
	uint64_t tolerance;
	uint32_t flags;
	int32_t alert;
	wsync_timer_fn routine;
	void *arg;
};

/**
 * struct wsync_timer_state - state of a timer
 * @remaining: nanoseconds to the next expiry, 0 if it is not set
 * @period: nanoseconds, 0 if it is not periodic
 * @expirations: expiries since it was last set
 * @expired_at: CLOCK_REALTIME nanoseconds of the last one, 0 if none
 * @manual_reset: it stays signaled until set again
 * @signaled: it is signaled
 * @set: an expiry is to come
 */
struct wsync_timer_state {
	int64_t remaining;
	int64_t period;
	uint64_t expirations;
	int64_t expired_at;
	bool manual_reset;
	bool signaled;
	bool set;
};

int wsync_timer_query(int fd, struct wsync_timer_state *state) WSYNC_NOEXCEPT; /* AS-Safe */
/*
 * Stops the timer, makes it not signaled, discards an outstanding call, and
 * starts it anew: due in (or, absolute, at) @due >= 0 nanoseconds, then every
 * @period, 0 for once. @result (optional): WSYNC_TIMER_WAS_SIGNALED, _NO_WAKE.
 * AS-Safe without a routine.
 */
int wsync_timer_set(int fd, int64_t due, int64_t period,
		    const struct wsync_timer_opts *opts, uint32_t *result) WSYNC_NOEXCEPT;
/* Stops it and discards an outstanding call; @signaled (optional) stays as it is. AS-Safe. */
int wsync_timer_cancel(int fd, bool *signaled) WSYNC_NOEXCEPT;

/* @seconds and @nanoseconds (0 to 999999999) as one number; -EOVERFLOW. AS-Safe. */
int wsync_nanoseconds(int64_t seconds, int64_t nanoseconds, int64_t *time) WSYNC_NOEXCEPT;
/* The point on @clock (WSYNC_CLOCK_*) that is @timeout from now. AS-Safe. */
int wsync_deadline(uint32_t clock, int64_t timeout, int64_t *deadline) WSYNC_NOEXCEPT;

/* ------------------------------------------------------------------------ */
/* Waits                                                                    */

/* Flags of struct wsync_wait_opts, besides a WSYNC_CLOCK_*. */
#define WSYNC_WAIT_ABSOLUTE		0x10u	/* timeout is a point on the clock */
#define WSYNC_WAIT_ALERT		0x20u	/* opts->alert ends the wait */
#define WSYNC_WAIT_ALERTABLE		0x40u	/* calls queued to this thread run */
#define WSYNC_WAIT_EINTR		0x80u	/* a signal handler ends the wait */

/**
 * struct wsync_wait_opts - options of the waits
 * @sz: size of the structure
 * @flags: a WSYNC_CLOCK_*, WSYNC_WAIT_*. A timeout that is not absolute can't
 *	be on the REALTIME clock; ALERT and ALERTABLE exclude each other
 * @alert: with WSYNC_WAIT_ALERT: an event that ends the wait if no object can be
 *	acquired; auto-reset: the wait resets it
 */
struct wsync_wait_opts {
	size_t sz;
	uint32_t flags;
	int32_t alert;
};

/**
 * struct wsync_wait_result - why a wait ended successfully
 * @index: of the handle acquired; 0 for a wait for all; the number of handles
 *	if none was acquired
 * @abandoned: a mutex was acquired whose last owner ended without releasing
 *	it: what it protects may be half done [MX-17]
 * @alerted: the alert ended the wait, nothing was acquired
 * @called: queued calls ran and ended the wait, nothing was acquired
 * @reserved: false
 */
struct wsync_wait_result {
	uint32_t index;
	bool abandoned;
	bool alerted;
	bool called;
	bool reserved;
};

/*
 * Wait until the object, any or all of the objects can be acquired, at most
 * for @timeout nanoseconds (WSYNC_FOREVER; 0 never sleeps), and acquire it
 * (the first that can be; all, in one step). @result is optional.
 *
 * A signal handler does not end a wait, whatever SA_RESTART says: it goes on
 * against its old deadline. With WSYNC_WAIT_EINTR a handler installed without
 * SA_RESTART ends it with -EINTR.
 *
 * -ETIMEDOUT	the time is over; nothing was acquired
 * -EINVAL	no handles, or too many; a bad timeout or flag
 * -EACCES	a handle without SYNCHRONIZE
 * -ENOTUNIQ	the same object twice in a wait for all
 * -EOVERFLOW	a mutex was acquired too often
 *
 * AS-Safe without WSYNC_WAIT_ALERTABLE.
 */
int wsync_wait(int fd, int64_t timeout, const struct wsync_wait_opts *opts,
	       struct wsync_wait_result *result);
int wsync_wait_any(const int *fds, size_t count, int64_t timeout,
		   const struct wsync_wait_opts *opts, struct wsync_wait_result *result);
int wsync_wait_all(const int *fds, size_t count, int64_t timeout,
		   const struct wsync_wait_opts *opts, struct wsync_wait_result *result);
/*
 * Sets the event, releases the mutex once, or adds 1 to the semaphore @signal,
 * and waits for @fd, in one step: nobody sees the signal before the caller
 * waits. After -ETIMEDOUT, and after -EINTR (with WSYNC_WAIT_EINTR, which here any
 * handler causes, with SA_RESTART or without, and being stopped and continued), the
 * signal was given; all other errors leave both objects as they were.
 */
int wsync_signal_and_wait(int signal, int fd, int64_t timeout,
			  const struct wsync_wait_opts *opts,
			  struct wsync_wait_result *result);
/*
 * Waits for no object: 0 when the time is over, too, with all of @result false.
 * With WSYNC_WAIT_EINTR any handler can end it.
 */
int wsync_sleep(int64_t timeout, const struct wsync_wait_opts *opts,
		struct wsync_wait_result *result);

/* ------------------------------------------------------------------------ */
/* Queued calls                                                             */

/*
 * Each thread can have a queue of calls that other threads of the process (or
 * itself) queue to it, and that the routines of its timers join when these
 * expire. They run, in the order of queueing, in that thread and only while
 * it is in a wait or sleep with WSYNC_WAIT_ALERTABLE. An object that can be
 * acquired at once comes first; then the calls stay queued. Otherwise all
 * calls run, also those queued meanwhile, and the wait ends with
 * result.called.
 *
 * A thread's queue is made by its first wsync_thread_self(), alertable wait or
 * timer routine; until then the library costs the thread nothing. It is discarded
 * when the thread ends. The child of fork begins with an empty queue; timers set by the
 * parent belong to the parent.
 *
 * The routine of a timer belongs to the fd it was set through: closing that fd, too,
 * discards it. A call may itself wait, and be alertable, and may
 * queue calls. It must not unload the library.
 */
struct wsync_thread;
typedef void (*wsync_apc_fn)(void *arg);

/* A reference to the calling thread, valid after its end. Not AS-Safe. */
int wsync_thread_self(struct wsync_thread **thread) WSYNC_NOEXCEPT;
struct wsync_thread *wsync_thread_ref(struct wsync_thread *thread) WSYNC_NOEXCEPT;
void wsync_thread_unref(struct wsync_thread *thread) WSYNC_NOEXCEPT; /* NULL is allowed */

/*
 * Queues a call. -ESRCH: the thread has ended, or is one of the parent process.
 * -ENOMEM. Not AS-Safe.
 */
int wsync_apc_queue(struct wsync_thread *thread, wsync_apc_fn fn, void *arg) WSYNC_NOEXCEPT;

/*
 * For threads that sleep in poll(2): an fd that is readable when calls of the
 * calling thread have been queued; wsync_sleep(0, alertable) then runs them. It
 * stays the library's and the thread's. Not AS-Safe.
 */
int wsync_apc_fd(int *fd) WSYNC_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif /* WSYNC_WSYNC_H */

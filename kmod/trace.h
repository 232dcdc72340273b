/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints; winsync(4) describes them and their fields, which tools rely on.
 *
 * No field is a kernel address. Names are escaped as in fdinfo, when they are
 * recorded: they are hostile text, and whoever prints a trace need not know.
 * They are arrays and not __string(), whose use differs between kernels; to
 * readers both are the same.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM winsync

#if !defined(WINSYNC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define WINSYNC_TRACE_H

#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>
#include <linux/tracepoint.h>
#include <linux/winsync.h>

#include "namespace.h"
#include "object.h"
#include "wait.h"

#ifndef WINSYNC_TRACE_ONCE
#define WINSYNC_TRACE_ONCE

/* Values of the field op of winsync_signal. */
#define WINSYNC_OP_SET		0
#define WINSYNC_OP_PULSE	1
#define WINSYNC_OP_RELEASE	2
#define WINSYNC_OP_EXPIRE	3

/* Values of the field outcome of winsync_wait_end. */
#define WINSYNC_OUTCOME_ACQUIRED	0
#define WINSYNC_OUTCOME_OTHER		1
#define WINSYNC_OUTCOME_ALERTED		2
#define WINSYNC_OUTCOME_TIMEOUT		3
#define WINSYNC_OUTCOME_INTERRUPTED	4

pid_t winsync_trace_owner(const struct winsync_object *object);
u32 winsync_trace_outcome(const struct winsync_entry *entry, int result);

/* Who does it; nobody if an interrupt does. */
static inline const struct task_struct *winsync_trace_current(void)
{
	return in_task() ? current : NULL;
}

#endif

/* What all have in common: the object, and a thread. */
#define WINSYNC_FIELDS(object)						\
	__field(u64, id)						\
	__field(u64, ns)						\
	__field(u32, type)						\
	__field(pid_t, pid)						\
	__field(pid_t, tid)						\
	__dynamic_array(char, name, winsync_name_escape((object)->name, NULL, 0))

#define WINSYNC_ASSIGN(object, task)					\
	do {								\
		const struct winsync_object *object_ = (object);	\
		const struct task_struct *task_ = (task);		\
									\
		__entry->id = object_->id;				\
		__entry->ns = winsync_name_ns(object_->name);		\
		__entry->type = object_->type->id;			\
		__entry->pid = task_ ? task_->tgid : 0;			\
		__entry->tid = task_ ? task_->pid : 0;			\
		winsync_name_escape(object_->name,			\
				    __get_dynamic_array(name),		\
				    __get_dynamic_array_len(name));	\
	} while (0)

/*
 * What a record says as text. The name, which may hold anything printable, comes
 * last: nothing in it looks like a field. No quotes around it: tracefs shows the
 * format without its backslashes, and libtraceevent, so perf, could not parse it.
 */
#define WINSYNC_PRINTK(format, ...)					\
	TP_printk("type=%s id=%llu ns=%llu pid=%d tid=%d " format " name=%s", \
		  __print_symbolic(__entry->type,			\
				   { WINSYNC_TYPE_EVENT, "event" },	\
				   { WINSYNC_TYPE_MUTEX, "mutex" },	\
				   { WINSYNC_TYPE_SEMAPHORE, "semaphore" }, \
				   { WINSYNC_TYPE_TIMER, "timer" }),	\
		  __entry->id, __entry->ns, __entry->pid, __entry->tid,	\
		  __VA_ARGS__, __get_str(name))

/* An object was created, with the first handle to it. */
TRACE_EVENT(winsync_create,
	TP_PROTO(const struct winsync_object *object,
		 const struct winsync_snapshot *snapshot),
	TP_ARGS(object, snapshot),
	TP_STRUCT__entry(
		WINSYNC_FIELDS(object)
		__field(u32, value)
		__field(u32, extra)
	),
	TP_fast_assign(
		WINSYNC_ASSIGN(object, winsync_trace_current());
		__entry->value = snapshot->value;
		__entry->extra = snapshot->extra;
	),
	WINSYNC_PRINTK("value=%u extra=%u", __entry->value, __entry->extra)
);

/* Another handle to it was made. */
TRACE_EVENT(winsync_open,
	TP_PROTO(const struct winsync_object *object, u32 access),
	TP_ARGS(object, access),
	TP_STRUCT__entry(
		WINSYNC_FIELDS(object)
		__field(u32, access)
		__field(u32, handles)
	),
	TP_fast_assign(
		WINSYNC_ASSIGN(object, winsync_trace_current());
		__entry->access = access;
		__entry->handles = atomic_read(&object->handles);
	),
	WINSYNC_PRINTK("access=%#x handles=%u", __entry->access, __entry->handles)
);

/* A handle was closed; so many are left. */
TRACE_EVENT(winsync_close,
	TP_PROTO(const struct winsync_object *object),
	TP_ARGS(object),
	TP_STRUCT__entry(
		WINSYNC_FIELDS(object)
		__field(u32, handles)
	),
	TP_fast_assign(
		WINSYNC_ASSIGN(object, winsync_trace_current());
		__entry->handles = atomic_read(&object->handles);
	),
	WINSYNC_PRINTK("handles=%u", __entry->handles)
);

/* A command or an expiry signals it. */
TRACE_EVENT(winsync_signal,
	TP_PROTO(const struct winsync_object *object, u32 op, u32 count),
	TP_ARGS(object, op, count),
	TP_STRUCT__entry(
		WINSYNC_FIELDS(object)
		__field(u32, op)
		__field(u32, count)
		__field(u32, signaled)
		__field(u32, waiters)
	),
	TP_fast_assign(
		WINSYNC_ASSIGN(object, winsync_trace_current());
		__entry->op = op;
		__entry->count = count;
		__entry->signaled = object->signaled;
		__entry->waiters = object->waiters;
	),
	WINSYNC_PRINTK("op=%s count=%u signaled=%u waiters=%u",
		       __print_symbolic(__entry->op,
					{ WINSYNC_OP_SET, "set" },
					{ WINSYNC_OP_PULSE, "pulse" },
					{ WINSYNC_OP_RELEASE, "release" },
					{ WINSYNC_OP_EXPIRE, "expire" }),
		       __entry->count, __entry->signaled, __entry->waiters)
);

/* A wait acquired it: by itself, or because it was granted what it waited for. */
TRACE_EVENT(winsync_grant,
	TP_PROTO(const struct winsync_object *object,
		 const struct winsync_wait *wait, bool granted, bool abandoned),
	TP_ARGS(object, wait, granted, abandoned),
	TP_STRUCT__entry(
		WINSYNC_FIELDS(object)
		__field(pid_t, by)
		__field(u64, waited)
		__field(u32, abandoned)
	),
	TP_fast_assign(
		WINSYNC_ASSIGN(object, granted ? wait->task : current);
		__entry->by = winsync_trace_current() ? current->pid : 0;
		__entry->waited = granted ? ktime_get_ns() - wait->since : 0;
		__entry->abandoned = abandoned;
	),
	WINSYNC_PRINTK("by=%d waited=%llu abandoned=%u",
		       __entry->by, __entry->waited, __entry->abandoned)
);

/* Its owner has ended. */
TRACE_EVENT(winsync_abandon,
	TP_PROTO(const struct winsync_object *object,
		 const struct task_struct *owner, u32 depth),
	TP_ARGS(object, owner, depth),
	TP_STRUCT__entry(
		WINSYNC_FIELDS(object)
		__field(u32, depth)
		__field(u32, waiters)
	),
	TP_fast_assign(
		WINSYNC_ASSIGN(object, owner);
		__entry->depth = depth;
		__entry->waiters = object->waiters;
	),
	WINSYNC_PRINTK("depth=%u waiters=%u", __entry->depth, __entry->waiters)
);

/* A wait for it, perhaps among others, begins to queue. */
TRACE_EVENT(winsync_wait_begin,
	TP_PROTO(const struct winsync_entry *part),
	TP_ARGS(part),
	TP_STRUCT__entry(
		WINSYNC_FIELDS(part->object)
		__field(u32, index)
		__field(u32, count)
		__field(u32, all)
		__field(u32, waiters)
		__field(pid_t, owner)
	),
	TP_fast_assign(
		WINSYNC_ASSIGN(part->object, current);
		__entry->index = part->index;
		__entry->count = part->wait->count;
		__entry->all = part->all;
		__entry->waiters = READ_ONCE(part->object->waiters);
		__entry->owner = winsync_trace_owner(part->object);
	),
	WINSYNC_PRINTK("index=%u count=%u all=%u waiters=%u owner=%d",
		       __entry->index, __entry->count, __entry->all,
		  __entry->waiters, __entry->owner)
);

/* Such a wait is over. */
TRACE_EVENT(winsync_wait_end,
	TP_PROTO(const struct winsync_entry *part, int result),
	TP_ARGS(part, result),
	TP_STRUCT__entry(
		WINSYNC_FIELDS(part->object)
		__field(u32, index)
		__field(u32, count)
		__field(u32, all)
		__field(u32, outcome)
		__field(int, result)
		__field(u64, latency)
	),
	TP_fast_assign(
		WINSYNC_ASSIGN(part->object, current);
		__entry->index = part->index;
		__entry->count = part->wait->count;
		__entry->all = part->all;
		__entry->outcome = winsync_trace_outcome(part, result);
		__entry->result = result;
		__entry->latency = ktime_get_ns() - part->wait->since;
	),
	WINSYNC_PRINTK("index=%u count=%u all=%u outcome=%s result=%d latency=%llu",
		       __entry->index, __entry->count, __entry->all,
		       __print_symbolic(__entry->outcome,
					{ WINSYNC_OUTCOME_ACQUIRED, "acquired" },
					{ WINSYNC_OUTCOME_OTHER, "other" },
					{ WINSYNC_OUTCOME_ALERTED, "alerted" },
					{ WINSYNC_OUTCOME_TIMEOUT, "timeout" },
					{ WINSYNC_OUTCOME_INTERRUPTED, "interrupted" }),
		       __entry->result, __entry->latency)
);

#endif /* WINSYNC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH kmod
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The prototype of the exit probe differs between kernels; Kbuild reads it
 * from the kernel's header (WINSYNC_HAVE_EXIT_GROUP_DEAD), and the checks below
 * make a mistake a compile error.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <trace/events/sched.h>

#include "exit_hook.h"

#ifdef CONFIG_TRACEPOINTS

static void (*exit_hook)(struct task_struct *task);
static void (*exec_hook)(struct task_struct *task);
static struct tracepoint *exit_tracepoint, *exec_tracepoint;

#ifdef WINSYNC_HAVE_EXIT_GROUP_DEAD
static void exit_probe(void *data, struct task_struct *task, bool group_dead)
#else
static void exit_probe(void *data, struct task_struct *task)
#endif
{
	exit_hook(task);
}

static void exec_probe(void *data, struct task_struct *task, pid_t old_pid,
		       struct linux_binprm *bprm)
{
	exec_hook(task);
}

struct lookup {
	const char *name;
	struct tracepoint *found;
};

static void match(struct tracepoint *tracepoint, void *data)
{
	struct lookup *lookup = data;

	if (!strcmp(tracepoint->name, lookup->name))
		lookup->found = tracepoint;
}

static int hook(const char *name, void *probe, struct tracepoint **registered)
{
	struct lookup lookup = { .name = name };
	int error;

	for_each_kernel_tracepoint(match, &lookup);
	if (!lookup.found)
		return -ENOENT;
	error = tracepoint_probe_register(lookup.found, probe, NULL);
	if (!error)
		*registered = lookup.found;
	return error;
}

int winsync_hook_exit(void (*function)(struct task_struct *task))
{
	check_trace_callback_type_sched_process_exit(exit_probe);
	exit_hook = function;
	return hook("sched_process_exit", exit_probe, &exit_tracepoint);
}

int winsync_hook_exec(void (*function)(struct task_struct *task))
{
	check_trace_callback_type_sched_process_exec(exec_probe);
	exec_hook = function;
	return hook("sched_process_exec", exec_probe, &exec_tracepoint);
}

void winsync_unhook(void)
{
	if (exec_tracepoint)
		tracepoint_probe_unregister(exec_tracepoint, exec_probe, NULL);
	if (exit_tracepoint)
		tracepoint_probe_unregister(exit_tracepoint, exit_probe, NULL);
	exec_tracepoint = NULL;
	exit_tracepoint = NULL;
	tracepoint_synchronize_unregister();
}

#else /* !CONFIG_TRACEPOINTS */

int winsync_hook_exit(void (*function)(struct task_struct *task))
{
	return -EOPNOTSUPP;
}

int winsync_hook_exec(void (*function)(struct task_struct *task))
{
	return -EOPNOTSUPP;
}

void winsync_unhook(void)
{
}

#endif

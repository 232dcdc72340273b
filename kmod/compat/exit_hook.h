/* SPDX-License-Identifier: GPL-2.0-only */
/* Hooks into the end of threads and into exec, by tracepoints found by name. */
#ifndef WINSYNC_COMPAT_EXIT_HOOK_H
#define WINSYNC_COMPAT_EXIT_HOOK_H

struct task_struct;

int winsync_hook_exit(void (*hook)(struct task_struct *task));
int winsync_hook_exec(void (*hook)(struct task_struct *task));
void winsync_unhook(void);

#endif /* WINSYNC_COMPAT_EXIT_HOOK_H */

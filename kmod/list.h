/* SPDX-License-Identifier: GPL-2.0-only */
/* Listings of namespaces and of the objects in one. */
#ifndef WINSYNC_LIST_H
#define WINSYNC_LIST_H

#include <linux/types.h>

struct winsync_namespace;

/* How a list grows: returns -ENOSPC when the buffer is full. */
struct winsync_list {
	u64 cursor;
	char *buffer;
	u32 size;
	u32 used;
};

int winsync_list_namespaces(struct winsync_list *list);
int winsync_list_objects(struct winsync_namespace *ns,
			 struct winsync_list *list);

#endif /* WINSYNC_LIST_H */

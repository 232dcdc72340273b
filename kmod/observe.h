/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted of an object. Every place where one is signaled, acquired or
 * abandoned says so here, once, with the object's lock held.
 */
#ifndef WINSYNC_OBSERVE_H
#define WINSYNC_OBSERVE_H

#include "object.h"

/* A command or a timer's expiry signaled @object. */
static inline void winsync_note_signal(struct winsync_object *object)
{
	winsync_assert_locked(object);
	object->signals++;
}

/* A wait acquired @object, or was ended by it as its alert. */
static inline void winsync_note_acquisition(struct winsync_object *object)
{
	winsync_assert_locked(object);
	object->acquisitions++;
}

/* The owner of @object ended without releasing it. */
static inline void winsync_note_abandonment(struct winsync_object *object)
{
	winsync_assert_locked(object);
	object->abandonments++;
}

#endif /* WINSYNC_OBSERVE_H */

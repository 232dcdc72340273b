// SPDX-License-Identifier: MIT
/*
 * Telling a process from the ones it was forked from, without a fork handler. The
 * process id does not do: where pid namespaces nest, parent and child can both be
 * number 1, and numbers come again.
 *
 * A page that fork leaves empty in the child holds the number of the process in the line
 * of its ancestors; an ordinary variable, which the child inherits, the last number given
 * out.
 */
#include <stdatomic.h>
#include <sys/mman.h>

#include "internal.h"

static _Atomic uint32_t *_Atomic page;
static _Atomic uint32_t last;

static _Atomic uint32_t *get_page(void)
{
	_Atomic uint32_t *known = atomic_load(&page);
	void *fresh;

	if (known)
		return known;
	fresh = mmap(NULL, sizeof(*known), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	if (fresh == MAP_FAILED)
		return NULL;
	if (madvise(fresh, sizeof(*known), MADV_WIPEONFORK) == 0 &&
	    atomic_compare_exchange_strong(&page, &known, fresh))
		return fresh;
	munmap(fresh, sizeof(*known));
	/* NULL if it was madvise that failed. */
	return known;
}

int wsync_process(uint32_t *number)
{
	_Atomic uint32_t *mine = get_page();
	uint32_t known, next;

	if (!mine)
		return wsync_error(ENOMEM);
	known = atomic_load(mine);
	if (known == 0) {
		/* Given out before it is used: a fork in between must not give it again. */
		next = atomic_fetch_add(&last, 1) + 1;
		if (atomic_compare_exchange_strong(mine, &known, next))
			known = next;
	}
	*number = known;
	return 0;
}

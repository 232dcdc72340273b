// SPDX-License-Identifier: GPL-2.0-only
#include "tried.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The exported functions, from the maps of the linker. */
#define FUNCTION(name) extern const char name[];
#include "exported.h"
#undef FUNCTION

static const struct {
	const void *address;
	const char *name;
} functions[] = {
#define FUNCTION(name) { name, #name },
#include "exported.h"
#undef FUNCTION
};

static bool called[sizeof(functions) / sizeof(functions[0])];

/* How deep inside the library this thread is, and by what it got there. */
static __thread unsigned int depth;
static __thread const void *entered;

void __cyg_profile_func_enter(void *function, void *site);
void __cyg_profile_func_exit(void *function, void *site);
int __real_open(const char *path, int flags, ...);
int __real_close(int fd);

/* Children of fork have theirs, so each line is written at once. */
void tried(const void *function, enum tried_kind kind, unsigned int error)
{
	static const char *const kinds[] = { "call", "errno", "last-error", "status" };
	const char *path = getenv("WSYNC_TRIED");
	char line[200];
	size_t i = 0;
	int fd, size;

	while (i < sizeof(functions) / sizeof(functions[0]) && functions[i].address != function)
		i++;
	if (!path || i == sizeof(functions) / sizeof(functions[0]))
		return;
	if (kind == TRIED_CALL && __atomic_exchange_n(&called[i], true, __ATOMIC_RELAXED))
		return;
	fd = __real_open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	size = snprintf(line, sizeof(line), "%s %s %u\n", functions[i].name, kinds[kind], error);
	if (write(fd, line, (size_t)size) != size)
		abort();
	__real_close(fd);
}

unsigned int tried_begin(void)
{
	unsigned int outer = depth;

	depth = 0;
	entered = NULL;
	return outer;
}

const void *tried_end(unsigned int outer)
{
	depth = outer;
	return entered;
}

void __cyg_profile_func_enter(void *function, void *site)
{
	(void)site;
	if (depth++)
		return;
	entered = function;
	tried(function, TRIED_CALL, 0);
}

void __cyg_profile_func_exit(void *function, void *site)
{
	(void)function;
	(void)site;
	if (depth)
		depth--;
}

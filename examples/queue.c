// SPDX-License-Identifier: MIT
/*
 * A queue between processes that know nothing but its name:
 *
 *	queue get 3 &
 *	queue put one two three
 *
 * Two semaphores count what can be taken and what has room; a mutex protects the
 * ring in shared memory. All of it lives as long as somebody uses it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <wsync/wsync.h>

#define SLOTS 4

struct ring {
	unsigned int first, last;
	char words[SLOTS][64];
};

static int items, room, lock;
static struct ring *ring;

static void check(int error, const char *what)
{
	if (error >= 0)
		return;
	fprintf(stderr, "queue: %s: %s\n", what, wsync_strerror(error));
	exit(1);
}

static void open_queue(void)
{
	bool existed;
	int memory;

	check(wsync_semaphore_create(NULL, "example.queue.items", 0, SLOTS, 0, NULL, &items, NULL),
	      "items");
	check(wsync_semaphore_create(NULL, "example.queue.room", SLOTS, SLOTS, 0, NULL, &room,
				     NULL), "room");
	/* Whoever creates it owns it, and has the time to prepare the memory. */
	check(wsync_mutex_create(NULL, "example.queue.lock", WSYNC_OWNED, NULL, &lock, &existed),
	      "lock");
	memory = shm_open("/example.queue", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (memory < 0 || ftruncate(memory, sizeof(*ring)) != 0) {
		perror("queue: shared memory");
		exit(1);
	}
	ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (ring == MAP_FAILED) {
		perror("queue: shared memory");
		exit(1);
	}
	if (existed)
		return;
	memset(ring, 0, sizeof(*ring));
	check(wsync_mutex_release(lock, NULL), "release");
}

static void put(const char *word)
{
	const int both[] = { room, lock };

	/* Both in one step: nobody holds the lock while he waits for room. */
	check(wsync_wait_all(both, 2, WSYNC_FOREVER, NULL, NULL), "wait");
	snprintf(ring->words[ring->last++ % SLOTS], sizeof(ring->words[0]), "%s", word);
	check(wsync_mutex_release(lock, NULL), "release");
	check(wsync_semaphore_release(items, 1, NULL), "release");
}

static void get(void)
{
	const int both[] = { items, lock };

	check(wsync_wait_all(both, 2, WSYNC_FOREVER, NULL, NULL), "wait");
	puts(ring->words[ring->first++ % SLOTS]);
	check(wsync_mutex_release(lock, NULL), "release");
	check(wsync_semaphore_release(room, 1, NULL), "release");
}

int main(int argc, char *argv[])
{
	open_queue();
	if (argc > 2 && strcmp(argv[1], "put") == 0) {
		for (int i = 2; i < argc; i++)
			put(argv[i]);
	} else if (argc == 3 && strcmp(argv[1], "get") == 0) {
		for (int i = atoi(argv[2]); i > 0; i--)
			get();
	} else {
		fprintf(stderr, "usage: queue put WORD... | queue get COUNT\n");
		return 2;
	}
	return 0;
}

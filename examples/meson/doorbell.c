// SPDX-License-Identifier: MIT
/* One thread rings, the other one opens. */
#include <pthread.h>
#include <stdio.h>

#include <wsync/wsync.h>

static void *ring(void *bell)
{
	wsync_event_set(*(const int *)bell, NULL);
	return NULL;
}

int main(void)
{
	pthread_t visitor;
	int bell, error;

	error = wsync_event_create(NULL, NULL, 0, NULL, &bell, NULL);
	if (!error && pthread_create(&visitor, NULL, ring, &bell) == 0) {
		error = wsync_wait(bell, WSYNC_FOREVER, NULL, NULL);
		pthread_join(visitor, NULL);
	}
	puts(error ? wsync_strerror(error) : "somebody is at the door");
	return error ? 1 : 0;
}

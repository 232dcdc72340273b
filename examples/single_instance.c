// SPDX-License-Identifier: MIT
/*
 * A program of which only one instance runs at a time, for each user. A crash cannot
 * leave anything behind that would keep the next instance from starting.
 */
#include <errno.h>
#include <stdio.h>

#include <wsync/wsync.h>

int main(void)
{
	struct wsync_wait_result result;
	int lock, error;

	/* With "Global\\" instead: for the whole machine, or container. */
	error = wsync_mutex_create(NULL, "Local\\example.single_instance", 0, NULL, &lock, NULL);
	if (!error)
		error = wsync_wait(lock, 0, NULL, &result);
	if (error == -ETIMEDOUT) {
		puts("Another instance is running.");
		return 1;
	}
	if (error) {
		fprintf(stderr, "single_instance: %s\n", wsync_strerror(error));
		return 2;
	}
	puts("This is the only instance; it ends with its input.");
	fflush(stdout);
	while (getchar() != EOF)
		;
	wsync_mutex_release(lock, NULL);
	wsync_close(lock);
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * Workers that wait for work, or for the end, whichever comes first. The event that ends them
 * stands first in their waits: it wins even while there is work left.
 */
#include <windows.h>

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

const LONG jobs = 1000;
const int workers = 4;

HANDLE stop, work, done;
LONG finished[workers];

void fail(const char *what)
{
	std::fprintf(stderr, "%s: error %u\n", what, (unsigned int)GetLastError());
	std::exit(2);
}

void worker(int number)
{
	const HANDLE handles[] = { stop, work };

	for (;;) {
		switch (WaitForMultipleObjects(2, handles, FALSE, INFINITE)) {
		case WAIT_OBJECT_0:
			return;
		case WAIT_OBJECT_0 + 1:
			finished[number]++;
			if (!ReleaseSemaphore(done, 1, NULL))
				fail("ReleaseSemaphore");
			break;
		default:
			fail("WaitForMultipleObjects");
		}
	}
}

} // namespace

int main()
{
	std::vector<std::thread> pool;
	LONG sum = 0;

	stop = CreateEvent(NULL, TRUE, FALSE, NULL);
	work = CreateSemaphore(NULL, 0, jobs, NULL);
	done = CreateSemaphore(NULL, 0, jobs, NULL);
	if (!stop || !work || !done)
		fail("create");
	for (int i = 0; i < workers; i++)
		pool.emplace_back(worker, i);
	/* Half of the jobs one by one, half at once. */
	for (LONG i = 0; i < jobs / 2; i++)
		ReleaseSemaphore(work, 1, NULL);
	ReleaseSemaphore(work, jobs / 2, NULL);
	for (LONG i = 0; i < jobs; i++) {
		if (WaitForSingleObject(done, 60000) != WAIT_OBJECT_0)
			fail("WaitForSingleObject");
	}
	SetEvent(stop);
	for (std::thread &thread : pool)
		thread.join();
	for (int i = 0; i < workers; i++)
		sum += finished[i];
	std::printf("%d workers finished %d jobs\n", workers, (int)sum);
	return sum == jobs ? 0 : 1;
}

// SPDX-License-Identifier: MIT
// Ten threads pass a turnstile that lets two in at a time.
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include <wsync/wsync.hpp>

int main()
{
	wsync::semaphore places = wsync::semaphore::create(nullptr, 2, 2);
	wsync::mutex lock = wsync::mutex::create();
	unsigned int inside = 0, most = 0, passed = 0;
	std::vector<std::thread> threads;

	for (int i = 0; i < 10; i++) {
		threads.emplace_back([&] {
			places.acquire();
			{
				std::lock_guard<wsync::mutex> guard(lock);
				inside++;
				most = inside > most ? inside : most;
			}
			std::this_thread::yield();
			{
				std::lock_guard<wsync::mutex> guard(lock);
				inside--;
				passed++;
			}
			places.post();
		});
	}
	for (std::thread &thread : threads)
		thread.join();
	std::cout << passed << " passed, " << (most <= 2 ? "never" : "once")
		  << " more than 2 at a time\n";
	return most > 2;
}

// SPDX-License-Identifier: GPL-2.0-only
/* <wsync/wsync.hpp> against the module; compiled as C++11 and as C++20. */
#include <wsync/wsync.hpp>

#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

#define CHECK(condition) \
	do { \
		if (!(condition)) \
			throw std::logic_error(std::to_string(__LINE__) + ": " #condition); \
	} while (0)

#define CHECK_FAILS(expression, condition) \
	do { \
		try { \
			expression; \
		} catch (const std::system_error &error) { \
			CHECK(error.code() == (condition)); \
			break; \
		} \
		throw std::logic_error(std::to_string(__LINE__) + ": " #expression " succeeds"); \
	} while (0)

static_assert(!std::is_copy_constructible<wsync::mutex>::value, "a handle has one owner");
static_assert(std::is_nothrow_move_constructible<wsync::mutex>::value, "and moves");

void handles_have_one_owner()
{
	wsync::event first = wsync::event::create(nullptr, WSYNC_SIGNALED);
	const int fd = first.fd();
	wsync::event second = std::move(first);

	CHECK(!first && second && second.fd() == fd);
	CHECK(second.stat().type == WSYNC_TYPE_EVENT);
	wsync::event third = second.duplicate(WSYNC_ACCESS_SYNCHRONIZE);
	CHECK(third.same(second) && third.fd() != fd);
	CHECK_FAILS(third.set(), std::errc::permission_denied);
	CHECK(!third.inherit());
	third.inherit(true);
	CHECK(third.inherit());
	second.reset();
	CHECK(third.stat().handles == 1);
	CHECK(third.try_wait() == wsync::outcome::acquired);
	CHECK(third.try_wait() == wsync::outcome::timeout);
	CHECK_FAILS(second.set(), std::errc::bad_file_descriptor);
}

void errors_have_words()
{
	try {
		wsync::event::open("is not there");
		CHECK(false);
	} catch (const std::system_error &error) {
		CHECK(error.code() == std::errc::no_such_file_or_directory);
		CHECK(error.code().category() == wsync::category());
		CHECK(error.code().message() == wsync_strerror(ENOENT));
	}
}

void mutexes_fit_the_standard_locks()
{
	wsync::mutex first = wsync::mutex::create();
	wsync::mutex second = wsync::mutex::create();

	{
		std::lock_guard<wsync::mutex> lock(first);
		CHECK(first.query().owned_by_caller);
		bool got = true;
		std::thread([&] { got = first.try_lock(); }).join();
		CHECK(!got);
		std::thread([&] {
			got = std::unique_lock<wsync::mutex>(first, milliseconds(20)).owns_lock();
		}).join();
		CHECK(!got);
		std::thread([&] {
			got = first.try_lock_until(steady_clock::now() + milliseconds(20)) ||
			      first.try_lock_until(system_clock::now() + milliseconds(20));
		}).join();
		CHECK(!got);
	}
	CHECK(first.query().depth == 0);
	std::lock(first, second);
	CHECK(first.query().owned_by_caller && second.query().owned_by_caller);
	first.unlock();
	second.unlock();
	CHECK_FAILS(first.unlock(), std::errc::operation_not_permitted);
#if __cplusplus >= 201703L
	{
		std::scoped_lock lock(first, second);
		CHECK(second.query().owned_by_caller);
	}
	CHECK(second.query().depth == 0);
#endif
	std::unique_lock<wsync::mutex> lock(first, std::defer_lock);
	CHECK(lock.try_lock_for(seconds(1)));
}

void abandonment_stays_known_until_repaired()
{
	wsync::mutex mutex = wsync::mutex::create();
	wsync::event event = wsync::event::create();

	std::thread([&] { mutex.lock(); }).join();
	{
		std::lock_guard<wsync::mutex> lock(mutex);
		CHECK(mutex.abandoned());
	}
	{
		std::lock_guard<wsync::mutex> lock(mutex);
		CHECK(mutex.abandoned());
		mutex.repaired();
	}
	mutex.lock();
	CHECK(!mutex.abandoned());
	mutex.unlock();
	std::thread([&] { mutex.lock(); }).join();
	wsync::multiple result = wsync::wait_any(event, mutex);
	CHECK(result.how == wsync::outcome::abandoned && result.index == 1);
	mutex.found_abandoned();
	CHECK(mutex.abandoned());
}

void events_and_semaphores()
{
	wsync::event event = wsync::event::create(nullptr, WSYNC_MANUAL_RESET);

	CHECK(!event.set() && event.set());
	CHECK(event.query().signaled && event.query().manual_reset);
	CHECK(event.wait() == wsync::outcome::acquired);
	CHECK(event.reset_state() && !event.pulse());
	CHECK(event.wait_for(milliseconds(5)) == wsync::outcome::timeout);

	bool existed = true;
	wsync::semaphore semaphore = wsync::semaphore::create("cxx", 1, 2, 0, nullptr, &existed);
	CHECK(!existed);
	wsync::semaphore again = wsync::semaphore::open("cxx");
	CHECK(again.same(semaphore));
	again.acquire();
	CHECK(!again.try_acquire() && !again.try_acquire_for(milliseconds(5)));
	CHECK(semaphore.post(2) == 0 && semaphore.query().count == 2);
	CHECK_FAILS(semaphore.post(), std::errc::value_too_large);
	CHECK(again.try_acquire_until(steady_clock::now()));
}

void timers_keep_time()
{
	wsync::timer timer = wsync::timer::create();
	steady_clock::time_point begin = steady_clock::now();

	timer.set_after(milliseconds(20), milliseconds(10));
	timer.wait();
	timer.wait();
	CHECK(steady_clock::now() - begin >= milliseconds(30));
	timer.cancel();
	CHECK(!timer.query().set);
	begin = steady_clock::now();
	timer.set_at(begin + milliseconds(20));
	timer.wait();
	CHECK(steady_clock::now() - begin >= milliseconds(20));
	timer.set_at(system_clock::now() - seconds(5));
	CHECK(timer.wait_for(seconds(60)) == wsync::outcome::acquired);
}

/* Nothing is waited for less than was said. */
void times_are_rounded_up()
{
	using picoseconds = std::chrono::duration<std::int64_t, std::pico>;
	using years = std::chrono::duration<double, std::ratio<31556952>>;

	CHECK(wsync::detail::nanoseconds(picoseconds(1)) == 1);
	CHECK(wsync::detail::nanoseconds(picoseconds(2000)) == 2);
	CHECK(wsync::detail::nanoseconds(seconds(-1)) == 0);
	CHECK(wsync::detail::nanoseconds(seconds(3)) == 3000000000);
	CHECK(wsync::detail::nanoseconds(years(1e6)) == INT64_MAX);
	CHECK(wsync::detail::nanoseconds((std::chrono::hours::max)()) == INT64_MAX);
}

void several_at_once()
{
	wsync::event event = wsync::event::create();
	wsync::semaphore semaphore = wsync::semaphore::create(nullptr, 1);
	const std::vector<int> fds{event.fd(), semaphore.fd()};

	CHECK(!wsync::wait_all_for(milliseconds(5), event, semaphore));
	CHECK(wsync::wait_any_for(seconds(60), event, semaphore).index == 1);
	CHECK(!wsync::wait_any_until(steady_clock::now() + milliseconds(5), event, semaphore));
	event.set();
	semaphore.post();
	CHECK(wsync::wait_all(event, semaphore));
	event.set();
	CHECK(wsync::wait_any(fds).index == 0);
	CHECK(!wsync::wait_all_for(milliseconds(5), fds));
	CHECK(!wsync::wait_all_until(steady_clock::now() + milliseconds(5), fds));
	CHECK(!wsync::wait_any_until(system_clock::now() - seconds(1), std::vector<int>{event.fd()}));
	event.set();
	semaphore.post();
	CHECK(wsync::wait_all(fds).how == wsync::outcome::acquired);
	CHECK_FAILS(wsync::wait_all_for(milliseconds(0), event, event),
		    std::error_condition(ENOTUNIQ, std::generic_category()));
	CHECK(wsync::signal_and_wait(semaphore, semaphore) == wsync::outcome::acquired);
}

void names_live_in_namespaces()
{
	wsync::name_space ns = wsync::name_space::open("cxx", WSYNC_NS_CREATE);
	wsync_opts in{};

	in.sz = sizeof(in);
	in.ns = ns.fd();
	wsync::mutex mutex = wsync::mutex::create("m", WSYNC_IN_NAMESPACE | WSYNC_OWNED, &in);
	CHECK(wsync::mutex::open("m", WSYNC_IN_NAMESPACE, &in).same(mutex));
	CHECK(wsync::object::open("m", WSYNC_IN_NAMESPACE, &in).stat().type == WSYNC_TYPE_MUTEX);
	CHECK_FAILS(wsync::timer::open("m", WSYNC_IN_NAMESPACE, &in),
		    std::errc::wrong_protocol_type);
	mutex.unlock();
}

} // namespace

int main()
{
	static const struct {
		const char *name;
		void (*run)();
	} tests[] = {
		{"handles_have_one_owner", handles_have_one_owner},
		{"errors_have_words", errors_have_words},
		{"mutexes_fit_the_standard_locks", mutexes_fit_the_standard_locks},
		{"abandonment_stays_known_until_repaired", abandonment_stays_known_until_repaired},
		{"events_and_semaphores", events_and_semaphores},
		{"timers_keep_time", timers_keep_time},
		{"times_are_rounded_up", times_are_rounded_up},
		{"several_at_once", several_at_once},
		{"names_live_in_namespaces", names_live_in_namespaces},
	};
	int number = 0, failed = 0;

	std::printf("1..%zu\n", sizeof(tests) / sizeof(tests[0]));
	for (const auto &test : tests) {
		number++;
		try {
			test.run();
			std::printf("ok %d - %s\n", number, test.name);
		} catch (const std::exception &error) {
			std::printf("# %s\nnot ok %d - %s\n", error.what(), number, test.name);
			failed = 1;
		}
	}
	return failed;
}

/* SPDX-License-Identifier: MIT */
/*
 * The objects of <wsync/wsync.h> as C++ classes, for C++11 and newer. All of it is in
 * this header; programs link with libwsync.
 *
 * An object of these classes owns a handle, and closes it at its end. They can be
 * moved, not copied; duplicate() makes another handle to the same object. Different
 * threads may use one at the same time, as long as none of them moves, resets or
 * destroys it.
 *
 * Failures are std::system_error with codes of wsync::category(), which compare
 * with std::errc. That a time ran out, or that something cannot be acquired at once, is no
 * failure but the result `false`.
 */
#ifndef WSYNC_WSYNC_HPP
#define WSYNC_WSYNC_HPP

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <wsync/wsync.h>

namespace wsync {

/* ------------------------------------------------------------------------ */
/* Errors                                                                   */

namespace detail {

class error_category : public std::error_category {
public:
	const char *name() const noexcept override { return "wsync"; }

	std::string message(int error) const override { return wsync_strerror(error); }

	std::error_condition default_error_condition(int error) const noexcept override
	{
		return std::error_condition(error, std::generic_category());
	}
};

} // namespace detail

/* Codes are errno values, in the words of wsync_strerror(). */
inline const std::error_category &category() noexcept
{
	static const detail::error_category instance{};

	return instance;
}

namespace detail {

/* The result of a function of the library; throws if it is an error. */
inline void check(int result, const char *what)
{
	if (result < 0)
		throw std::system_error(-result, category(), what);
}

/* ------------------------------------------------------------------------ */
/* Times                                                                    */

/* Nanoseconds as the library wants them: rounded up, never negative, no overflow. */
template <class Rep, class Period>
std::int64_t nanoseconds(const std::chrono::duration<Rep, Period> &time)
{
	using wide = std::chrono::duration<double, std::nano>;
	using fine = std::chrono::duration<std::int64_t, std::nano>;
	const std::int64_t most = (std::numeric_limits<std::int64_t>::max)();

	if (time <= std::chrono::duration<Rep, Period>::zero())
		return 0;
	if (wide(time).count() >= static_cast<double>(most))
		return most;
	const fine rounded = std::chrono::duration_cast<fine>(time);
	return rounded < time ? rounded.count() + 1 : rounded.count();
}

/* How long to wait, in the library's terms. */
struct limit {
	std::int64_t timeout;
	std::uint32_t flags;
};

inline limit forever() { return limit{WSYNC_FOREVER, WSYNC_CLOCK_MONOTONIC}; }

template <class Rep, class Period>
limit after(const std::chrono::duration<Rep, Period> &time)
{
	return limit{nanoseconds(time), WSYNC_CLOCK_MONOTONIC};
}

/* The two clocks of std::chrono that are Linux' own. */
template <class Duration>
limit at(const std::chrono::time_point<std::chrono::steady_clock, Duration> &time)
{
	return limit{nanoseconds(time.time_since_epoch()),
		     WSYNC_CLOCK_MONOTONIC | WSYNC_WAIT_ABSOLUTE};
}

template <class Duration>
limit at(const std::chrono::time_point<std::chrono::system_clock, Duration> &time)
{
	return limit{nanoseconds(time.time_since_epoch()),
		     WSYNC_CLOCK_REALTIME | WSYNC_WAIT_ABSOLUTE};
}

/* Any other clock: as far away as it is now. */
template <class Clock, class Duration>
limit at(const std::chrono::time_point<Clock, Duration> &time)
{
	return after(time - Clock::now());
}

} // namespace detail

/* ------------------------------------------------------------------------ */
/* Handles                                                                  */

/* A handle to anything. */
class handle {
public:
	handle() noexcept : fd_(-1) {}
	/* Takes the fd over. */
	explicit handle(int fd) noexcept : fd_(fd) {}
	handle(handle &&other) noexcept : fd_(other.release()) {}
	handle(const handle &) = delete;
	~handle() { reset(); }

	handle &operator=(handle &&other) noexcept
	{
		if (this != &other)
			reset(other.release());
		return *this;
	}

	handle &operator=(const handle &) = delete;

	/* For poll(2), epoll(7), and the functions of <wsync/wsync.h>; stays ours. */
	int fd() const noexcept { return fd_; }
	explicit operator bool() const noexcept { return fd_ >= 0; }

	/* Gives the fd up without closing it. */
	int release() noexcept
	{
		const int fd = fd_;

		fd_ = -1;
		return fd;
	}

	void reset(int fd = -1) noexcept
	{
		if (fd_ >= 0)
			wsync_close(fd_);
		fd_ = fd;
	}

	wsync_stat stat() const
	{
		wsync_stat facts{};

		facts.sz = sizeof(facts);
		detail::check(wsync_get_stat(fd_, &facts), "wsync_get_stat");
		return facts;
	}

	bool same(const handle &other) const
	{
		bool result = false;

		detail::check(wsync_same(fd_, other.fd_, &result), "wsync_same");
		return result;
	}

	bool inherit() const
	{
		bool result = false;

		detail::check(wsync_get_inherit(fd_, &result), "wsync_get_inherit");
		return result;
	}

	void inherit(bool wanted)
	{
		detail::check(wsync_set_inherit(fd_, wanted), "wsync_set_inherit");
	}

protected:
	int duplicate_fd(std::uint32_t access, std::uint32_t flags) const
	{
		int fd = -1;

		detail::check(wsync_duplicate(fd_, access, flags, &fd), "wsync_duplicate");
		return fd;
	}

private:
	int fd_;
};

/* A namespace, for the member ns of struct wsync_opts. */
class name_space : public handle {
public:
	using handle::handle;

	static name_space open(const char *name, std::uint32_t flags = 0,
			       const wsync_namespace_opts *opts = nullptr,
			       bool *existed = nullptr)
	{
		int fd = -1;

		detail::check(wsync_namespace_open(nullptr, name, flags, opts, &fd, existed),
			      "wsync_namespace_open");
		return name_space(fd);
	}

	name_space duplicate(std::uint32_t access = 0, std::uint32_t flags = 0) const
	{
		return name_space(duplicate_fd(access, flags));
	}

	void destroy()
	{
		detail::check(wsync_namespace_destroy(fd()), "wsync_namespace_destroy");
	}
};

/* How a wait for one object ended. */
enum class outcome {
	timeout,	/* nothing was acquired */
	acquired,
	abandoned	/* acquired, a mutex whose last owner ended without releasing it */
};

namespace detail {

inline outcome wait(int fd, limit until)
{
	wsync_wait_opts opts{};
	wsync_wait_result result{};
	int error;

	opts.sz = sizeof(opts);
	opts.flags = until.flags;
	error = wsync_wait(fd, until.timeout, &opts, &result);
	if (error == -ETIMEDOUT)
		return outcome::timeout;
	check(error, "wsync_wait");
	return result.abandoned ? outcome::abandoned : outcome::acquired;
}

} // namespace detail

/* What can be waited for. */
class object : public handle {
public:
	using handle::handle;

	/* Whatever type it is. */
	static object open(const char *name, std::uint32_t flags = 0,
			   const wsync_opts *opts = nullptr)
	{
		int fd = -1;

		detail::check(wsync_open(nullptr, name, WSYNC_TYPE_ANY, flags, opts, &fd),
			      "wsync_open");
		return object(fd);
	}

	object duplicate(std::uint32_t access = 0, std::uint32_t flags = 0) const
	{
		return object(duplicate_fd(access, flags));
	}

	outcome wait() { return detail::wait(fd(), detail::forever()); }
	outcome try_wait() { return detail::wait(fd(), detail::limit{0, 0}); }

	template <class Rep, class Period>
	outcome wait_for(const std::chrono::duration<Rep, Period> &time)
	{
		return detail::wait(fd(), detail::after(time));
	}

	template <class Clock, class Duration>
	outcome wait_until(const std::chrono::time_point<Clock, Duration> &time)
	{
		return detail::wait(fd(), detail::at(time));
	}
};

/* ------------------------------------------------------------------------ */
/* The four types                                                           */

class event : public object {
public:
	using object::object;

	/* Flags: WSYNC_MANUAL_RESET, WSYNC_SIGNALED and those of all types. */
	static event create(const char *name = nullptr, std::uint32_t flags = 0,
			    const wsync_opts *opts = nullptr, bool *existed = nullptr)
	{
		int fd = -1;

		detail::check(wsync_event_create(nullptr, name, flags, opts, &fd, existed),
			      "wsync_event_create");
		return event(fd);
	}

	static event open(const char *name, std::uint32_t flags = 0,
			  const wsync_opts *opts = nullptr)
	{
		int fd = -1;

		detail::check(wsync_event_open(nullptr, name, flags, opts, &fd),
			      "wsync_event_open");
		return event(fd);
	}

	event duplicate(std::uint32_t access = 0, std::uint32_t flags = 0) const
	{
		return event(duplicate_fd(access, flags));
	}

	/* These tell whether it was signaled before. */
	bool set() { return change(wsync_event_set, "wsync_event_set"); }
	bool reset_state() { return change(wsync_event_reset, "wsync_event_reset"); }
	bool pulse() { return change(wsync_event_pulse, "wsync_event_pulse"); }

	wsync_event_state query() const
	{
		wsync_event_state state{};

		detail::check(wsync_event_query(fd(), &state), "wsync_event_query");
		return state;
	}

private:
	bool change(int (*function)(int, bool *), const char *what)
	{
		bool previous = false;

		detail::check(function(fd(), &previous), what);
		return previous;
	}
};

/*
 * BasicLockable, Lockable, TimedLockable: for std::unique_lock, std::lock_guard,
 * std::scoped_lock, std::lock and others. It is recursive, across processes.
 *
 * An abandoned mutex (its last owner ended without releasing it) is acquired like any
 * other. From then on abandoned() is true, until somebody who has looked after
 * what the mutex protects says repaired(). Both are for the owner only:
 *
 *	std::lock_guard<wsync::mutex> lock(mutex);
 *	if (mutex.abandoned()) {
 *		repair();
 *		mutex.repaired();
 *	}
 */
class mutex : public object {
public:
	mutex() noexcept : abandoned_(false) {}
	explicit mutex(int fd) noexcept : object(fd), abandoned_(false) {}
	mutex(mutex &&) noexcept = default;
	mutex &operator=(mutex &&) noexcept = default;

	/* As that of a handle. What was known of the mutex before is not true of another. */
	void reset(int fd = -1) noexcept
	{
		abandoned_ = false;
		object::reset(fd);
	}

	/* Flags: WSYNC_OWNED and those of all types. */
	static mutex create(const char *name = nullptr, std::uint32_t flags = 0,
			    const wsync_opts *opts = nullptr, bool *existed = nullptr)
	{
		int fd = -1;

		detail::check(wsync_mutex_create(nullptr, name, flags, opts, &fd, existed),
			      "wsync_mutex_create");
		return mutex(fd);
	}

	static mutex open(const char *name, std::uint32_t flags = 0,
			  const wsync_opts *opts = nullptr)
	{
		int fd = -1;

		detail::check(wsync_mutex_open(nullptr, name, flags, opts, &fd),
			      "wsync_mutex_open");
		return mutex(fd);
	}

	mutex duplicate(std::uint32_t access = 0, std::uint32_t flags = 0) const
	{
		return mutex(duplicate_fd(access, flags));
	}

	void lock() { note(wait()); }
	bool try_lock() { return note(try_wait()); }

	template <class Rep, class Period>
	bool try_lock_for(const std::chrono::duration<Rep, Period> &time)
	{
		return note(wait_for(time));
	}

	template <class Clock, class Duration>
	bool try_lock_until(const std::chrono::time_point<Clock, Duration> &time)
	{
		return note(wait_until(time));
	}

	void unlock() { detail::check(wsync_mutex_release(fd(), nullptr), "wsync_mutex_release"); }

	bool abandoned() const noexcept { return abandoned_; }
	void repaired() noexcept { abandoned_ = false; }
	/* For those who acquired it with wait_any() or wait_all(). */
	void found_abandoned() noexcept { abandoned_ = true; }

	wsync_mutex_state query() const
	{
		wsync_mutex_state state{};

		detail::check(wsync_mutex_query(fd(), &state), "wsync_mutex_query");
		return state;
	}

private:
	bool note(outcome how) noexcept
	{
		if (how == outcome::abandoned)
			abandoned_ = true;
		return how != outcome::timeout;
	}

	bool abandoned_;	/* the mutex itself protects it */
};

/* With the names of std::counting_semaphore. */
class semaphore : public object {
public:
	using object::object;

	static semaphore create(const char *name, std::uint32_t count,
				std::uint32_t max = WSYNC_SEMAPHORE_MAX, std::uint32_t flags = 0,
				const wsync_opts *opts = nullptr, bool *existed = nullptr)
	{
		int fd = -1;

		detail::check(wsync_semaphore_create(nullptr, name, count, max, flags, opts, &fd,
						     existed), "wsync_semaphore_create");
		return semaphore(fd);
	}

	static semaphore open(const char *name, std::uint32_t flags = 0,
			      const wsync_opts *opts = nullptr)
	{
		int fd = -1;

		detail::check(wsync_semaphore_open(nullptr, name, flags, opts, &fd),
			      "wsync_semaphore_open");
		return semaphore(fd);
	}

	semaphore duplicate(std::uint32_t access = 0, std::uint32_t flags = 0) const
	{
		return semaphore(duplicate_fd(access, flags));
	}

	void acquire() { wait(); }
	bool try_acquire() { return try_wait() != outcome::timeout; }

	template <class Rep, class Period>
	bool try_acquire_for(const std::chrono::duration<Rep, Period> &time)
	{
		return wait_for(time) != outcome::timeout;
	}

	template <class Clock, class Duration>
	bool try_acquire_until(const std::chrono::time_point<Clock, Duration> &time)
	{
		return wait_until(time) != outcome::timeout;
	}

	/* The count before. */
	std::uint32_t post(std::uint32_t units = 1)
	{
		std::uint32_t previous = 0;

		detail::check(wsync_semaphore_release(fd(), units, &previous),
			      "wsync_semaphore_release");
		return previous;
	}

	wsync_semaphore_state query() const
	{
		wsync_semaphore_state state{};

		detail::check(wsync_semaphore_query(fd(), &state), "wsync_semaphore_query");
		return state;
	}
};

class timer : public object {
public:
	using object::object;

	/* Flags: WSYNC_MANUAL_RESET and those of all types. */
	static timer create(const char *name = nullptr, std::uint32_t flags = 0,
			    const wsync_opts *opts = nullptr, bool *existed = nullptr)
	{
		int fd = -1;

		detail::check(wsync_timer_create(nullptr, name, flags, opts, &fd, existed),
			      "wsync_timer_create");
		return timer(fd);
	}

	static timer open(const char *name, std::uint32_t flags = 0,
			  const wsync_opts *opts = nullptr)
	{
		int fd = -1;

		detail::check(wsync_timer_open(nullptr, name, flags, opts, &fd),
			      "wsync_timer_open");
		return timer(fd);
	}

	timer duplicate(std::uint32_t access = 0, std::uint32_t flags = 0) const
	{
		return timer(duplicate_fd(access, flags));
	}

	/* Expires in @time, and then every @period unless that is zero. */
	template <class Rep, class Period>
	void set_after(const std::chrono::duration<Rep, Period> &time,
		       std::chrono::nanoseconds period = std::chrono::nanoseconds::zero())
	{
		set(detail::after(time), period);
	}

	template <class Clock, class Duration>
	void set_at(const std::chrono::time_point<Clock, Duration> &time,
		    std::chrono::nanoseconds period = std::chrono::nanoseconds::zero())
	{
		set(detail::at(time), period);
	}

	void cancel() { detail::check(wsync_timer_cancel(fd(), nullptr), "wsync_timer_cancel"); }

	wsync_timer_state query() const
	{
		wsync_timer_state state{};

		detail::check(wsync_timer_query(fd(), &state), "wsync_timer_query");
		return state;
	}

private:
	void set(detail::limit due, std::chrono::nanoseconds period)
	{
		static_assert(WSYNC_TIMER_ABSOLUTE == WSYNC_WAIT_ABSOLUTE, "one flag for both");
		wsync_timer_opts opts{};

		opts.sz = sizeof(opts);
		opts.flags = due.flags;
		detail::check(wsync_timer_set(fd(), due.timeout, detail::nanoseconds(period), &opts,
					      nullptr), "wsync_timer_set");
	}
};

/* ------------------------------------------------------------------------ */
/* Several at once                                                          */

/* How a wait for several objects ended. */
struct multiple {
	outcome how;
	std::size_t index;	/* of the object acquired; 0 if all were */

	explicit operator bool() const noexcept { return how != outcome::timeout; }
};

namespace detail {

using wait_function = int (*)(const int *, std::size_t, std::int64_t, const wsync_wait_opts *,
			      wsync_wait_result *);

inline multiple wait_several(wait_function function, const int *fds, std::size_t count,
			     limit until)
{
	wsync_wait_opts opts{};
	wsync_wait_result result{};
	int error;

	opts.sz = sizeof(opts);
	opts.flags = until.flags;
	error = function(fds, count, until.timeout, &opts, &result);
	if (error == -ETIMEDOUT)
		return multiple{outcome::timeout, count};
	check(error, function == wsync_wait_all ? "wsync_wait_all" : "wsync_wait_any");
	return multiple{result.abandoned ? outcome::abandoned : outcome::acquired, result.index};
}

template <class... Objects>
multiple wait_objects(wait_function function, limit until, const Objects &...objects)
{
	static_assert(sizeof...(objects) > 0, "a wait needs an object");
	const int fds[] = {static_cast<const object &>(objects).fd()...};

	return wait_several(function, fds, sizeof...(objects), until);
}

} // namespace detail

/* Acquires the first of the objects that can be. */
template <class... Objects>
multiple wait_any(const object &first, const Objects &...more)
{
	return detail::wait_objects(wsync_wait_any, detail::forever(), first, more...);
}

template <class Rep, class Period, class... Objects>
multiple wait_any_for(const std::chrono::duration<Rep, Period> &time, const Objects &...objects)
{
	return detail::wait_objects(wsync_wait_any, detail::after(time), objects...);
}

template <class Clock, class Duration, class... Objects>
multiple wait_any_until(const std::chrono::time_point<Clock, Duration> &time,
			const Objects &...objects)
{
	return detail::wait_objects(wsync_wait_any, detail::at(time), objects...);
}

/* Acquires all of the objects, in one step. */
template <class... Objects>
multiple wait_all(const object &first, const Objects &...more)
{
	return detail::wait_objects(wsync_wait_all, detail::forever(), first, more...);
}

template <class Rep, class Period, class... Objects>
multiple wait_all_for(const std::chrono::duration<Rep, Period> &time, const Objects &...objects)
{
	return detail::wait_objects(wsync_wait_all, detail::after(time), objects...);
}

template <class Clock, class Duration, class... Objects>
multiple wait_all_until(const std::chrono::time_point<Clock, Duration> &time,
			const Objects &...objects)
{
	return detail::wait_objects(wsync_wait_all, detail::at(time), objects...);
}

/* As many as are only known when the program runs. */
inline multiple wait_any(const std::vector<int> &fds)
{
	return detail::wait_several(wsync_wait_any, fds.data(), fds.size(), detail::forever());
}

template <class Rep, class Period>
multiple wait_any_for(const std::chrono::duration<Rep, Period> &time, const std::vector<int> &fds)
{
	return detail::wait_several(wsync_wait_any, fds.data(), fds.size(), detail::after(time));
}

template <class Clock, class Duration>
multiple wait_any_until(const std::chrono::time_point<Clock, Duration> &time,
			const std::vector<int> &fds)
{
	return detail::wait_several(wsync_wait_any, fds.data(), fds.size(), detail::at(time));
}

inline multiple wait_all(const std::vector<int> &fds)
{
	return detail::wait_several(wsync_wait_all, fds.data(), fds.size(), detail::forever());
}

template <class Rep, class Period>
multiple wait_all_for(const std::chrono::duration<Rep, Period> &time, const std::vector<int> &fds)
{
	return detail::wait_several(wsync_wait_all, fds.data(), fds.size(), detail::after(time));
}

template <class Clock, class Duration>
multiple wait_all_until(const std::chrono::time_point<Clock, Duration> &time,
			const std::vector<int> &fds)
{
	return detail::wait_several(wsync_wait_all, fds.data(), fds.size(), detail::at(time));
}

/* Signals one object and waits for the other, in one step: wsync_signal_and_wait(). */
inline outcome signal_and_wait(object &signal, object &awaited)
{
	wsync_wait_result result{};

	detail::check(wsync_signal_and_wait(signal.fd(), awaited.fd(), WSYNC_FOREVER, nullptr,
					    &result), "wsync_signal_and_wait");
	return result.abandoned ? outcome::abandoned : outcome::acquired;
}

} // namespace wsync

#endif /* WSYNC_WSYNC_HPP */

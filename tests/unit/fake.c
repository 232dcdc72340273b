// SPDX-License-Identifier: GPL-2.0-only
#include "fake.h"

int fake_failing_allocation;
bool fake_stdio;
int (*fake_module)(int fd, unsigned long request, void *argument);
int (*fake_fcntl)(int fd, int command, long argument);

int __real_open(const char *path, int flags, ...);
int __real_close(int fd);
int __real_fcntl(int fd, int command, ...);
long __real_syscall(long number, ...);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_fcntl(int fd, int command, ...);
long __wrap_syscall(long number, ...);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);

static struct { long number, result; } syscalls[8];

static int finish(int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

static bool is_fake(int fd)
{
	return fd >= FAKE_FD || (fake_stdio && fd >= 0 && fd <= 2);
}

void expect_ioctl_do(int fd, unsigned long request, int result, fake_handler handler)
{
	expect_value(__wrap_ioctl, fd, fd);
	expect_value(__wrap_ioctl, request, request);
	will_return(__wrap_ioctl, (uintptr_t)handler);
	will_return(__wrap_ioctl, result);
}

void expect_ioctl(int fd, unsigned long request, int result)
{
	expect_ioctl_do(fd, request, result, NULL);
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	fake_handler handler;
	void *argument;
	va_list list;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	if (fake_module)
		return finish(fake_module(fd, request, argument));
	check_expected(fd);
	check_expected(request);
	handler = (fake_handler)(uintptr_t)mock();
	if (handler)
		handler(argument);
	return finish((int)mock());
}

void expect_open(const char *path, int result)
{
	expect_string(__wrap_open, path, path);
	will_return(__wrap_open, result);
}

int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list list;

	va_start(list, flags);
	if (flags & O_CREAT)
		mode = va_arg(list, mode_t);
	va_end(list);
	if (strncmp(path, "/dev/winsync", 12) != 0)
		return __real_open(path, flags, mode);
	if (fake_module)
		return DEVICE;
	check_expected(path);
	assert_int_equal(flags, O_RDONLY | O_CLOEXEC);
	return finish((int)mock());
}

void expect_close(int fd, int result)
{
	expect_value(__wrap_close, fd, fd);
	will_return(__wrap_close, result);
}

int __wrap_close(int fd)
{
	if (!is_fake(fd))
		return __real_close(fd);
	if (fake_module)
		return finish(fake_module(fd, 0, NULL));
	check_expected(fd);
	return finish((int)mock());
}

void expect_fcntl(int fd, int command, long argument, int result)
{
	expect_value(__wrap_fcntl, fd, fd);
	expect_value(__wrap_fcntl, command, command);
	expect_value(__wrap_fcntl, argument, argument);
	will_return(__wrap_fcntl, result);
}

int __wrap_fcntl(int fd, int command, ...)
{
	long argument = 0;
	va_list list;

	if (command != F_GETFD) {
		va_start(list, command);
		argument = va_arg(list, int);
		va_end(list);
	}
	if (!is_fake(fd))
		return __real_fcntl(fd, command, argument);
	if (fake_fcntl)
		return finish(fake_fcntl(fd, command, argument));
	check_expected(fd);
	check_expected(command);
	check_expected(argument);
	return finish((int)mock());
}

void fake_syscall(long number, long result)
{
	for (size_t i = 0; i < count_of(syscalls); i++) {
		if (!syscalls[i].number || syscalls[i].number == number) {
			syscalls[i].number = number;
			syscalls[i].result = result;
			return;
		}
	}
}

long __wrap_syscall(long number, ...)
{
	long arguments[6];
	va_list list;

	for (size_t i = 0; i < count_of(syscalls); i++) {
		if (number && syscalls[i].number == number) {
			if (syscalls[i].result >= 0)
				return syscalls[i].result;
			errno = (int)-syscalls[i].result;
			return -1;
		}
	}
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		arguments[i] = va_arg(list, long);
	va_end(list);
	return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3],
			      arguments[4], arguments[5]);
}

void fake_syscalls_end(void)
{
	memset(syscalls, 0, sizeof(syscalls));
}

static bool allocation_fails(void)
{
	return fake_failing_allocation && --fake_failing_allocation == 0;
}

void *__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(count, size);
}

void __gcov_dump(void) __attribute__((weak));

void leave(bool ok)
{
	if (__gcov_dump)
		__gcov_dump();
	_exit(ok ? 0 : 1);
}

void expect_device(const char *path, int fd)
{
	expect_open(path, fd);
	expect_ioctl(fd, WINSYNC_IOC_GET_INFO, 0);
	expect_ioctl(fd, WINSYNC_IOC_STAT, -EBADFD);
}

struct wsync_context *fake_context(void)
{
	struct wsync_context *context = NULL;

	expect_device("/dev/winsync", DEVICE);
	assert_int_equal(wsync_context_new(NULL, &context), 0);
	assert_non_null(context);
	return context;
}

void fake_context_drop(struct wsync_context *context)
{
	expect_ioctl(DEVICE, WINSYNC_IOC_GET_INFO, 0);
	expect_ioctl(DEVICE, WINSYNC_IOC_STAT, -EBADFD);
	expect_close(DEVICE, 0);
	wsync_context_unref(context);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/PID/fdinfo: what tools read. Keys stay, with their meaning; what is
 * there says the same as the commands do; names can do no harm.
 */
#include "kselftest_harness.h"
#include "winsync_test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fdinfo {
	char text[8192];
	int fd;
};

static bool read_fdinfo(struct fdinfo *fdinfo, int fd)
{
	char path[64];
	ssize_t length;
	int file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = open(path, O_RDONLY);
	if (file < 0)
		return false;
	length = read(file, fdinfo->text, sizeof(fdinfo->text) - 1);
	close(file);
	fdinfo->text[length < 0 ? 0 : length] = 0;
	fdinfo->fd = fd;
	return length > 0;
}

/* The value of a key that has exactly one line; NULL otherwise. */
static char *value_of(const struct fdinfo *fdinfo, const char *key)
{
	static char value[4096];
	const char *line = fdinfo->text, *end;
	size_t length = strlen(key);
	int found = 0;

	for (; *line; line = end + 1) {
		end = strchrnul(line, '\n');
		if (!strncmp(line, key, length) && line[length] == ':' &&
		    line[length + 1] == '\t') {
			found++;
			snprintf(value, sizeof(value), "%.*s",
				 (int)(end - line - length - 2),
				 line + length + 2);
		}
		if (!*end)
			break;
	}
	return found == 1 ? value : NULL;
}

static long long number_of(const struct fdinfo *fdinfo, const char *key)
{
	const char *value = value_of(fdinfo, key);
	char *end;
	long long number;

	if (!value || !*value)
		return -1;
	number = strtoll(value, &end, 0);
	return *end ? -1 : number;
}

/* The keys "winsync-..." in their order, joined by spaces. */
static const char *keys_of(const struct fdinfo *fdinfo)
{
	static char keys[1024];
	const char *line;

	keys[0] = 0;
	for (line = strstr(fdinfo->text, "winsync-"); line;
	     line = strstr(line, "\nwinsync-")) {
		line += *line == '\n';
		snprintf(keys + strlen(keys), sizeof(keys) - strlen(keys),
			 "%s%.*s", keys[0] ? " " : "",
			 (int)(strcspn(line, ":") - 8), line + 8);
	}
	return keys;
}

#define COMMON	"type id access handles waiters"
#define COUNTERS "signals acquisitions abandonments"

FIXTURE(fdinfo) {
	struct fdinfo info;
	struct winsync_stat stat;
};

FIXTURE_SETUP(fdinfo)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(fdinfo)
{
}

/* What is the same for all objects; leaves the file's text in @self. */
static bool agrees(FIXTURE_DATA(fdinfo) *self, int fd, const char *type)
{
	const char *shown;

	if (!read_fdinfo(&self->info, fd) || ws_stat(fd, &self->stat))
		return false;
	shown = value_of(&self->info, "winsync-type");
	return shown && !strcmp(shown, type) &&
	       number_of(&self->info, "winsync-id") == (long long)self->stat.id &&
	       number_of(&self->info, "winsync-access") == self->stat.access;
}

TEST_F(fdinfo, keys_stay)
{
	static const char *const expected[][2] = {
		{ "event", COMMON " " COUNTERS " manual signaled" },
		{ "mutex", COMMON " " COUNTERS " depth owner abandoned" },
		{ "semaphore", COMMON " " COUNTERS " count max" },
		{ "timer", COMMON " " COUNTERS
		  " manual signaled set remaining period expirations" },
	};
	int fds[] = { ws_event(0, 0), ws_mutex(0), ws_semaphore(0, 1),
		      ws_timer(0) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		ASSERT_LE(0, fds[i]);
		EXPECT_TRUE(agrees(self, fds[i], expected[i][0]));
		EXPECT_STREQ(expected[i][1], keys_of(&self->info));
	}
}

TEST_F(fdinfo, keys_of_named_objects_and_namespaces)
{
	int ns = ws_private_ns(), fd;

	ASSERT_LE(0, ns);
	EXPECT_TRUE(agrees(self, ns, "namespace"));
	EXPECT_STREQ("type id access objects name", keys_of(&self->info));
	EXPECT_EQ(0, number_of(&self->info, "winsync-objects"));
	fd = ws_named(ns, WINSYNC_TYPE_EVENT, "a name", 0, NULL);
	ASSERT_LE(0, fd);
	EXPECT_TRUE(agrees(self, fd, "event"));
	EXPECT_STREQ(COMMON " name " COUNTERS " manual signaled",
		     keys_of(&self->info));
	EXPECT_STREQ("a name", value_of(&self->info, "winsync-name"));
	EXPECT_TRUE(agrees(self, ns, "namespace"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-objects"));
	close(fd);
	EXPECT_TRUE(agrees(self, ns, "namespace"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-objects"));
}

TEST_F(fdinfo, event)
{
	int fd = ws_event(1, 0);

	EXPECT_TRUE(agrees(self, fd, "event"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-manual"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-signaled"));
	ws_event_set(fd);
	EXPECT_TRUE(agrees(self, fd, "event"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-signaled"));
}

static void *die_as_owner(void *fd)
{
	ws_try(*(int *)fd);
	return NULL;
}

TEST_F(fdinfo, mutex)
{
	pthread_t thread;
	int fd = ws_mutex(1);

	ws_try(fd);
	EXPECT_TRUE(agrees(self, fd, "mutex"));
	EXPECT_EQ(2, number_of(&self->info, "winsync-depth"));
	EXPECT_EQ(ws_gettid(), number_of(&self->info, "winsync-owner"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-abandoned"));
	ws_mutex_release(fd);
	ws_mutex_release(fd);
	ASSERT_EQ(0, pthread_create(&thread, NULL, die_as_owner, &fd));
	pthread_join(thread, NULL);
	EXPECT_TRUE(agrees(self, fd, "mutex"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-depth"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-owner"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-abandoned"));
}

TEST_F(fdinfo, semaphore)
{
	int fd = ws_semaphore(3, WINSYNC_SEMAPHORE_MAX);

	EXPECT_TRUE(agrees(self, fd, "semaphore"));
	EXPECT_EQ(3, number_of(&self->info, "winsync-count"));
	EXPECT_EQ(WINSYNC_SEMAPHORE_MAX, number_of(&self->info, "winsync-max"));
}

TEST_F(fdinfo, timer)
{
	int fd = ws_timer(1);
	long long remaining;

	EXPECT_EQ(0, ws_timer_set(fd, 3600 * WS_NSEC_PER_SEC,
				  5 * WS_NSEC_PER_SEC));
	EXPECT_TRUE(agrees(self, fd, "timer"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-manual"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-signaled"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-set"));
	EXPECT_EQ(5LL * WS_NSEC_PER_SEC,
		  number_of(&self->info, "winsync-period"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-expirations"));
	remaining = number_of(&self->info, "winsync-remaining");
	EXPECT_LT(3000LL * WS_NSEC_PER_SEC, remaining);
	EXPECT_GE(3600LL * WS_NSEC_PER_SEC, remaining);
	EXPECT_EQ(0, ws_timer_set(fd, 0, 0));
	EXPECT_EQ(0, ws_wait(fd, ws_after(WS_PATIENCE_MS)));
	EXPECT_TRUE(agrees(self, fd, "timer"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-signaled"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-set"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-expirations"));
}

/* Reading is not what makes room for the next alert [TM-19]. */
TEST_F(fdinfo, reading_a_timer_consumes_no_alert)
{
	int fd = ws_timer(1), alert = ws_event(0, 0);
	struct winsync_timer_state state;

	ASSERT_EQ(0, ws_timer_set_full(fd, 0, WS_NSEC_PER_SEC / 1000, 0, 0, alert));
	/* The first expiry set it, the second found it set and was the last one. */
	ws_sleep_ms(20);
	EXPECT_EQ(0, ws_wait(alert, ws_after(WS_PATIENCE_MS)));
	EXPECT_TRUE(read_fdinfo(&self->info, fd));
	ws_sleep_ms(20);
	EXPECT_EQ(0, ws_event_signaled(alert));
	EXPECT_EQ(0, ws_timer_query(fd, &state));
	EXPECT_EQ(0, ws_wait(alert, ws_after(WS_PATIENCE_MS)));
}

TEST_F(fdinfo, no_state_without_query)
{
	int event = ws_event(1, 1);
	int fd = ws_duplicate(event, WINSYNC_ACCESS_MODIFY |
			      WINSYNC_ACCESS_SYNCHRONIZE, 0);

	ASSERT_LE(0, fd);
	EXPECT_TRUE(read_fdinfo(&self->info, fd));
	EXPECT_NE(NULL, value_of(&self->info, "winsync-type"));
	EXPECT_EQ(NULL, value_of(&self->info, "winsync-signaled"));
	EXPECT_EQ(NULL, value_of(&self->info, "winsync-manual"));
	EXPECT_EQ(NULL, value_of(&self->info, "winsync-signals"));
}

TEST_F(fdinfo, counters)
{
	int fd = ws_event(1, 0);

	ASSERT_EQ(0, ws_event_set(fd));
	ASSERT_EQ(1, ws_event_set(fd));
	ASSERT_EQ(1, ws_event_set(fd));
	ASSERT_EQ(0, ws_try(fd));
	ASSERT_EQ(0, ws_try(fd));
	EXPECT_TRUE(agrees(self, fd, "event"));
	EXPECT_EQ(3, number_of(&self->info, "winsync-signals"));
	EXPECT_EQ(2, number_of(&self->info, "winsync-acquisitions"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-abandonments"));
	EXPECT_EQ(3, self->stat.counters.signals);
}

TEST_F(fdinfo, handles_and_waiters)
{
	int fd = ws_event(0, 0), weak = ws_duplicate(fd, WS_SYNC, 0);
	struct ws_sleeper sleeper = WS_SLEEPER(.fd = fd);

	ASSERT_EQ(0, ws_sleeper_queue(&sleeper, fd, 1));
	EXPECT_TRUE(agrees(self, weak, "event"));
	EXPECT_EQ(2, number_of(&self->info, "winsync-handles"));
	EXPECT_EQ(1, number_of(&self->info, "winsync-waiters"));
	EXPECT_EQ(WS_SYNC, number_of(&self->info, "winsync-access"));
	ws_event_set(fd);
	EXPECT_EQ(0, ws_sleeper_join(&sleeper));
	EXPECT_TRUE(agrees(self, fd, "event"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-waiters"));
}

/* A name's bytes from what is shown; their number, or -1. */
static int unescape(const char *shown, unsigned char *name)
{
	static const char letters[] = "nrtvfae", meant[] = "\n\r\t\v\f\a\033";
	int length = 0;

	while (*shown) {
		const char *letter;

		if (!isprint((unsigned char)*shown) ||
		    (unsigned char)*shown > 126)
			return -1;
		if (*shown != '\\') {
			name[length++] = *shown++;
			continue;
		}
		shown++;
		letter = *shown ? strchr(letters, *shown) : NULL;
		if (letter) {
			name[length++] = meant[letter - letters];
			shown++;
		} else if (strspn(shown, "01234567") >= 3) {
			char octal[] = { shown[0], shown[1], shown[2], 0 };

			name[length++] = strtoul(octal, NULL, 8);
			shown += 3;
		} else if (*shown) {
			name[length++] = *shown++;
		}
	}
	return length;
}

/* Every byte that a name can have, ends of lines and of screens among them. */
TEST_F(fdinfo, names_are_escaped)
{
	static const char *const names[] = {
		"x\nwinsync-type:\tmutex", "\033[2J\033]0;title\007",
		"caf\xc3\xa9", "\xff\xfe", "a\tb c\"'%s%n$(reboot)`", " ", "\n",
		"123\1" "456",
	};
	unsigned char every[256], back[WINSYNC_NAME_MAX];
	int ns = ws_private_ns(), fd, length = 0;
	unsigned int i;

	ASSERT_LE(0, ns);
	for (i = 1; i < 256; i++)
		if (i != '\\')
			every[length++] = i;
	for (i = 0; i <= ARRAY_SIZE(names); i++) {
		struct ws_new what = { .name = (char *)every,
				       .name_len = length };
		const char *shown;

		if (i < ARRAY_SIZE(names)) {
			what.name = names[i];
			what.name_len = strlen(names[i]);
		}
		fd = ws_create(ns, WINSYNC_TYPE_EVENT, &what);
		ASSERT_LE(0, fd);
		EXPECT_TRUE(agrees(self, fd, "event"));
		shown = value_of(&self->info, "winsync-name");
		ASSERT_NE(NULL, shown);
		EXPECT_EQ(what.name_len, (uint32_t)unescape(shown, back));
		EXPECT_EQ(0, memcmp(back, what.name, what.name_len));
		close(fd);
	}
}

TEST_F(fdinfo, names_of_namespaces_are_escaped)
{
	static const char name[] = "fdinfo\nwinsync-objects:\t99\033\xe2\x80\xae";
	unsigned char back[WINSYNC_NAME_MAX];
	int ns = ws_ns(name, WINSYNC_NS_CREATE, WS_ALL, 0700);
	const char *shown;

	ASSERT_LE(0, ns);
	EXPECT_TRUE(agrees(self, ns, "namespace"));
	EXPECT_EQ(0, number_of(&self->info, "winsync-objects"));
	shown = value_of(&self->info, "winsync-name");
	ASSERT_NE(NULL, shown);
	EXPECT_EQ((int)strlen(name), unescape(shown, back));
	EXPECT_EQ(0, memcmp(back, name, strlen(name)));
}

/* The longest name of the most expensive bytes is shown whole. */
TEST_F(fdinfo, longest_name)
{
	unsigned char name[WINSYNC_NAME_MAX], back[WINSYNC_NAME_MAX];
	struct ws_new what = { .name = (char *)name, .name_len = sizeof(name) };
	int ns = ws_private_ns(), fd;
	const char *shown;

	memset(name, 0xff, sizeof(name));
	fd = ws_create(ns, WINSYNC_TYPE_EVENT, &what);
	ASSERT_LE(0, fd);
	EXPECT_TRUE(agrees(self, fd, "event"));
	shown = value_of(&self->info, "winsync-name");
	ASSERT_NE(NULL, shown);
	EXPECT_EQ(WINSYNC_NAME_MAX, unescape(shown, back));
	EXPECT_EQ(0, memcmp(back, name, sizeof(name)));
}

TEST_F(fdinfo, link_tells_the_type)
{
	static const char *const links[] = { "anon_inode:[winsync-event]",
		"anon_inode:[winsync-mutex]", "anon_inode:[winsync-semaphore]",
		"anon_inode:[winsync-timer]" };
	int fds[] = { ws_event(0, 0), ws_mutex(0), ws_semaphore(0, 1),
		      ws_timer(0) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		char path[64], link[64] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[i]);
		EXPECT_LT(0, readlink(path, link, sizeof(link) - 1));
		EXPECT_STREQ(links[i], link);
	}
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/* TM-25: the one rule that needs the machine to sleep. It is last, in case it does not wake up. */
#include "harness.h"

#include <fcntl.h>
#include <unistd.h>

/* Long enough that the alarm does not come before the machine is asleep. */
#define ALARM_SECONDS "12"

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

static bool can_sleep(void)
{
	char states[80] = "";
	FILE *file = fopen("/sys/power/state", "re");

	if (file) {
		if (!fgets(states, sizeof(states), file))
			states[0] = '\0';
		fclose(file);
	}
	return strstr(states, "mem") && access("/sys/class/rtc/rtc0/wakealarm", W_OK) == 0;
}

static DWORD wait_six_seconds(void *event)
{
	int64_t since = milliseconds(CLOCK_MONOTONIC);

	EXPECT_EQ(WAIT_TIMEOUT, WaitForSingleObject(event, 6000));
	EXPECT(milliseconds(CLOCK_MONOTONIC) - since >= 5999);
	return 0;
}

static void relative_times_stand_still(void)
{
	HANDLE timer = new_timer(TRUE), absolute = new_timer(TRUE);
	struct actor *actor = hire();
	LARGE_INTEGER due = { .QuadPart = file_time() + 5 * 10000000 };
	int64_t asleep;

	if (!can_sleep())
		skip("this machine can't sleep and wake up");
	set_timer_ms(timer, 6000, 0);
	MUST(SetWaitableTimer(absolute, &due, 0, NULL, NULL, FALSE));
	begin(actor, wait_six_seconds, new_event(TRUE, FALSE));
	asleep = milliseconds(CLOCK_BOOTTIME) - milliseconds(CLOCK_MONOTONIC);
	if (!put("/sys/class/rtc/rtc0/wakealarm", "+" ALARM_SECONDS) ||
	    !put("/sys/power/state", "mem"))
		skip("the machine refused to sleep");
	asleep = milliseconds(CLOCK_BOOTTIME) - milliseconds(CLOCK_MONOTONIC) - asleep;
	printf("# asleep for %lld ms\n", (long long)asleep);
	if (asleep < 6000)
		skip("the machine did not sleep long enough");
	/* The point in time is over, the six seconds are not. */
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(absolute, 1000));
	EXPECT(!timer_signaled(timer));
	EXPECT(is_busy(actor));
	EXPECT_EQ(WAIT_OBJECT_0, WaitForSingleObject(timer, PATIENCE_MS));
	finish(actor);
}

static const struct check checks[] = {
	{ "TM-25", "relative times stand still while the machine sleeps",
	  relative_times_stand_still },
};

const struct section suspend = { "suspend", checks, count_of(checks), NULL, 0 };

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A little module for tests with threads: events and timers, waits with an alert.
 * Timers do not run by themselves, tests let them expire.
 */
#ifndef SIM_H
#define SIM_H

#include <stdint.h>

/* Installs itself as fake_module, without any object. */
void sim_start(void);
void sim_stop(void);
/* The timer expires @times times, for the last time at CLOCK_REALTIME @when. */
void sim_expire(int timer, unsigned int times, int64_t when);
/* Handles that are open. */
unsigned int sim_open_objects(void);
/* Waits until @count threads sleep in waits. */
void sim_await_sleepers(unsigned int count);
/* The next command @request fails. */
void sim_fail(unsigned long request, int error);

#endif /* SIM_H */

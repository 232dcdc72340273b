/* SPDX-License-Identifier: GPL-2.0-only */
/* How the program in the guest speaks to the plugin outside: it writes words. */
#ifndef MAILBOX_H
#define MAILBOX_H

#define MAILBOX		0x5a0000000000ULL

enum {
	MAILBOX_PREEMPT,	/* address of __preempt_count in a processor's area */
	MAILBOX_BEGIN,		/* of the module's code */
	MAILBOX_END,
	MAILBOX_RESET,		/* forget what was measured */
	MAILBOX_REPORT,		/* print it, behind this number, and forget it */
	MAILBOX_ENTRIES,	/* where interrupts enter the kernel */
	MAILBOX_WORDS = MAILBOX_ENTRIES + 8
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which functions the tests called, and with which errors they saw them fail. The libraries
 * are built with -finstrument-functions, so it is known which of their functions a test
 * entered last, whatever helper or pointer it went through. Each new pair is a line in the
 * file $WSYNC_TRIED, which tests/unit/errors compares with the manual.
 */
#ifndef TRIED_H
#define TRIED_H

/* Around a call whose failure is asserted; threads have their own. */
unsigned int tried_begin(void);
/* Takes what tried_begin() returned, and returns what was entered. */
const void *tried_end(unsigned int outer);

/* What @error is: a negative errno, a last error, an NTSTATUS. */
enum tried_kind { TRIED_CALL, TRIED_ERRNO, TRIED_LAST_ERROR, TRIED_STATUS };

/* That function has failed in this way. */
void tried(const void *function, enum tried_kind kind, unsigned int error);

#endif /* TRIED_H */

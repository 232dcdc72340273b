// SPDX-License-Identifier: GPL-2.0-only
/* Sequences of calls: drawing them, and changing them a little. */
#include <string.h>

#include "fuzz.h"

static uint32_t below(uint64_t *random, uint32_t limit)
{
	return ws_random(random) % limit;
}

/*
 * Small numbers choose what is ordinary, so that most fields of most calls are,
 * and a call is not always refused for one of many reasons.
 */
static uint8_t draw_choice(uint64_t *random)
{
	return below(random, 8) ? below(random, 128) : below(random, 256);
}

static void draw_call(struct call *call, uint64_t *random)
{
	int i;

	call->operation = below(random, 256);
	call->slot = below(random, 256);
	call->memory = draw_choice(random);
	call->shape = draw_choice(random);
	for (i = 0; i < FIELDS_MAX; i++)
		call->fields[i] = draw_choice(random);
}

void sequence_draw(struct sequence *sequence, uint64_t *random)
{
	uint32_t i;

	sequence->length = 1 + below(random, CALLS_MAX);
	for (i = 0; i < sequence->length; i++)
		draw_call(&sequence->calls[i], random);
}

static void insert(struct sequence *sequence, const struct call *call,
		   uint32_t at)
{
	if (sequence->length == CALLS_MAX)
		sequence->length--;
	memmove(&sequence->calls[at + 1], &sequence->calls[at],
		(sequence->length - at) * sizeof(*call));
	sequence->calls[at] = *call;
	sequence->length++;
}

static void remove_call(struct sequence *sequence, uint32_t at)
{
	sequence->length--;
	memmove(&sequence->calls[at], &sequence->calls[at + 1],
		(sequence->length - at) * sizeof(sequence->calls[0]));
}

static void change_byte(struct call *call, uint64_t *random)
{
	uint8_t *byte = (uint8_t *)call + below(random, sizeof(*call));

	switch (below(random, 3)) {
	case 0:
		*byte ^= 1 << below(random, 8);
		break;
	case 1:
		*byte += 1 - 2 * below(random, 2);
		break;
	default:
		*byte = draw_choice(random);
	}
}

/* A few changes; @other lends calls. */
void sequence_mutate(struct sequence *sequence, const struct sequence *other,
		     uint64_t *random)
{
	uint32_t changes = 1 + below(random, 4);

	while (changes--) {
		uint32_t at = below(random, sequence->length);
		struct call call;

		switch (below(random, 8)) {
		case 0:
			draw_call(&call, random);
			insert(sequence, &call,
			       below(random, sequence->length == CALLS_MAX ?
				     CALLS_MAX : sequence->length + 1));
			break;
		case 1:
			if (sequence->length > 1)
				remove_call(sequence, at);
			break;
		case 2:
			call = other->calls[below(random, other->length)];
			insert(sequence, &call, at);
			break;
		case 3:
			call = sequence->calls[at];
			insert(sequence, &call, at);
			break;
		default:
			change_byte(&sequence->calls[at], random);
		}
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for QEMU's emulator: counts the instructions for which the module
 * keeps interrupts, or preemption, off.
 *
 * It looks at an unchanged kernel from outside. Interrupts go off with cli and at the entry of
 * an interrupt, and on with sti and iret; preemption is off while the
 * processor's __preempt_count is not 0. A section counts if code of the module ran in it.
 * What an interrupt does that comes into a section is not counted: it
 * would come at any other time, too.
 *
 * For one processor. The program in the guest (worst.c) says where things are and
 * what it has done, by writing to addresses at MAILBOX. For each number that it
 * reports two lines come out: the number, "interrupts" or "preemption", the
 * instructions of the longest section, where that began and ended, and how many
 * sections there were.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailbox.h"

/* --- what QEMU offers: the part of its interface that is used here -------- */

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { NO_REGISTERS };
enum { LOADS = 1, STORES = 2 };

struct mem_value {
	int type;
	union {
		uint8_t u8;
		uint16_t u16;
		uint32_t u32;
		uint64_t u64;
		struct {
			uint64_t low, high;
		} u128;
	} data;
};

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id,
		void (*cb)(plugin_id id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
		void (*cb)(unsigned int cpu, void *data), int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
		void (*cb)(unsigned int cpu, void *data), int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
		void (*cb)(unsigned int cpu, uint32_t info, uint64_t address,
			   void *data), int flags, int rw, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to,
			     size_t size);
bool qemu_plugin_mem_is_store(uint32_t info);
struct mem_value qemu_plugin_mem_get_value(uint32_t info);

__attribute__((visibility("default"))) int qemu_plugin_version = 4;

/* --- sections ------------------------------------------------------------ */

#define KERNEL_HALF	(1ULL << 63)
#define PREEMPT_MASK	0x7fffffff	/* the top bit says "no need to yield" */

/**
 * struct place - an instruction, or a block of them
 * @pc: its address
 * @index: its number in the block
 * @count: of a block: how many instructions
 */
struct place {
	uint64_t pc;
	uint32_t index;
	uint32_t count;
};

/**
 * struct section - a time in which something is off
 * @on: it is
 * @ours: code of the module ran
 * @begin: when, in instructions
 * @paused: instructions of interrupts in it
 * @from: where
 */
struct section {
	bool on;
	bool ours;
	uint64_t begin;
	uint64_t paused;
	uint64_t from;
};

/**
 * struct longest - the longest section of those that count
 * @length: in instructions
 * @from: where it began
 * @to: where it ended
 * @sections: how many there were
 */
struct longest {
	uint64_t length;
	uint64_t from;
	uint64_t to;
	uint64_t sections;
};

static uint64_t mailbox[MAILBOX_WORDS];
static uint64_t executed, block_begin;
static bool irqs_off;
static uint32_t preempt_count;
/* An interrupt that came into a section in which only preemption was off. */
static bool interrupted;
static uint64_t interrupted_at;
static struct section no_irqs, no_preemption;
static struct longest longest_irqs, longest_preemption;

static void section_begin(struct section *section, uint64_t now, uint64_t pc)
{
	if (section->on)
		return;
	*section = (struct section){ .on = true, .begin = now, .from = pc };
}

static void section_end(struct section *section, struct longest *longest,
			uint64_t now, uint64_t pc)
{
	uint64_t length = now - section->begin - section->paused;

	if (!section->on)
		return;
	section->on = false;
	if (!section->ours)
		return;
	longest->sections++;
	if (length <= longest->length)
		return;
	longest->length = length;
	longest->from = section->from;
	longest->to = pc;
}

static void update(uint64_t now, uint64_t pc)
{
	if (irqs_off)
		section_begin(&no_irqs, now, pc);
	else
		section_end(&no_irqs, &longest_irqs, now, pc);
	if (irqs_off || preempt_count)
		section_begin(&no_preemption, now, pc);
	else
		section_end(&no_preemption, &longest_preemption, now, pc);
}

static uint64_t now_at(const struct place *place)
{
	return block_begin + place->index;
}

static void on_cli(unsigned int cpu, void *data)
{
	(void)cpu;
	irqs_off = true;
	update(now_at(data), ((struct place *)data)->pc);
}

static void on_sti(unsigned int cpu, void *data)
{
	(void)cpu;
	irqs_off = false;
	update(now_at(data), ((struct place *)data)->pc);
}

/* Back to where interrupts were on, or they could not have come. */
static void on_iret(unsigned int cpu, void *data)
{
	if (interrupted) {
		no_preemption.paused += now_at(data) - interrupted_at;
		interrupted = false;
	}
	on_sti(cpu, data);
}

static bool is_interrupt(uint64_t pc)
{
	int i;

	for (i = MAILBOX_ENTRIES; i < MAILBOX_WORDS; i++)
		if (mailbox[i] && mailbox[i] == pc)
			return true;
	return false;
}

static void on_block(unsigned int cpu, void *data)
{
	const struct place *place = data;

	(void)cpu;
	block_begin = executed;
	executed += place->count;
	if (place->pc < KERNEL_HALF) {
		/* Whatever we missed: in user space all is on. */
		irqs_off = interrupted = false;
		preempt_count = 0;
		update(block_begin, place->pc);
		return;
	}
	if (is_interrupt(place->pc)) {
		if (no_preemption.on && !irqs_off) {
			interrupted = true;
			interrupted_at = block_begin;
		}
		irqs_off = true;
		update(block_begin, place->pc);
	}
	if (place->pc >= mailbox[MAILBOX_BEGIN] &&
	    place->pc < mailbox[MAILBOX_END])
		no_irqs.ours = no_preemption.ours = true;
}

/* An instruction that changes a counter of the processor's own. */
static void on_counter(unsigned int cpu, uint32_t info, uint64_t address,
		       void *data)
{
	const struct place *place = data;

	(void)cpu;
	(void)address;
	/* The address in the processor's area; the blocks have none of these. */
	if (place->count != (uint32_t)mailbox[MAILBOX_PREEMPT] ||
	    !qemu_plugin_mem_is_store(info))
		return;
	preempt_count = qemu_plugin_mem_get_value(info).data.u32 & PREEMPT_MASK;
	update(now_at(place), place->pc);
}

static FILE *output;

static void report_one(uint64_t number, const char *what,
		       const struct longest *longest)
{
	fprintf(output, "%llu %s %llu 0x%llx 0x%llx %llu\n",
		(unsigned long long)number, what,
		(unsigned long long)longest->length,
		(unsigned long long)longest->from,
		(unsigned long long)longest->to,
		(unsigned long long)longest->sections);
	fflush(output);
}

static void on_user_store(unsigned int cpu, uint32_t info, uint64_t address,
			  void *data)
{
	uint64_t index = (address - MAILBOX) / sizeof(uint64_t);

	(void)cpu;
	(void)data;
	if (address < MAILBOX || index >= MAILBOX_WORDS)
		return;
	mailbox[index] = qemu_plugin_mem_get_value(info).data.u64;
	if (index == MAILBOX_REPORT) {
		report_one(mailbox[index], "interrupts", &longest_irqs);
		report_one(mailbox[index], "preemption", &longest_preemption);
	}
	if (index == MAILBOX_REPORT || index == MAILBOX_RESET)
		longest_irqs = longest_preemption = (struct longest){ 0 };
}

/* --- translation ---------------------------------------------------------- */

static struct place *place_new(uint64_t pc, uint32_t index, uint32_t count)
{
	struct place *place = malloc(sizeof(*place));

	if (!place)
		abort();
	*place = (struct place){ pc, index, count };
	return place;
}

/*
 * inc, dec, add or sub of 32 bits at %gs:address(%rip): sets the address in the
 * processor's area.
 */
static bool is_counter(const uint8_t *code, size_t size, uint64_t pc,
		       uint32_t *address)
{
	int32_t displacement;

	if (size < 7 || code[0] != 0x65 || (code[2] & 0xc7) != 0x05 ||
	    (code[1] != 0xff && code[1] != 0x83 && code[1] != 0x81 &&
	     code[1] != 0x01 && code[1] != 0x29))
		return false;
	memcpy(&displacement, code + 3, sizeof(displacement));
	*address = pc + size + displacement;
	return true;
}

static void look_at(struct qemu_plugin_insn *insn, uint32_t index)
{
	uint64_t pc = qemu_plugin_insn_vaddr(insn);
	uint8_t code[16] = { 0 };
	size_t size = qemu_plugin_insn_data(insn, code, sizeof(code));
	uint32_t address;

	if (pc < KERNEL_HALF)
		qemu_plugin_register_vcpu_mem_cb(insn, on_user_store,
						 NO_REGISTERS, STORES, NULL);
	else if (size == 1 && code[0] == 0xfa)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_cli, NO_REGISTERS,
						       place_new(pc, index, 0));
	else if (size == 1 && code[0] == 0xfb)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_sti, NO_REGISTERS,
						       place_new(pc, index, 0));
	else if (size == 2 && code[0] == 0x48 && code[1] == 0xcf)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_iret, NO_REGISTERS,
						       place_new(pc, index, 0));
	else if (is_counter(code, size, pc, &address))
		qemu_plugin_register_vcpu_mem_cb(insn, on_counter, NO_REGISTERS,
						 STORES,
						 place_new(pc, index, address));
}

static void on_translation(plugin_id id, struct qemu_plugin_tb *tb)
{
	size_t count = qemu_plugin_tb_n_insns(tb), i;
	uint64_t pc = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, NO_REGISTERS,
					     place_new(pc, 0, count));
	for (i = 0; i < count; i++)
		look_at(qemu_plugin_tb_get_insn(tb, i), i);
}

__attribute__((visibility("default")))
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "output=", 7))
		return -1;
	output = fopen(argv[0] + 7, "we");
	if (!output)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}

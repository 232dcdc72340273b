/* SPDX-License-Identifier: MIT */
/* What the subcommands of wsync share. */
#ifndef TOOL_H
#define TOOL_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wsync/wsync.h>

/* Exit statuses; see EXIT STATUS in wsync(1). */
#define STATUS_FAILURE		1
#define STATUS_USAGE		2
#define STATUS_FOUND		3	/* deadlock: there is one */
#define STATUS_TIMEOUT		124
#define STATUS_COMMAND_FAILURE	125	/* of ours where others are COMMAND's */
#define STATUS_NOT_EXECUTABLE	126
#define STATUS_NOT_FOUND	127
#define STATUS_SIGNAL		128	/* plus the signal that killed COMMAND */

#define NSEC_PER_SEC		1000000000ll
#define NSEC_PER_MSEC		1000000ll

/* main.c: a subcommand */
struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
	bool runs_command;	/* its status is that of another program */
};

extern const struct command commands[];
/* The status of failures of the running subcommand. */
extern int failure_status;

int run_create(int argc, char **argv);
int run_deadlock(int argc, char **argv);
int run_info(int argc, char **argv);
int run_lock(int argc, char **argv);
int run_ls(int argc, char **argv);
int run_run(int argc, char **argv);
int run_signal(int argc, char **argv);
int run_timer(int argc, char **argv);
int run_top(int argc, char **argv);
int run_wait(int argc, char **argv);
int run_watch(int argc, char **argv);

/* Prints "wsync: ...", ends with failure_status. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* The same for an error of libwsync, explained, about an object. */
void fail_name(const char *name, int error) __attribute__((noreturn));
/*
 * For those that print as things happen: what was printed appears now; ends with
 * failure_status if nobody reads it.
 */
void check_output(void);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *allocate(size_t size);
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* argp's keys: a letter as in util-linux, and those without one. */
#define OPTION_JSON 'J'

enum { OPTION_MODE = 0x100, OPTION_EVERY, OPTION_AFTER, OPTION_MAX,
       OPTION_BUG_REPORT, OPTION_PLAIN };

/*
 * options.c: parses with argp, in order, until the arguments that are not
 * options are complete. NAME... -- COMMAND: *command is set, from the first
 * word behind @names names.
 */
struct arguments {
	char **names;
	size_t name_count;
	char **command;		/* NULL without */
};

/* For @parser functions of argp: takes an argument; ARGP_ERR_UNKNOWN otherwise. */
error_t take_argument(struct arguments *arguments, int key, char *argument,
		      struct argp_state *state, size_t names, bool command);
int64_t parse_duration(const struct argp_state *state, const char *text);
/* For those who take an int: at least 1. */
int milliseconds(int64_t nanoseconds);
uint32_t parse_number(const struct argp_state *state, const char *text, uint32_t min,
		      uint32_t max);
uint32_t parse_mode(const struct argp_state *state, const char *text);
void parse(const struct argp *argp, int argc, char **argv, void *input);

/* text.c: names are hostile text; what is printed went through here. */
char *escape(const char *text, size_t length);
bool is_plain(const char *text, size_t length);
char *duration_text(int64_t nanoseconds);
const char *type_text(uint32_t type);

/*
 * name.c: NAME on the command line: what libwsync knows, and [NAMESPACE]\x and
 * [NAMESPACE@UID]\x for other namespaces.
 */
struct name {
	const char *object;	/* as libwsync's functions want it */
	uint32_t flags;		/* WSYNC_IN_NAMESPACE or 0 */
	struct wsync_opts opts;
};

/* @create: the namespace is created if it is missing. */
int name_resolve(const char *text, bool create, struct name *name);
void name_done(struct name *name);
/* A handle; does not return if there is none. */
int name_open(const char *text, uint32_t type, uint32_t access);

/* command.c */
/*
 * Runs COMMAND and waits for it; the status to exit with. Signals that ask to end stay
 * blocked: the caller has to give back what it holds for the command.
 */
int command_run(char *const *argv);
/* Sleeps until somebody wants us to end. */
void wait_for_end(void);

/* process.c: of other processes */
pid_t process_of(pid_t tid);
/* 0: none, or several. */
pid_t only_child(pid_t pid);
/* Escaped. */
char *process_name(pid_t pid);
/* "PID (NAME)", with the thread if it is another than the first. */
char *thread_text(pid_t tid, pid_t pid);

/* A fd of a process; false ends the walk. */
typedef bool (*fd_fn)(pid_t pid, int fd, const char *link, void *arg);
void each_fd(fd_fn fn, void *arg);

/* snapshot.c: the objects that there are */

struct object {
	uint64_t id;
	uint64_t created;	/* BOOTTIME */
	uint64_t signals, acquisitions, abandonments;
	uint64_t new_signals, new_acquisitions;		/* see snapshot_compare() */
	uint32_t type;
	uint32_t uid, mode;
	uint32_t handles, waiter_count;
	uint32_t value, extra;
	bool signaled;
	bool abandoned;		/* mutex */
	bool hidden;		/* nothing of its state, which we may not query */
	bool has_stat;		/* uid, mode and created are known */
	char *namespace;	/* "Global", "Local", "[x]", "[x@1000]"; NULL: unnamed */
	char *name;		/* bare; NULL: unnamed */
	size_t name_length;
	pid_t holder;		/* unnamed: a process that has it */
	struct wsync_timer_state timer;
	struct wsync_waiter *waiters;
	size_t waiters_known;
};

struct snapshot {
	struct object *objects;
	size_t count, room;
	uint64_t boottime, monotonic;	/* when it was taken */
	uint64_t interval;	/* nanoseconds since the one before, 0 if there is none */
	size_t unreadable;	/* namespaces that could not be listed */
};

#define SNAPSHOT_UNNAMED	0x1	/* those without names, too, from /proc */
#define SNAPSHOT_NAMES_ONLY	0x2	/* nothing that needs a look at each object */

void snapshot_take(struct snapshot *snapshot, uint32_t flags);
void snapshot_free(struct snapshot *snapshot);
/* What happened since then; of an object that was not there, since it was created. */
void snapshot_compare(struct snapshot *snapshot, const struct snapshot *before);
/* As one types it, escaped; "-" for unnamed ones, with the process. */
char *object_name(const struct object *object);
char *object_state(const struct object *object);
char *object_owner(const struct object *object);
json_t *object_json(const struct snapshot *snapshot, const struct object *object);
uint64_t now(int clock);
uint64_t elapsed(uint64_t since, uint64_t until);

/* output.c: rows for people and for programs */
struct column {
	const char *heading;
	bool right;		/* aligned */
	bool shrinks;		/* where the terminal is narrow */
	char *(*cell)(const struct snapshot *snapshot, const struct object *object);
};

void print_table(const struct snapshot *snapshot, const struct object *const *objects,
		 size_t count, const struct column *const *columns, size_t column_count,
		 bool headings);
/* The same as text that is @width columns wide. */
char *table_text(const struct snapshot *snapshot, const struct object *const *objects,
		 size_t count, const struct column *const *columns, size_t column_count,
		 size_t width);
void print_json(json_t *json);
/* One line, for streams. */
void print_json_line(json_t *json);
/* What escape() returned. */
json_t *json_visible(const char *text);
/* A name, which need not be UTF-8: "name", or "name_hex" where it is not. */
void json_set_text(json_t *object, const char *key, const char *text, size_t length);

extern const struct column column_type, column_name, column_state, column_owner,
	column_waiters, column_waiting, column_longest, column_handles, column_age, column_user,
	column_mode, column_id, column_signals, column_acquired, column_abandoned,
	column_rate;
extern const struct column *const all_columns[];

#endif

// SPDX-License-Identifier: MIT
/* wsync info: what there is, and for reports of errors all that one will be asked for. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tool.h"

struct info {
	struct arguments arguments;
	bool json, bug_report;
};

static const struct argp_option options[] = {
	{ "bug-report", OPTION_BUG_REPORT, NULL, 0,
	  "All that is worth knowing in a report of an error", 0 },
	{ "json", OPTION_JSON, NULL, 0, "Print JSON", 0 },
	{ 0 },
};

static error_t parser(int key, char *argument, struct argp_state *state)
{
	struct info *info = state->input;

	switch (key) {
	case OPTION_BUG_REPORT:
		info->bug_report = true;
		return 0;
	case OPTION_JSON:
		info->json = true;
		return 0;
	default:
		return take_argument(&info->arguments, key, argument, state, 0, false);
	}
}

static const struct argp argp = {
	options, parser, NULL,
	"Prints versions, limits and features. The status is 1 if the module is not loaded.",
	NULL, NULL, NULL
};

static void set(json_t *json, const char *key, const char *value)
{
	char *escaped = escape(value, strlen(value));

	json_object_set_new(json, key, json_visible(escaped));
	free(escaped);
}

/* The only line of a small file, NULL if it cannot be read. */
static char *read_line(int directory, const char *path)
{
	int fd = openat(directory, path, O_RDONLY | O_CLOEXEC);
	char line[256];
	ssize_t length;

	if (fd < 0)
		return NULL;
	length = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (length < 0)
		return NULL;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return format_text("%s", line);
}

static json_t *parameters(void)
{
	DIR *directory = opendir("/sys/module/winsync/parameters");
	json_t *json = json_object();
	struct dirent *entry;

	if (!directory)
		return json;
	while ((entry = readdir(directory)) != NULL) {
		char *value;

		if (entry->d_name[0] == '.')
			continue;
		value = read_line(dirfd(directory), entry->d_name);
		if (value)
			set(json, entry->d_name, value);
		free(value);
	}
	closedir(directory);
	return json;
}

static json_t *module_json(struct kmod_ctx *context, const char *name, bool *live)
{
	struct kmod_module *module;
	struct kmod_list *list = NULL, *item;
	json_t *json = json_object();
	int state;

	*live = false;
	if (kmod_module_new_from_name(context, name, &module) < 0)
		return json;
	state = kmod_module_get_initstate(module);
	*live = state == KMOD_MODULE_LIVE || state == KMOD_MODULE_BUILTIN;
	set(json, "state", state < 0 ? "not loaded" : kmod_module_initstate_str(state));
	if (state == KMOD_MODULE_LIVE)
		json_object_set_new(json, "references",
				    json_integer(kmod_module_get_refcnt(module)));
	if (kmod_module_get_path(module))
		set(json, "file", kmod_module_get_path(module));
	/* Of the file, which need not be what is loaded. */
	if (kmod_module_get_info(module, &list) >= 0) {
		kmod_list_foreach(item, list) {
			const char *key = kmod_module_info_get_key(item);

			if (strcmp(key, "version") == 0 || strcmp(key, "srcversion") == 0 ||
			    strcmp(key, "vermagic") == 0 || strcmp(key, "signer") == 0) {
				char *file_key = format_text("file_%s", key);

				set(json, file_key, kmod_module_info_get_value(item));
				free(file_key);
			}
		}
		kmod_module_info_free_list(list);
	}
	kmod_module_unref(module);
	return json;
}

static void device_json(json_t *json, const char *path)
{
	struct stat stat_buffer;
	char *mode;

	if (stat(path, &stat_buffer)) {
		set(json, "state", strerror(errno));
		return;
	}
	mode = format_text("%04o", stat_buffer.st_mode & 07777);
	set(json, "mode", mode);
	json_object_set_new(json, "uid", json_integer(stat_buffer.st_uid));
	json_object_set_new(json, "gid", json_integer(stat_buffer.st_gid));
	json_object_set_new(json, "readable", json_boolean(access(path, R_OK) == 0));
	free(mode);
}

/* Who has the device open. */
static bool add_user(pid_t pid, int fd, const char *link, void *arg)
{
	json_t *users = arg;
	char *name;
	size_t last = json_array_size(users);

	(void)fd;
	if (strcmp(link, "/dev/ntsync"))
		return true;
	/* Its fds come together. */
	if (last && json_integer_value(json_object_get(json_array_get(users, last - 1), "pid")) == pid)
		return true;
	name = process_name(pid);
	json_array_append_new(users, json_pack("{siso}", "pid", (int)pid, "command",
					       json_visible(name)));
	free(name);
	return true;
}

static json_t *ntsync_json(struct kmod_ctx *context, bool ours)
{
	json_t *json = json_object(), *users = json_array();
	bool exists = access("/dev/ntsync", F_OK) == 0, kernel;

	json_object_set_new(json, "kernel_module", module_json(context, "ntsync", &kernel));
	set(json, "served_by", !exists ? "nobody" : ours ? "winsync" : "the kernel's own ntsync");
	if (exists)
		device_json(json, "/dev/ntsync");
	each_fd(add_user, users);
	json_object_set_new(json, "users", users);
	return json;
}

static json_t *features_json(uint32_t features)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ WSYNC_FEATURE_THREAD_EXIT, "thread-exit" },
		{ WSYNC_FEATURE_EXEC, "exec" },
		{ WSYNC_FEATURE_WAKE, "wake" },
		{ WSYNC_FEATURE_NTSYNC, "ntsync" },
	};
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (features & names[i].bit)
			json_array_append_new(array, json_string(names[i].name));
		features &= ~names[i].bit;
	}
	if (features) {
		char *rest = format_text("%#x", features);

		json_array_append_new(array, json_string(rest));
		free(rest);
	}
	return array;
}

static json_t *interface_json(const struct wsync_info *info)
{
	return json_pack("{sisosisisisIsisisisi}", "abi_version", (int)info->abi_version,
			 "features", features_json(info->features), "max_wait_any",
			 (int)info->max_wait_any, "max_wait_all", (int)info->max_wait_all,
			 "name_max", (int)info->name_max, "min_period_ns",
			 (json_int_t)info->min_period, "max_objects", (int)info->max_objects,
			 "max_namespaces", (int)info->max_namespaces, "objects",
			 (int)info->objects, "namespaces", (int)info->namespaces);
}

static json_t *kernel_json(void)
{
	static const char *const facts[][2] = {
		{ "tainted", "/proc/sys/kernel/tainted" },
		{ "lockdown", "/sys/kernel/security/lockdown" },
		{ "module_signatures_enforced", "/sys/module/module/parameters/sig_enforce" },
	};
	json_t *json = json_object();
	struct utsname names;

	uname(&names);
	set(json, "release", names.release);
	set(json, "version", names.version);
	set(json, "machine", names.machine);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		char *value = read_line(AT_FDCWD, facts[i][1]);

		if (value)
			set(json, facts[i][0], value);
		free(value);
	}
	return json;
}

/* "section.key: value" lines, the same that JSON has. */
static void print_lines(const char *prefix, json_t *json)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(json)) {
		json_object_foreach(json, key, value) {
			char *path = *prefix ? format_text("%s.%s", prefix, key) :
					       format_text("%s", key);

			print_lines(path, value);
			free(path);
		}
		return;
	}
	if (json_is_array(json)) {
		json_array_foreach(json, i, value)
			print_lines(prefix, value);
		if (!json_array_size(json))
			printf("%s: none\n", prefix);
		return;
	}
	if (json_is_string(json))
		printf("%s: %s\n", prefix, json_string_value(json));
	else if (json_is_integer(json))
		printf("%s: %" JSON_INTEGER_FORMAT "\n", prefix, json_integer_value(json));
	else
		printf("%s: %s\n", prefix, json_is_true(json) ? "yes" : "no");
}

int run_info(int argc, char **argv)
{
	static struct info info;
	struct wsync_info interface = { .sz = sizeof(interface) };
	struct kmod_ctx *context = kmod_new(NULL, NULL);
	json_t *json = json_object(), *module, *device;
	int error;
	bool live;
	char *version;

	parse(&argp, argc, argv, &info);
	if (!context)
		fail("libkmod");
	error = wsync_get_info(NULL, &interface);
	set(json, "wsync", WSYNC_TOOL_VERSION);
	set(json, "libwsync", wsync_version());
	module = module_json(context, "winsync", &live);
	version = read_line(AT_FDCWD, "/sys/module/winsync/version");
	if (version)
		set(module, "version", version);
	free(version);
	json_object_set_new(json, "module", module);
	if (!error)
		json_object_set_new(json, "interface", interface_json(&interface));
	else
		set(json, "error", wsync_strerror(error));
	if (info.bug_report) {
		json_object_set_new(json, "parameters", parameters());
		device = json_object();
		device_json(device, "/dev/winsync");
		json_object_set_new(json, "device", device);
		json_object_set_new(json, "ntsync",
				    ntsync_json(context, !error && (interface.features &
								    WSYNC_FEATURE_NTSYNC)));
		json_object_set_new(json, "kernel", kernel_json());
	}
	kmod_unref(context);
	if (info.json) {
		print_json(json);
	} else {
		print_lines("", json);
		json_decref(json);
	}
	return error ? STATUS_FAILURE : 0;
}

// SPDX-License-Identifier: MIT
/* Other processes, as /proc shows them. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

pid_t process_of(pid_t tid)
{
	char path[64], line[256];
	int pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Tgid: %d", &pid) == 1)
			break;
	}
	fclose(file);
	return pid;
}

char *process_name(pid_t pid)
{
	char path[64], name[64];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return format_text("?");
	length = fread(name, 1, sizeof(name), file);
	fclose(file);
	if (length && name[length - 1] == '\n')
		length--;
	return escape(name, length);
}

char *thread_text(pid_t tid, pid_t pid)
{
	char *name, *text;

	if (!tid)
		return format_text("(not visible here)");
	name = process_name(tid);
	text = !pid || tid == pid ? format_text("%d (%s)", tid, name) :
				    format_text("%d (%s) of %d", tid, name, pid);
	free(name);
	return text;
}

pid_t only_child(pid_t pid)
{
	char path[64];
	int first, second, count;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	count = fscanf(file, "%d %d", &first, &second);
	fclose(file);
	return count == 1 ? first : 0;
}

static bool each_fd_of(pid_t pid, fd_fn fn, void *arg)
{
	char path[64], target[256];
	struct dirent *entry;
	bool going = true;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	directory = opendir(path);
	/* Not ours to look at, or gone. */
	if (!directory)
		return true;
	while (going && (entry = readdir(directory)) != NULL) {
		ssize_t length;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		length = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		going = fn(pid, atoi(entry->d_name), target, arg);
	}
	closedir(directory);
	return going;
}

void each_fd(fd_fn fn, void *arg)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		if (!each_fd_of(atoi(entry->d_name), fn, arg))
			break;
	}
	closedir(directory);
}

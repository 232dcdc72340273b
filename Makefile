# SPDX-License-Identifier: GPL-2.0-only
# `make help` lists the targets.
TOP := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
BUILD := $(TOP)/build
VERSION := $(shell cat $(TOP)/VERSION)

PREFIX ?= /usr/local
INCLUDEDIR ?= $(PREFIX)/include
LIBDIR ?= $(PREFIX)/lib
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DESTDIR ?=
INSTALL_VARS = PREFIX=$(PREFIX) INCLUDEDIR=$(INCLUDEDIR) LIBDIR=$(LIBDIR) \
	BINDIR=$(BINDIR) MANDIR=$(MANDIR) DESTDIR=$(DESTDIR)

# The kernel to build the module for: any tree of headers, the running kernel's
# by default.
KRELEASE ?= $(shell uname -r)
KDIR ?= /lib/modules/$(KRELEASE)/build
# Tests that run at the same time; a guest has two processors.
JOBS ?= 2

.DEFAULT_GOAL := all

##@ Building
all: module lib tools ## module, libraries and tools, into build/ and winsync.ko

need-compiler:
	@$(TOP)/scripts/need gcc make libc6-dev

need-build: need-compiler
	@$(TOP)/scripts/need pkg-config libjansson-dev libkmod-dev \
		libncurses-dev libsmartcols-dev

module: need-compiler ## winsync.ko for the kernel whose headers are in KDIR (default: the running one)
	@[ -e $(KDIR)/Makefile ] || { \
		echo "No kernel headers in $(KDIR): install linux-headers-$(KRELEASE), or set KDIR." >&2; \
		exit 1; }
	$(MAKE) -C $(KDIR) M=$(TOP) modules

lib: need-compiler ## libwsync and libwsync-win32, shared and static
	@$(MAKE) --no-print-directory -s -C $(TOP)/libwsync
	@$(MAKE) --no-print-directory -s -C $(TOP)/libwsync/win32

tools: lib need-build ## the command-line tool wsync
	@$(MAKE) --no-print-directory -s -C $(TOP)/tools

examples: lib ## the example programs
	@$(TOP)/scripts/need gcc make liburing-dev libmd-dev
	@$(MAKE) --no-print-directory -s -C $(TOP)/examples

##@ Installing
install: install-module install-lib install-tools ## everything that was built; then: modprobe winsync

install-module:
	$(MAKE) -C $(KDIR) M=$(TOP) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install
	$(if $(DESTDIR),,depmod $(shell sed -n 's/.*UTS_RELEASE "\(.*\)".*/\1/p' \
		$(KDIR)/include/generated/utsrelease.h))

install-lib: lib
	@$(MAKE) --no-print-directory -s -C $(TOP)/libwsync $(INSTALL_VARS) install
	@$(MAKE) --no-print-directory -s -C $(TOP)/libwsync/win32 $(INSTALL_VARS) install
	install -D -m 644 $(TOP)/uapi/linux/ntsync.h \
		$(DESTDIR)$(INCLUDEDIR)/wsync-ntsync/linux/ntsync.h
	$(if $(DESTDIR),,ldconfig)

install-tools: tools
	@$(MAKE) --no-print-directory -s -C $(TOP)/tools $(INSTALL_VARS) install
	@$(MAKE) --no-print-directory -s -C $(TOP)/man $(INSTALL_VARS) install

##@ Trying and testing, in guests of tests/vm/
demo: ## boots a guest and shows what this is for
	@$(TOP)/examples/demo/run

check: ## every test a change has to pass; ends with "N passed, N failed, N skipped"
	@$(TOP)/tests/check -j $(JOBS)

check-all: ## every test there is, on every kernel; takes hours
	@$(TOP)/tests/check -j $(JOBS) all

conformance: ## the table of Windows' rules and what became of each
	@$(TOP)/tests/suites/conformance --table

torture: ## random commands on all processors, with an oracle (SEED=, OPS=, KERNEL=)
	@$(TOP)/tests/suites/torture --long

fuzz: ## random calls on the debug kernel, guided by coverage (SEED=, CALLS=, KERNEL=)
	@$(TOP)/tests/suites/fuzz --long

coverage: ## which lines of module and library no test runs, and why
	@$(TOP)/tests/suites/unit-coverage
	@$(TOP)/tests/suites/coverage

check-busted: ## builds with one planted bug each; every one has to be caught
	@$(TOP)/tests/busted/run

bench: ## winsync beside its peers in one guest; QUICK=1: three minutes
	@$(TOP)/tests/bench/run $(if $(QUICK),--quick)

bench-check: ## fails if a ratio got worse than the committed baseline allows
	@$(TOP)/tests/bench/run --check

##@ Packages
deb: ## Debian packages, into build/deb
	@$(TOP)/packaging/build

##@ Other
clean: ## removes what was built
	rm -rf $(BUILD) $(TOP)/winsync.ko
	@[ ! -e $(KDIR)/Makefile ] || $(MAKE) -s -C $(KDIR) M=$(TOP) clean

help: ## this list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: all module lib tools examples install install-module install-lib install-tools \
	need-compiler need-build demo check check-all conformance torture fuzz coverage check-busted \
	bench bench-check deb clean help

# kilim: `make help` lists the targets.
#
#   SAN=1      AddressSanitizer and UndefinedBehaviorSanitizer
#   CC=clang   another compiler
#   V=1        show the commands
#   B=DIR      build somewhere else than build/

MAKEFLAGS += --no-builtin-rules
ifeq ($(origin CC),default)
CC      := gcc
endif
PREFIX  ?= /usr/local
VERSION := 0.1.0
SAN     ?=
SUFFIX  := $(if $(SAN),-san)$(if $(findstring clang,$(CC)),-clang)
B       ?= build$(SUFFIX)
SETUP   ?= contrib/setup
JOBS     = $(shell nproc 2>/dev/null || echo 1)

# Asked for when first needed, and once: nothing of this may be installed yet when make reads this line.
once     = $(eval $(1) := $(2))$($(1))
PKGS    := libcoap-3-notls lmdb libcjson libsodium libuv libmicrohttpd libcurl inih libutf8proc libqrencode
there    = $(if $(shell pkg-config --exists $(PKGS) 2>/dev/null && echo yes),,$(error libraries are missing: \
           contrib/setup build installs them))
PKGLIBS  = $(call once,PKGLIBS,$(shell pkg-config --libs $(PKGS)))
PKGINC   = $(call once,PKGINC,$(there)$(shell pkg-config --cflags $(PKGS)))
LIBS     = $(PKGLIBS) -lmbedtls -lmbedx509 -lmbedcrypto -lpthread -lm
PEERLIBS = $(shell pkg-config --cflags --libs libcoap-3-openssl openssl)

# A compiler that lacks a flag gets the rest; `make flags` names what is missing.
WANTED  := -fstack-protector-strong -fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero
probe    = $(shell echo 'int x;' | $(CC) -Werror $(1) -xc -c -o /dev/null - >/dev/null 2>&1 && echo $(1))
HARDEN   = $(call once,HARDEN,$(foreach flag,$(WANTED),$(call probe,$(flag))))
WARN    := -Wall -Wextra -Wformat=2 -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes
ifeq ($(SAN),)
OPT     := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
else
OPT     := -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined
endif
ifeq ($(SAN),fuzz)
OPT     += -fsanitize=fuzzer-no-link
FUZZMAIN:= -fsanitize=fuzzer
endif
CFLAGS  ?= -g
INC      = -std=c11 -D_GNU_SOURCE -I. -DKILIM_VERSION='"$(VERSION)"' $(PKGINC)
ALL_CFLAGS  = $(INC) $(OPT) $(CFLAGS) -fno-strict-aliasing $(HARDEN) $(WARN) $(WERROR) -fPIE -MMD -MP
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(LDFLAGS)

Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-7s %s\n' "$(1)" "$(2)")
link = $(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^)

LIB_SRC   := $(wildcard proto/*.c proto/kinds/*.c) \
             $(filter-out node/daemon/main.c node/cli/%,$(wildcard node/*/*.c))
CLI_SRC   := $(wildcard node/cli/*.c)
TLIB_SRC  := $(filter-out tests/lib/link.c tests/lib/collide.c,$(wildcard tests/lib/*.c))
UNIT_SRC  := $(wildcard tests/unit/*/*.c)
FUZZ_SRC  := $(wildcard tests/fuzz/fuzz_*.c)
TOOL_SRC  := $(wildcard tests/hostile/*.c tests/e2e/*.c tests/netlab/*.c tests/bench/bench_*.c)
PEER_SRC  := $(wildcard tests/bench/peer_*.c)
SIM_MAIN  := $(addprefix tests/sim/,main.c gossip.c)
SIM_SRC   := $(filter-out $(SIM_MAIN),$(wildcard tests/sim/*.c))
obj        = $(patsubst %.c,$(B)/obj/%.o,$(1))
UNIT_BIN  := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))
FUZZ_BIN  := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(FUZZ_SRC))
TOOL_BIN  := $(patsubst tests/%.c,$(B)/%,$(TOOL_SRC)) $(B)/link $(B)/collide $(B)/fake_clock/kilimd
PEER_BIN  := $(patsubst tests/%.c,$(B)/%,$(PEER_SRC))

all: $(B)/kilimd $(B)/kilim

help:
	@sed -n 's/^#: //p' Makefile

#: make             build/kilimd and build/kilim; `contrib/setup build` installs what that needs
#: make demo        three organisations on this machine, step by step; installs what it needs
#: make test        all tests; installs what they need
#: make check       the fast part of them, installs nothing
#: make lint        clang-tidy and cppcheck
#: make bench       figures beside their goals, and in build/bench.json; installs what it needs; as root also rsync beside us
#: make fuzz        every decoder, FUZZ_S=60 seconds each
#: make soak        crash cycles, attacks, and a million simulated histories (FROM=N goes on), for a day
#: make lab         real nodes behind NATs (needs root), in bad weather, with a million records; 20 minutes
#: make install     into DESTDIR and PREFIX=/usr/local
#: make flags       the compiler flags we want and this compiler lacks
#: make clean

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(B)/libkilim.a: $(call obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/kilimd: $(call obj,node/daemon/main.c) $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) $(LIBS)

$(B)/kilim: $(call obj,$(CLI_SRC)) $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) $(LIBS)

# ---- tests: programs ----

# The same daemon with a wall clock that a script can turn.
$(B)/fake_clock/kilimd: $(call obj,node/daemon/main.c tests/e2e/lib/fake_clock.c) $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) -Wl,--wrap=clock_gettime -Wl,--wrap=adjtimex $(LIBS)

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(call obj,$(TLIB_SRC)) $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) -lcriterion $(LIBS)

# Its own short ids, which are equal far too often.
$(B)/unit/sync/test_collisions: LDFLAGS += -Wl,--wrap=records_short

# Whole nodes, on the simulation's clock and sessions; in test_live two records share a short id when they are told to.
$(B)/unit/peer/test_live: LDFLAGS += -Wl,--wrap=records_short -Wl,--wrap=session_send
$(addprefix $(B)/unit/,peer/test_arrival peer/test_live service/test_ended service/test_sealed): $(B)/unit/%: \
    $(B)/obj/tests/unit/%.o \
    $(call obj,$(addprefix tests/sim/,sim.c dtls_sim.c people.c)) $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) -lcriterion $(LIBS)

$(B)/unit/cli/%: $(B)/obj/tests/unit/cli/%.o $(call obj,$(filter-out node/cli/main.c,$(CLI_SRC)) $(TLIB_SRC)) \
    $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) -lcriterion $(LIBS)

$(B)/planted/%: $(B)/obj/tests/planted/%.o
	$(call say,LD,$@)
	$(link) -lcriterion

# With clang's fuzzer, or with a main that only runs the files it is given.
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(if $(FUZZMAIN),,$(B)/obj/tests/fuzz/main.o) $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) $(FUZZMAIN) $(LIBS)

# A bad network between two programs; it knows nothing of ours.
$(B)/link: $(call obj,tests/lib/link.c tests/lib/link_core.c)
	$(call say,LD,$@)
	$(link)

# Two records with one short id; it knows nothing of ours either.
$(B)/collide: tests/lib/collide.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(INC) -O3 $(CFLAGS) $(WARN) -Wno-psabi $(WERROR) -o $@ $<

# Their own dtls comes before the library's; their short ids may be shorter.
$(B)/sim/sim $(B)/sim/gossip: LDFLAGS += -Wl,--wrap=records_short
$(B)/sim/sim: $(call obj,$(SIM_SRC) tests/sim/main.c tests/lib/vectors.c) $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) $(LIBS)

$(B)/sim/gossip: $(call obj,$(SIM_SRC) tests/sim/gossip.c tests/lib/vectors.c) $(B)/libkilim.a
	$(call say,LD,$@)
	$(link) $(LIBS)

# A peer to be measured against shares no code with us.
$(B)/bench/peer_%: tests/bench/peer_%.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(OPT) $(CFLAGS) -o $@ $< $(PEERLIBS)

define tool
$(B)/$(1): $(B)/obj/tests/$(1).o $(call obj,$(filter-out tests/lib/vectors.c,$(TLIB_SRC))) $(B)/libkilim.a
	$$(call say,LD,$$@)
	$$(link) $$(LIBS)
endef
$(foreach t,$(patsubst tests/%.c,%,$(TOOL_SRC)),$(eval $(call tool,$(t))))

# The daemon of a version to come: these sources, and what tests/e2e/tomorrow adds to them.
# Nobody measures it, so it is not optimised, and what may be warned of was when these were compiled.
tomorrow:
	$(call say,GROW,$(B)/tomorrow)
	$(Q)tests/e2e/tomorrow/grow $(B)/tomorrow
	+$(Q)$(MAKE) --no-print-directory -C $(B)/tomorrow B=out VERSION=0.2.0 SAN= WERROR= OPT=-O0 out/kilimd >/dev/null

units: $(UNIT_BIN) $(B)/planted/leak
sim: $(B)/sim/sim $(B)/sim/gossip
fuzzers: $(FUZZ_BIN)
tools: $(TOOL_BIN)
peers: $(PEER_BIN)

# ---- tests: running them ----

# A make within make, in parallel unless the caller said how.
again    = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))
run      = B=$(B) tests/run
FUZZERS  = if echo 'int LLVMFuzzerTestOneInput(const char *p, long n) { return !p && n; }' | \
	clang -fsanitize=fuzzer,address -xc -o /dev/null - >/dev/null 2>&1; \
	then $(again) B=$(B)/with-fuzz CC=clang SAN=fuzz fuzzers; \
	else $(again) B=$(B)/with-san SAN=1 fuzzers; fi

demo:
	$(SETUP) build
	+@$(again) all
	B=$(B) contrib/demo

test:
	$(SETUP) test
	+@$(again) WERROR=-Werror all units tools sim tomorrow
	+@$(again) WERROR=-Werror B=$(B)/with-san SAN=1 all units
	+@$(FUZZERS)
	$(run) layers golden lint unit san fuzz sim e2e hostile

check:
	+@$(again) WERROR=-Werror all units tools sim tomorrow
	+@$(again) B=$(B)/with-san SAN=1 fuzzers
	$(run) layers golden unit fuzz sim e2e

bench:
	$(SETUP) bench
	+@$(again) all tools peers $(B)/unit/search/test_golden
	B=$(B) tests/bench/run

fuzz:
	+@$(FUZZERS)
	FUZZ_S=$${FUZZ_S:-60} $(run) fuzz

soak:
	+@$(again) all tools sim tomorrow
	LONG=1 $(run) e2e hostile sim

lab:
	$(SETUP) lab
	+@$(again) all tools
	$(run) lab

# QUICK=1 leaves out the analyzer, which takes nearly all of the time.
LINT_SRC = $(LIB_SRC) $(CLI_SRC) node/daemon/main.c
lint:
	$(call say,TIDY,$(words $(LINT_SRC)) files)
	$(Q)printf '%s\n' $(LINT_SRC) | FLAGS='$(subst ',,$(INC)) $(WARN)' xargs -P $(JOBS) -n 4 \
		sh -c 'clang-tidy --quiet --warnings-as-errors="*" $(if $(QUICK),--checks="-clang-analyzer-*") "$$@" \
		-- $$FLAGS 2>/dev/null' tidy
	$(call say,CPPCHECK,)
	$(Q)cppcheck --quiet --error-exitcode=1 -j $(JOBS) --std=c11 --enable=warning,performance,portability \
		--inline-suppr --suppressions-list=tests/cppcheck.txt -I. -DKILIM_VERSION='""' \
		--library=tests/cppcheck.cfg $(LINT_SRC)

flags:
	@for flag in $(filter-out $(HARDEN),$(WANTED)); do echo "$(CC) lacks $$flag"; done

# ---- installing ----

# What a new network begins with; nothing that is made up.
SAMPLES = README.md taxonomies.ndjson terms.ndjson places.ndjson emergency-organisation.ndjson emergency-services.ndjson
BIN  = $(DESTDIR)$(PREFIX)/bin
SHARE= $(DESTDIR)$(PREFIX)/share
LIB  = $(DESTDIR)$(PREFIX)/lib
install: all
	install -D -m 755 -t $(BIN) $(B)/kilimd $(B)/kilim
	for page in $(wildcard docs/man/*.[1-8]); do \
		install -D -m 644 -t $(SHARE)/man/man$${page##*.} $$page; done
	install -D -m 644 contrib/completion/kilim.bash $(SHARE)/bash-completion/completions/kilim
	install -D -m 644 -t $(SHARE)/zsh/site-functions contrib/completion/_kilim
	install -D -m 644 -t $(SHARE)/fish/vendor_completions.d contrib/completion/kilim.fish
	install -d $(LIB)/systemd/system
	sed 's,/usr/bin/,$(PREFIX)/bin/,' contrib/systemd/kilimd.service > $(LIB)/systemd/system/kilimd.service
	chmod 644 $(LIB)/systemd/system/kilimd.service
	install -D -m 644 contrib/systemd/sysusers.conf $(LIB)/sysusers.d/kilim.conf
	for words in $(SAMPLES); do \
		install -D -m 644 -t $(SHARE)/kilim contrib/sample-network/$$words; done

clean:
	rm -rf build build-*

.PHONY: all help units tomorrow sim fuzzers tools peers demo test check bench fuzz soak lab lint flags install clean
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)

# kilim: make, make demo, make test; the other targets are listed by `make help`.
#
#   SAN=1      AddressSanitizer and UndefinedBehaviorSanitizer
#   CC=clang   another compiler
#   V=1        show the commands
#   B=DIR      build somewhere else than build/

CC      ?= gcc
PREFIX  ?= /usr/local
VERSION := 0.1.0
SAN     ?=
B       ?= build$(if $(SAN),-san)

PKGS    := libcoap-3-notls lmdb libcjson libsodium libuv libmicrohttpd libcurl inih libutf8proc libqrencode
LIBS     = $(shell pkg-config --libs $(PKGS)) -lmbedtls -lmbedx509 -lmbedcrypto -lpthread -lm
PKGINC   = $(shell pkg-config --cflags $(PKGS))

# A compiler that lacks a flag gets the rest; `make flags` names what is missing.
probe    = $(shell echo 'int x;' | $(CC) -Werror $(1) -xc -c -o /dev/null - >/dev/null 2>&1 && echo $(1))
HARDEN  := $(call probe,-fstack-protector-strong) $(call probe,-fstack-clash-protection) \
           $(call probe,-fcf-protection) $(call probe,-ftrivial-auto-var-init=zero) -fno-strict-aliasing
WARN    := -Wall -Wextra -Wformat=2 -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes $(WERROR)
ifeq ($(SAN),)
OPT     := -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
SANFLAGS:=
else
OPT     := -O1 -g -fno-omit-frame-pointer
SANFLAGS:= -fsanitize=address,undefined -fno-sanitize-recover=all
endif
CFLAGS  ?= -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(OPT) $(CFLAGS) $(SANFLAGS) $(HARDEN) $(WARN) -fPIE -I. \
             -DKILIM_VERSION='"$(VERSION)"' $(PKGINC) -MMD -MP
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANFLAGS) $(LDFLAGS)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' "$(1)" "$(2)")

LIB_SRC   := $(wildcard proto/*.c proto/kinds/*.c) \
             $(filter-out node/daemon/main.c node/cli/%,$(wildcard node/*/*.c))
CLI_SRC   := $(wildcard node/cli/*.c)
UNIT_SRC  := $(wildcard tests/unit/*/*.c)
TLIB_SRC  := $(wildcard tests/lib/*.c)
obj        = $(patsubst %.c,$(B)/obj/%.o,$(1))
UNIT_BIN  := $(patsubst tests/unit/%.c,$(B)/unit/%,$(UNIT_SRC))

all: $(B)/kilimd $(B)/kilim

help:
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make             build/kilimd and build/kilim
#: make demo        three organisations on this machine, step by step
#: make check       the fast tests            make test    all tests, installs what they need
#: make bench       figures, build/bench.json make fuzz    the decoders, for longer
#: make soak        crash cycles, for longer  make lint    clang-tidy and cppcheck
#: make install     DESTDIR= PREFIX=          make clean

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@

$(B)/libkilim.a: $(call obj,$(LIB_SRC))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/kilimd: $(call obj,node/daemon/main.c) $(B)/libkilim.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/kilim: $(call obj,$(CLI_SRC)) $(B)/libkilim.a
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(call obj,$(TLIB_SRC)) $(B)/libkilim.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ -lcriterion $(LIBS)

units: $(UNIT_BIN)

clean:
	rm -rf build build-*

.PHONY: all help units clean
.SECONDARY:
-include $(shell find $(B) -name '*.d' 2>/dev/null)

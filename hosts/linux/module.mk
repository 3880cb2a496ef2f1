# SPDX-License-Identifier: MIT OR GPL-2.0-only
#
# How a kernel module of ours is built outside its source folder. The including Makefile, in the module's folder, sets
# `module` to that folder as seen from the project's root, and `name` to what it is called in build/; the folder has a
# Kbuild.

ROOT := $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))))))
# `override`: it comes from make's command line.
override BUILD := $(abspath $(if $(BUILD),$(if $(filter /%,$(BUILD)),$(BUILD),$(ROOT)/$(BUILD)),$(ROOT)/build/$(name)))

# The running kernel's headers; else the newest that Debian's packages have installed (containers, build machines).
running := /lib/modules/$(shell uname -r)/build
installed := $(shell ls -d /usr/src/linux-headers-*-cloud-amd64 /usr/src/linux-headers-*-amd64 2>/dev/null | sort -uV)
usable = $(foreach folder,$(1),$(if $(wildcard $(folder)/Makefile),$(folder)))
ifeq ($(KDIR),)
  KDIR := $(call usable,$(running))
  ifeq ($(KDIR),)
    KDIR := $(lastword $(call usable,$(installed)))
    ifneq ($(KDIR),)
      $(info No headers for the running kernel $(shell uname -r): building for $(notdir $(KDIR)))
    endif
  endif
endif
ifeq ($(call usable,$(KDIR)),)
  ifneq ($(MAKECMDGOALS),clean)
    $(error No kernel headers$(if $(KDIR), in $(KDIR)). Install linux-headers-amd64, or name a folder: make KDIR=...)
  endif
endif

# No BTF: it would want pahole, and the kernel's own type information, which Debian 12's headers lack.
kbuild = $(MAKE) -C $(KDIR) M=$(BUILD) CONFIG_DEBUG_INFO_BTF_MODULES= $(if $(filter-out default undefined,$(origin CXX)),NADIR_CXX=$(CXX))

.PHONY: all check clean other-kernel
all: check $(BUILD)/Kbuild other-kernel
	+$(kbuild) modules

# What kbuild has made names headers as seen from the kernel's folder, so it doesn't notice another kernel. What was made for that
# one goes.
kernel := $(realpath $(KDIR)) $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null)
other-kernel: $(BUILD)/Kbuild
	+@if [ -e $(BUILD)/kernel ] && [ "$$(cat $(BUILD)/kernel)" != "$(kernel)" ]; then $(kbuild) clean; fi
	@echo "$(kernel)" >$(BUILD)/kernel

# Says in words what kbuild and compilers would say in their own.
check:
	@$(ROOT)/hosts/linux/check-kernel $(KDIR) $(if $(filter-out default undefined,$(origin CXX)),"$(CXX)")

# kbuild wants a file of that name in the folder that it writes to: ours only points at the real one.
.PHONY: force
$(BUILD)/Kbuild: force
	@mkdir -p $(BUILD)
	@printf 'nadir_root := %s\ninclude $$(nadir_root)/$(module)/Kbuild\n' '$(ROOT)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

clean:
	rm -rf $(BUILD)

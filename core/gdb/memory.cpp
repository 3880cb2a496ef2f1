// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/memory.h"

#include "arch/paging.h"
#include "arch/vmx/fields.h"
#include "core/gdb/debugger.h"
#include "core/gdb/machine.h"
#include "core/gdb/task.h"
#include "core/guest.h"
#include "core/memory/ept_lock.h"
#include "core/memory/guest_linear.h"
#include "core/memory/guest_memory.h"
#include "core/memory/memory_types.h"
#include "core/step.h"
#include "core/views/copy.h"
#include "core/views/flag_instructions.h"
#include "core/views/flag_pass.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core::gdb {

using cpu::vmread;

namespace {

// A walk that leaves no mark.
class Untouched {
public:
    explicit Untouched(const Vcpu& vcpu) : memory_(vcpu), vmm_(*vcpu.place.vmm) {}

    uint64_t read_entry(uint64_t physical, uint32_t bytes) const {
        return is_memory(vmm_, physical) ? memory_.read_entry(physical, bytes) : 0;
    }
    static uint8_t set_bits(uint64_t, uint8_t bits) { return bits; }

private:
    GuestMemory memory_;
    const Vmm& vmm_;
};

// The same, and what it has read is kept.
class Recorded {
public:
    Recorded(const Vcpu& vcpu, Task& task) : tables_(vcpu), task_(task) {}

    uint64_t read_entry(uint64_t physical, uint32_t bytes) const {
        const uint64_t value = tables_.read_entry(physical, bytes);
        if (task_.count < Task::most_steps) {
            task_.steps[task_.count] = {physical, value};
            ++task_.count;
        }
        return value;
    }
    static uint8_t set_bits(uint64_t physical, uint8_t bits) { return Untouched::set_bits(physical, bits); }

private:
    Untouched tables_;
    Task& task_;
};

// The system's own read, wherever the page belongs to.
GuestPaging paging_to_look(const Vcpu& vcpu) {
    GuestPaging paging = guest_paging(vcpu);
    paging.smap = false;
    return paging;
}

// Calls use(physical, bytes, how many came before) page by page as far as there is memory. How many bytes that was.
template <typename Use>
uint32_t for_each_page(const Vcpu& vcpu, uint64_t linear, uint32_t bytes, Use use) {
    uint32_t done = 0;
    while (done < bytes) {
        const uint64_t at = linear + done;
        const auto in_page = static_cast<uint32_t>(arch::page_size_4k - at % arch::page_size_4k);
        const uint32_t part = bytes - done < in_page ? bytes - done : in_page;
        uint64_t physical = 0;
        if (find_memory_here(vcpu, at, physical) != Refusal::none) {
            break;
        }
        use(physical, part, done);
        done += part;
    }
    return done;
}

} // namespace

Refusal find_memory_here(const Vcpu& vcpu, uint64_t linear, uint64_t& physical) {
    const GuestTranslation there = translate(vcpu, linear);
    if (!there.mapped) {
        return Refusal::not_mapped;
    }
    physical = there.physical;
    if (is_memory(*vcpu.place.vmm, physical)) {
        return Refusal::none;
    }
    return page_behind(vcpu.place.vmm->ept, physical).hidden ? Refusal::ours : Refusal::no_memory_there;
}

uint32_t read_bytes_here(const Vcpu& vcpu, uint64_t linear, uint8_t* to, uint32_t bytes) {
    return for_each_page(vcpu, linear, bytes, [&](uint64_t physical, uint32_t part, uint32_t before) {
        GuestMemory{vcpu}.read(physical, to + before, part);
    });
}

uint32_t write_bytes_here(Vcpu& vcpu, uint64_t linear, const uint8_t* from, uint32_t bytes) {
    return for_each_page(vcpu, linear, bytes, [&](uint64_t physical, uint32_t part, uint32_t before) {
        GuestMemory{vcpu}.write(physical, from + before, part);
        // Who executes a hidden page executes a copy.
        const Views* const views = vcpu.place.vmm->views;
        const HiddenPage* const hidden = views != nullptr ? find_hidden(*views, physical) : nullptr;
        if (hidden != nullptr && views->armed != 0) {
            const EptLock lock{vcpu};
            refresh_copy(vcpu, *hidden);
        }
    });
}

bool can_step_here(const Vcpu& vcpu) {
    if (vcpu.step.monitor_trap == static_cast<uint8_t>(MonitorTrap::works) || needs_flag_pass(vcpu)) {
        // In an NMI's handler the window, by which such an instruction ends, opens at the handler's end only.
        return !needs_flag_pass(vcpu) || !vmread(arch::vmcs::guest_interruptibility).blocking_by_nmi();
    }
    constexpr uint32_t longest = 15;
    uint8_t bytes[longest];
    const uint64_t rip =
        vmread(arch::vmcs::guest_rip) + (guest_in_64_bit_mode() ? 0 : vmread(arch::vmcs::guest_cs_base));
    const uint32_t count = read_bytes_here(vcpu, rip, bytes, longest);
    return count == 0 || loads_stack_segment(bytes, count) || !uses_hidden_flags(bytes, count);
}

GuestTranslation translate(const Vcpu& vcpu, uint64_t linear) {
    return walk_guest(paging_to_look(vcpu), linear, GuestLinear::system_read, Untouched{vcpu});
}

void walk_here(const Vcpu& vcpu, Task& task) {
    const GuestTranslation there =
        walk_guest(paging_to_look(vcpu), task.linear, GuestLinear::system_read, Recorded{vcpu, task});
    task.done = there.mapped;
    task.value = there.physical;
}

bool is_memory(const Vmm& vmm, uint64_t physical) {
    const PageBehind behind = page_behind(vmm.ept, physical);
    return behind.exists && !behind.hidden && type_at(vmm.ept.mtrr, physical) == arch::MemoryType::write_back;
}

uint32_t read_memory(Vmm& vmm, uint32_t processor, uint64_t linear, uint8_t* to, uint32_t bytes) {
    Task task{.errand = Errand::read_bytes, .bytes = bytes, .linear = linear};
    task.to = to;
    run_on(vmm, processor, task);
    return task.count;
}

uint32_t write_memory(Vmm& vmm, uint32_t processor, uint64_t linear, const uint8_t* from, uint32_t bytes) {
    Task task{.errand = Errand::write_bytes, .bytes = bytes, .linear = linear, .from = from};
    run_on(vmm, processor, task);
    return task.count;
}

Refusal why_no_memory(Vmm& vmm, uint32_t processor, uint64_t linear) {
    Task look{.errand = Errand::translate, .refusal = Refusal::not_stopped, .linear = linear};
    run_on(vmm, processor, look);
    return look.refusal;
}

bool can_step(Vmm& vmm, uint32_t processor) {
    Task task{.errand = Errand::judge_step, .done = true};
    run_on(vmm, processor, task);
    if (!task.done) {
        refuse(vmm, {Deed::step, Refusal::step, processor});
    }
    return task.done;
}

} // namespace nadir::core::gdb

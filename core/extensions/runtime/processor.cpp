// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What extensions may call. Root mode, current VMCS.
#include "arch/control_registers.h"
#include "arch/paging.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/extensions/dispatch.h"
#include "core/extensions/packed_text.h"
#include "core/guest.h"
#include "core/log.h"
#include "core/memory/guest_linear.h"
#include "core/msr_policy.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::extension {

using core::GuestAccess;
using core::GuestMemory;
using cpu::vmread;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

namespace {

// Explicit accesses of a supervisor with EFLAGS.AC set.
constexpr GuestAccess to_read{false, false, true};
constexpr GuestAccess to_write{true, false, true};

// Calls use(physical, bytes, how many bytes came before) for each page; false: one isn't mapped.
template <typename Use>
bool for_each_page(const core::Vcpu& vcpu, uint64_t linear, uint32_t bytes, GuestAccess access, Use use) {
    const GuestMemory memory{vcpu};
    const core::GuestPaging paging = core::guest_paging(vcpu);
    const uint64_t width = core::guest_in_64_bit_mode() ? ~uint64_t{0} : uint64_t{0xFFFF'FFFF};
    for (uint32_t done = 0; done < bytes;) {
        const uint64_t at = (linear + done) & width;
        const uint64_t left_in_page = arch::page_size_4k - at % arch::page_size_4k;
        const auto piece = static_cast<uint32_t>(left_in_page < bytes - done ? left_in_page : bytes - done);
        const core::GuestTranslation translation = core::walk_guest(paging, at, access, memory);
        if (!translation.mapped) {
            return false;
        }
        use(memory, translation.physical, piece, done);
        done += piece;
    }
    return true;
}

} // namespace

uint32_t Processor::number() const { return vcpu_.place.processor; }

uint64_t Processor::get(Register which) const { return core::guest_register(vcpu_, static_cast<unsigned>(which)); }

void Processor::set(Register which, uint64_t value) {
    if (which == Register::rsp) {
        vmwrite(vmcs::guest_rsp, value);
    } else {
        vcpu_.registers.value[static_cast<unsigned>(which)] = value;
    }
}

uint64_t Processor::rip() const { return vmread(vmcs::guest_rip); }
void Processor::set_rip(uint64_t rip) { vmwrite(vmcs::guest_rip, rip); }
uint64_t Processor::rflags() const { return vmread(vmcs::guest_rflags).value; }
uint64_t Processor::cr3() const { return vmread(vmcs::guest_cr3).value; }
unsigned Processor::privilege_level() const { return core::guest_privilege_level(); }
bool Processor::in_64_bit_mode() const { return core::guest_in_64_bit_mode(); }

uint64_t Processor::argument(unsigned index) const {
    constexpr Register places[] = {Register::rdi, Register::rsi, Register::rdx,
                                   Register::rcx, Register::r8,  Register::r9};
    return index < std::size(places) ? get(places[index]) : 0;
}

bool Processor::return_from_function(uint64_t value) {
    const uint64_t rsp = get(Register::rsp);
    const std::optional<uint64_t> caller = read<uint64_t>(rsp);
    if (!caller) {
        return false;
    }
    set(Register::rax, value);
    set(Register::rsp, rsp + sizeof(*caller));
    set_rip(*caller);
    return true;
}

// By the handler of the guest's own RDMSR, whose registers it borrows.
std::optional<uint64_t> Processor::msr(uint32_t msr) const {
    if (!core::is_watchable(msr)) {
        return std::nullopt;
    }
    core::GuestRegisters& r = vcpu_.registers;
    const uint64_t kept[] = {r.rax(), r.rcx(), r.rdx()};
    r.rcx() = msr;
    const core::Outcome outcome =
        core::is_switched(msr) ? core::exits::rdmsr_switched(vcpu_) : core::exits::rdmsr(vcpu_);
    const uint64_t value = r.edx_eax();
    r.rax() = kept[0];
    r.rcx() = kept[1];
    r.rdx() = kept[2];
    return outcome == core::Outcome::advance ? std::optional{value} : std::nullopt;
}

bool Processor::read(uint64_t linear, void* to, uint32_t bytes) const {
    return for_each_page(vcpu_, linear, bytes, to_read,
                         [&](const GuestMemory& memory, uint64_t physical, uint32_t piece, uint32_t done) {
                             memory.read(physical, static_cast<uint8_t*>(to) + done, piece);
                         });
}

bool Processor::write(uint64_t linear, const void* from, uint32_t bytes) const {
    return for_each_page(vcpu_, linear, bytes, to_write,
                         [&](const GuestMemory& memory, uint64_t physical, uint32_t piece, uint32_t done) {
                             memory.write(physical, static_cast<const uint8_t*>(from) + done, piece);
                         });
}

std::size_t Processor::read_text(uint64_t linear, std::span<char> to) const {
    for (std::size_t done = 0; done < to.size();) {
        const uint64_t left_in_page = arch::page_size_4k - (linear + done) % arch::page_size_4k;
        const std::size_t left = to.size() - done;
        const std::size_t end = done + (left_in_page < left ? left_in_page : left);
        if (!read(linear + done, &to[done], static_cast<uint32_t>(end - done))) {
            return done;
        }
        for (; done < end; ++done) {
            if (to[done] == '\0') {
                return done;
            }
        }
    }
    return to.size();
}

void Processor::read_physical(uint64_t physical, void* to, uint32_t bytes) const {
    const GuestMemory memory{vcpu_};
    for (uint32_t i = 0; i < bytes; ++i) {
        memory.read(physical + i, static_cast<uint8_t*>(to) + i, 1);
    }
}

void Processor::write_physical(uint64_t physical, const void* from, uint32_t bytes) const {
    const GuestMemory memory{vcpu_};
    for (uint32_t i = 0; i < bytes; ++i) {
        memory.write(physical + i, static_cast<const uint8_t*>(from) + i, 1);
    }
}

// Read from other processors, too.
void Processor::count(unsigned index, uint64_t by) const {
    if (index < counters_shown) {
        uint64_t& counter = core::extension_state(vcpu_).counter[extension_][index];
        __atomic_store_n(&counter, counter + by, __ATOMIC_RELAXED);
    }
}

uint64_t& Processor::word(unsigned index) const {
    return core::extension_state(vcpu_).word[extension_][index < words_kept ? index : words_kept - 1];
}

void Processor::log(std::string_view text, uint64_t first, uint64_t second) const {
    const core::PackedText name = core::packed(core::extension_description(extension_)->name);
    const core::PackedText words = core::packed(text);
    core::log(vcpu_, core::Message::extension_note,
              {name.word[0], name.word[1], words.word[0], words.word[1], first, second});
}

} // namespace nadir::extension

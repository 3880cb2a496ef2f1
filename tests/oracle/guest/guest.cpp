// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Tries every mutant on the processor that it runs on. Its capabilities and fields go to COM1, the verdicts into the
// emulator's log (tests/oracle/verdict.h).
//
// A mutant that passes all checks doesn't run: the last entry of its VM-entry MSR-load list is one that no processor
// accepts, so that VM entry fails there with exit 34, behind all checks, and the VMCS stays clear. Only baselines, and
// mutants of that list alone, really enter: UD2, with every exception exiting, or the preemption timer brings them back.
#include "arch/msr/feature_control.h"
#include "cpu/vmx.h"
#include "tests/oracle/control_groups.h"
#include "tests/oracle/verdict.h"
#include "tests/small_guest/announcing_processor.h"

extern "C" {
unsigned oracle_launch();
void oracle_host_entry();
}

namespace {

using namespace nadir;
using namespace nadir::oracle;

using small_guest::print;
using small_guest::print_hex;
using small_guest::read_msr;
using small_guest::write_msr;

[[noreturn]] void finish(const char* word) {
    print(word);
    print('\n');
    small_guest::shut_down();
}

void fill_memory(const arch::Capabilities& caps) {
    layout::fill_arena(reinterpret_cast<std::uint64_t*>(layout::arena), caps);
    auto* code = reinterpret_cast<std::uint64_t*>(layout::low_code);
    asm("" : "+r"(code)); // an address that the compiler has no object for
    for (unsigned i = 0; i < 512; ++i) {
        code[i] = 0x0B0F'0B0F'0B0F'0B0F;
    }
    // movabs $oracle_host_entry, %rax; jmp *%rax
    auto* jump = reinterpret_cast<unsigned char*>(layout::trampoline + layout::trampoline_jump);
    const auto target = reinterpret_cast<std::uint64_t>(&oracle_host_entry);
    const unsigned char bytes[] = {0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xE0};
    for (unsigned i = 0; i < sizeof(bytes); ++i) {
        jump[i] = i >= 2 && i < 10 ? static_cast<unsigned char>(target >> 8 * (i - 2)) : bytes[i];
    }
}

void start_vmx(const arch::Capabilities& caps) {
    constexpr std::uint64_t enabled = arch::FeatureControl::lock_mask | 4;
    const std::uint64_t feature_control = read_msr(0x3A);
    if ((feature_control & arch::FeatureControl::lock_mask) == 0) {
        write_msr(0x3A, enabled);
    }
    const std::uint64_t cr0 = caps.msr(arch::capability_msr::vmx_cr0_fixed0) | arch::Cr0::wp_mask | arch::Cr0::et_mask;
    const std::uint64_t cr4 = caps.msr(arch::capability_msr::vmx_cr4_fixed0) | arch::Cr4::pae_mask;
    asm volatile("mov %0, %%cr0" : : "r"(cr0));
    asm volatile("mov %0, %%cr4" : : "r"(cr4));
    asm volatile("mov %0, %%cr3" : : "r"(layout::host_pml4) : "memory");
    if (cpu::vmxon(layout::vmxon_region) != cpu::VmxStatus::succeeded) {
        finish("vmxon failed");
    }
}

void renew_vmcs() {
    if (cpu::vmclear(layout::vmcs_region) != cpu::VmxStatus::succeeded ||
        cpu::vmptrld(layout::vmcs_region) != cpu::VmxStatus::succeeded) {
        finish("vmptrld failed");
    }
}

void find_fields(Presence& presence) {
    print("fields ");
    for (unsigned slot = 0; slot < field_count; ++slot) {
        const arch::VmcsFieldInfo& info = arch::vmcs_fields[slot];
        const bool writable = info.group() != arch::FieldGroup::read_only &&
                              cpu::vmwrite_raw(info.encoding.value, 0) == cpu::VmxStatus::succeeded;
        presence.present[slot] = writable ? 1 : 0;
        print(writable ? '1' : '0');
    }
    print('\n');
    for (unsigned slot = first_word_slot; slot < slot_count; ++slot) {
        presence.present[slot] = 1;
    }
}

Marker verdict_of(unsigned way, std::uint32_t number) {
    if (way == 0) {
        return {number, Verdict::vmfail_invalid, 0};
    }
    const auto detail = [](std::uint64_t value) { return static_cast<std::uint8_t>(value < 63 ? value : 63); };
    if (way == 1) {
        return {number, Verdict::vmfail, detail(cpu::vmread(arch::vmcs::instruction_error))};
    }
    const auto reason = cpu::vmread(arch::vmcs::exit_reason).value;
    const auto basic = static_cast<std::uint16_t>(reason);
    if (reason >> 31 == 0) {
        return {number, Verdict::entered, detail(basic)};
    }
    const std::uint8_t qualification = detail(cpu::vmread(arch::vmcs::exit_qualification));
    return basic == 33   ? Marker{number, Verdict::exit_33, qualification}
           : basic == 34 ? Marker{number, Verdict::exit_34, qualification}
                         : Marker{number, Verdict::other_failure, detail(basic)};
}

class Tester {
public:
    explicit Tester(const Presence& presence) : presence_(presence) {}

    void begin(Baseline, const Values& values) {
        base_ = &values;
        write_all();
    }

    void mutant(const Mutant& mutant, const Values&, Exclusion exclusion) {
        if (exclusion != Exclusion::none) {
            return;
        }
        for (unsigned i = 0; i < mutant.count; ++i) {
            write(mutant.changes[i].slot, mutant.changes[i].value);
        }
        const Marker marker = verdict_of(oracle_launch(), mutant.number);
        read_msr(marker.encode());
        if (marker.verdict == Verdict::entered) { // the guest's state was saved, and the VMCS is launched
            renew_vmcs();
            write_all();
            return;
        }
        for (unsigned i = 0; i < mutant.count; ++i) {
            write(mutant.changes[i].slot, (*base_)[mutant.changes[i].slot]);
        }
    }

private:
    static void write(unsigned slot, std::uint64_t value) {
        if (is_word(slot)) {
            *reinterpret_cast<volatile std::uint64_t*>(word_address(slot)) = value;
        } else if (cpu::vmwrite_raw(arch::vmcs_fields[slot].encoding.value, value) != cpu::VmxStatus::succeeded) {
            finish("vmwrite failed");
        }
    }
    void write_all() {
        for (unsigned slot = 0; slot < slot_count; ++slot) {
            if (presence_.present[slot] != 0) {
                write(slot, (*base_)[slot]);
            }
        }
    }

    const Presence& presence_;
    const Values* base_ = nullptr;
};

arch::Capabilities capabilities;
Presence presence;

} // namespace

extern "C" [[noreturn]] void small_guest_main() {
    small_guest::prepare_console();
    small_guest::AnnouncingProcessor processor;
    arch::read_capabilities(processor, capabilities);
    fill_memory(capabilities);
    start_vmx(capabilities);
    renew_vmcs();
    find_fields(presence);
    read_msr(Marker::start().encode());
    Tester tester(presence);
    static Generator<Tester> generator(capabilities, presence, tester);
    generate(generator);
    print("mutants ");
    print_hex(generator.count());
    print('\n');
    finish("end");
}

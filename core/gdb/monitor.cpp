// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `monitor WORDS` in GDB: what only the hypervisor knows. Each answer but that of the fields fits into one packet.
#include "arch/vmx/exit_reason.h"
#include "core/gdb/debugger.h"
#include "core/gdb/fields.h"
#include "core/gdb/hex.h"
#include "core/gdb/machine.h"
#include "core/gdb/memory.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

namespace {

void put_help(base::Writer& out) {
    out.text(
        "exits         a processor's VM exits by reason\n"
        "vmcs FIELD    fields of its VMCS: a name, a part of names, all, or the number that the manual gives it\n"
        "walk ADDRESS  where a linear address leads, entry by entry of its page tables\n"
        "why           why what GDB asked for last and didn't get was refused\n"
        "Each answer says whose it is: of the processor that GDB has read last, or of the one that is named before\n"
        "the command: cpu 1 exits\n");
}

// GDB doesn't tell which thread it shows when a command is sent to `monitor`, only when it reads: so the user may.
bool take_processor(const Vmm& vmm, Words& words, uint32_t& processor, base::Writer& out) {
    if (!words.skip("cpu ")) {
        return true;
    }
    const auto named = words.decimal();
    if (!named || !words.skip(" ")) {
        out.text("cpu needs a processor's number and a command: cpu 1 exits\n");
        return false;
    }
    if (*named >= processor_count(vmm) || !is_there(vmm, *named)) {
        out.text("there is no processor ").decimal(*named).text(" that stands still: info threads has them all\n");
        return false;
    }
    processor = *named;
    return true;
}

void put_whose(uint32_t processor, base::Writer& out) { out.text("processor ").decimal(processor).text(":\n"); }

void put_exits(Vmm& vmm, uint32_t processor, base::Writer& out) {
    const Vcpu& vcpu = *vmm.vcpus[processor];
    for (const arch::ExitReasonName& row : arch::exit_reason_names) {
        const auto number = static_cast<unsigned>(row.reason);
        if (number < NADIR_EXIT_REASONS && vcpu.exits[number] != 0) {
            out.decimal(vcpu.exits[number]).character('\t').text(row.words).character('\n');
        }
    }
}

void put_walk(Vmm& vmm, uint32_t processor, Words words, base::Writer& out) {
    (void)words.skip(" ");
    (void)words.skip("0x");
    const auto linear = words.number();
    if (!linear || !words.at_end()) {
        out.text("walk needs a linear address, in hexadecimal digits; GDB's names and $registers don't get here\n");
        return;
    }
    Task look{.errand = Errand::walk, .linear = *linear};
    run_on(vmm, processor, look);
    for (uint32_t i = 0; i < look.count; ++i) {
        out.text("entry at ").hex(look.steps[i].physical).text(": ").hex(look.steps[i].value).character('\n');
    }
    out.hex(*linear).text(look.done ? " is at physical address " : " is not mapped");
    if (look.done) {
        out.hex(look.value).text(is_memory(vmm, look.value) ? "" : ", where no memory of the guest's is");
    }
    out.character('\n');
}

} // namespace

Monitored put_monitor(Vmm& vmm, uint32_t processor, std::string_view text, uint32_t& next, base::Writer& out) {
    Words words(text);
    if (!take_processor(vmm, words, processor, out)) {
        return Monitored::whole;
    }
    if (words.skip("help")) {
        put_help(out);
    } else if (words.skip("exits")) {
        put_whose(processor, out);
        put_exits(vmm, processor, out);
    } else if (words.skip("vmcs")) {
        (void)words.skip(" ");
        if (next == 0) {
            put_whose(processor, out);
        }
        return put_fields(vmm, processor, words.rest(), next, out);
    } else if (words.skip("walk")) {
        put_whose(processor, out);
        put_walk(vmm, processor, words, out);
    } else if (words.skip("why")) {
        put_refusal(vmm, out);
    } else {
        return Monitored::unknown;
    }
    return Monitored::whole;
}

} // namespace nadir::core::gdb

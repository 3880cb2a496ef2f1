// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/task/task_state.h"

#include "arch/tss.h"

namespace nadir::core {

using arch::Selector;
using Tss16 = arch::TaskStateSegment16;
using Tss32 = arch::TaskStateSegment32;

namespace {

// What lies behind is the shadow-stack pointer, which a TSS has only with CET; supervisor shadow stacks are refused.
constexpr uint32_t bytes_32 = offsetof(Tss32, ssp);
constexpr uint32_t first_saved_32 = offsetof(Tss32, eip);
constexpr uint32_t end_saved_32 = offsetof(Tss32, gs) + sizeof(uint16_t);
constexpr uint32_t first_saved_16 = offsetof(Tss16, ip);
constexpr uint32_t end_saved_16 = offsetof(Tss16, ds) + sizeof(uint16_t);

TaskState from(const Tss32& t) {
    TaskState s{};
    s.eip = t.eip;
    s.flags = arch::Rflags{t.eflags};
    const uint32_t general[] = {t.eax, t.ecx, t.edx, t.ebx, t.esp, t.ebp, t.esi, t.edi};
    __builtin_memcpy(s.general, general, sizeof general);
    s.es = Selector{t.es};
    s.cs = Selector{t.cs};
    s.ss = Selector{t.ss};
    s.ds = Selector{t.ds};
    s.fs = Selector{t.fs};
    s.gs = Selector{t.gs};
    s.ldtr = Selector{t.ldtr};
    s.cr3 = t.cr3;
    s.debug_trap = (t.debug_trap & 1) != 0;
    return s;
}

// The upper halves of the general registers aren't in it; processors set them.
TaskState from(const Tss16& t) {
    constexpr uint32_t upper_half = 0xFFFF'0000;
    TaskState s{};
    s.eip = t.ip;
    s.flags = arch::Rflags{t.flags};
    const uint16_t general[] = {t.ax, t.cx, t.dx, t.bx, t.sp, t.bp, t.si, t.di};
    for (unsigned i = 0; i < 8; ++i) {
        s.general[i] = upper_half | general[i];
    }
    s.es = Selector{t.es};
    s.cs = Selector{t.cs};
    s.ss = Selector{t.ss};
    s.ds = Selector{t.ds};
    s.ldtr = Selector{t.ldtr};
    return s;
}

void put(Tss32& t, const TaskState& s) {
    t.eip = s.eip;
    t.eflags = static_cast<uint32_t>(s.flags.value);
    t.eax = s.general[0];
    t.ecx = s.general[1];
    t.edx = s.general[2];
    t.ebx = s.general[3];
    t.esp = s.general[4];
    t.ebp = s.general[5];
    t.esi = s.general[6];
    t.edi = s.general[7];
    t.es = s.es.value;
    t.cs = s.cs.value;
    t.ss = s.ss.value;
    t.ds = s.ds.value;
    t.fs = s.fs.value;
    t.gs = s.gs.value;
}

void put(Tss16& t, const TaskState& s) {
    const auto low = [](uint64_t value) { return static_cast<uint16_t>(value); };
    t.ip = low(s.eip);
    t.flags = low(s.flags.value);
    t.ax = low(s.general[0]);
    t.cx = low(s.general[1]);
    t.dx = low(s.general[2]);
    t.bx = low(s.general[3]);
    t.sp = low(s.general[4]);
    t.bp = low(s.general[5]);
    t.si = low(s.general[6]);
    t.di = low(s.general[7]);
    t.es = s.es.value;
    t.cs = s.cs.value;
    t.ss = s.ss.value;
    t.ds = s.ds.value;
}

// Reads before it writes, for the words between the selectors are to stay as they are.
template <typename Tss>
MaybeFault save(const GuestLinear& guest, uint32_t base, uint32_t first, uint32_t end, const TaskState& state) {
    Tss tss{};
    auto* bytes = reinterpret_cast<uint8_t*>(&tss);
    if (const MaybeFault fault = guest.read(base + first, bytes + first, end - first)) {
        return fault;
    }
    put(tss, state);
    return guest.write(base + first, bytes + first, end - first);
}

} // namespace

uint32_t bytes_read(const TaskSegment& tss) { return tss.is_16_bit() ? sizeof(Tss16) : bytes_32; }
// A selector has a whole doubleword in a 32-bit TSS.
uint32_t least_limit(const TaskSegment& tss) { return (tss.is_16_bit() ? end_saved_16 : offsetof(Tss32, ldtr)) - 1; }
uint32_t first_byte_saved(const TaskSegment& tss) { return tss.is_16_bit() ? first_saved_16 : first_saved_32; }
uint32_t bytes_saved(const TaskSegment& tss) {
    return tss.is_16_bit() ? end_saved_16 - first_saved_16 : end_saved_32 - first_saved_32;
}

MaybeFault load_task_state(const GuestLinear& guest, const TaskSegment& tss, TaskState& state) {
    if (tss.is_16_bit()) {
        Tss16 t{};
        const MaybeFault fault = guest.read(tss.base, &t, sizeof t);
        state = from(t);
        return fault;
    }
    Tss32 t{};
    const MaybeFault fault = guest.read(tss.base, &t, bytes_32);
    state = from(t);
    return fault;
}

MaybeFault save_task_state(const GuestLinear& guest, const TaskSegment& tss, const TaskState& state) {
    if (tss.is_16_bit()) {
        return save<Tss16>(guest, tss.base, first_saved_16, end_saved_16, state);
    }
    return save<Tss32>(guest, tss.base, first_saved_32, end_saved_32, state);
}

} // namespace nadir::core

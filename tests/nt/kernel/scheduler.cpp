// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/kernel/scheduler.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/print.h"
#include "tests/nt/kernel/lock.h"

namespace nadir::nt {

namespace {

constexpr u32 maximum_threads = 48;

Lock lock;
Thread* threads[maximum_threads];
u32 thread_count;
u32 turn;
u64 ticks;
bool freeze;

void save_fpu(Thread& thread) { asm volatile("fxsave64 %0" : "=m"(thread.fpu)); }
void load_fpu(Thread& thread) { asm volatile("fxrstor64 %0" : : "m"(thread.fpu)); }

// Is the object signalled for this thread? Takes it where being waited for changes it.
bool try_take(DispatcherHeader& object, Thread& thread) {
    if (object.type == object_mutant) {
        auto& mutant = reinterpret_cast<Mutant&>(object);
        if (object.signal_state <= 0 && mutant.owner != &thread)
            return false;
        thread.held_mutants += object.signal_state == 1 ? 1 : 0;
        --object.signal_state;
        mutant.owner = &thread;
        return true;
    }
    if (object.signal_state <= 0)
        return false;
    if (object.type == object_synchronization_event)
        object.signal_state = 0;
    else if (object.type == object_semaphore)
        --object.signal_state;
    return true;
}

bool runnable(Thread& thread, u32 index) {
    if ((thread.allowed >> index & 1) == 0)
        return false;
    if (thread.state == ThreadState::waiting) {
        const bool taken = thread.object != nullptr && try_take(*thread.object, thread);
        if (!taken && ticks < thread.deadline)
            return false;
        thread.wait_status = taken ? status::success : status::timeout;
        thread.state = ThreadState::ready;
    }
    return thread.state == ThreadState::ready;
}

Thread* pick(u32 index) {
    for (u32 i = 0; i < thread_count; ++i) {
        Thread& candidate = *threads[(turn + i) % thread_count];
        if (runnable(candidate, index)) {
            turn = (turn + i + 1) % thread_count;
            return &candidate;
        }
    }
    return nullptr;
}

// A thread that has just left this processor and may run on others only: one of them shall look for it.
void send_on(const Thread& thread, u32 index) {
    if (thread.state != ThreadState::ready || (thread.allowed >> index & 1) != 0)
        return;
    for (u32 i = 0; i < active_cpus(); ++i)
        if ((thread.allowed >> i & 1) != 0)
            return wake(i);
}

// The lock is held, and is so again afterwards.
void leave_processor() {
    Thread& self = this_thread();
    const u64 level = bare::read_cr8();
    save_fpu(self);
    nt_switch(&self.stack_pointer, this_cpu().idle->stack_pointer);
    load_fpu(self);
    bare::write_cr8(level);
}

// Where a new thread begins: the scheduler has just switched to it, and holds the lock.
void begin_thread() {
    Thread& self = this_thread();
    give(lock);
    load_fpu(self);
    bare::write_cr8(passive_level);
    enable_interrupts(true);
    self.procedure(self.argument);
    end_thread(status::success);
}

void prepare_stack(Thread& thread) {
    auto* top = reinterpret_cast<u64*>(thread.stack_high);
    *--top = 0; // so that the stack is aligned at the beginning as after a call
    *--top = reinterpret_cast<u64>(&begin_thread);
    for (u32 i = 0; i < 6; ++i)
        *--top = 0;
    thread.stack_pointer = reinterpret_cast<u64>(top);
    __builtin_memset(thread.fpu, 0, sizeof thread.fpu);
    thread.fpu[0] = 0x7F; // FCW 027FH, MXCSR 1F80H: as Windows has them in the kernel
    thread.fpu[1] = 0x02;
    thread.fpu[24] = 0x80;
    thread.fpu[25] = 0x1F;
}

// With a page below that isn't mapped.
void make_stack(Thread& thread) {
    const u64 low = take_addresses(stack_base, stack_pages);
    for (u64 i = 0; i < stack_pages; ++i) {
        const u64 physical = allocate_pages(1);
        if (physical == 0)
            bare::finish(false, "no memory for a thread's stack: give reserve=MIB more");
        map(low + i * page_size, physical, page_data);
    }
    thread.stack_low = reinterpret_cast<u8*>(low);
    thread.stack_high = thread.stack_low + stack_pages * page_size;
}

// A slot whose thread has ended keeps its stack for the next.
Thread* take_slot() {
    for (u32 i = 0; i < thread_count; ++i)
        if (threads[i]->state == ThreadState::ended && threads[i]->references == 0 &&
            (threads[i]->of_driver || threads[i]->name == nullptr))
            return threads[i];
    return nullptr;
}

} // namespace

u64 tick_count() { return __atomic_load_n(&ticks, __ATOMIC_ACQUIRE); }

void advance_clock() { __atomic_store_n(&ticks, ticks + 1, __ATOMIC_RELEASE); }

Thread* new_idle_thread(u32 index) {
    auto* idle = new_object<Thread>();
    idle->name = "idle";
    idle->allowed = 1ull << index;
    idle->state = ThreadState::running;
    make_stack(*idle);
    return idle;
}

Thread* create_thread(const char* name, void (*procedure)(void*), void* argument, bool user) {
    const Locked guard(lock);
    Thread* fresh = take_slot();
    if (fresh == nullptr) {
        if (thread_count == maximum_threads)
            bare::finish(false, "more threads than this kernel has room for");
        fresh = threads[thread_count] = new_object<Thread>();
        make_stack(*fresh);
        ++thread_count;
    }
    fresh->header = {object_thread, 0, sizeof(Thread) / 4 % 256, 0, 0, {nullptr, nullptr}};
    fresh->name = name;
    fresh->procedure = procedure;
    fresh->argument = argument;
    fresh->user = user;
    fresh->of_driver = false;
    fresh->allowed = every_cpu;
    fresh->system_affinity = false;
    fresh->held_mutants = 0;
    fresh->references = 0;
    prepare_stack(*fresh);
    fresh->state = ThreadState::ready;
    return fresh;
}

void end_thread(Status exit_status) {
    disable_interrupts();
    take(lock);
    Thread& self = this_thread();
    self.exit_status = exit_status;
    self.header.signal_state = 1;
    self.state = ThreadState::ended;
    nt_switch(&self.stack_pointer, this_cpu().idle->stack_pointer);
    bare::finish(false, "a thread that had ended went on");
}

void yield() {
    const bool interrupts = disable_interrupts();
    take(lock);
    this_thread().state = ThreadState::ready;
    leave_processor();
    give(lock);
    enable_interrupts(interrupts);
}

void sleep(u64 for_ticks) {
    disable_interrupts();
    take(lock);
    Thread& self = this_thread();
    self.object = nullptr;
    self.deadline = ticks + for_ticks;
    self.state = ThreadState::waiting;
    leave_processor();
    give(lock);
    enable_interrupts(true);
}

void join(Thread& thread) {
    wait_for(thread.header, for_ever);
    thread.name = nullptr;
}

void set_affinity(u64 allowed) {
    this_thread().allowed = allowed;
    while ((allowed >> this_cpu().index & 1) == 0)
        yield();
}

Status wait_for(DispatcherHeader& object, u64 for_ticks) {
    const bool interrupts = disable_interrupts();
    take(lock);
    Thread& self = this_thread();
    Status result = try_take(object, self) ? status::success : status::timeout;
    if (result == status::timeout && for_ticks != 0) {
        self.object = &object;
        self.deadline = for_ticks == for_ever ? for_ever : ticks + for_ticks;
        self.state = ThreadState::waiting;
        leave_processor();
        result = self.wait_status;
    }
    give(lock);
    enable_interrupts(interrupts);
    return result;
}

i32 signal(DispatcherHeader& object, i32 state) {
    const Locked guard(lock);
    const i32 before = object.signal_state;
    object.signal_state = state;
    return before;
}

bool release_mutant(Mutant& mutant) {
    const Locked guard(lock);
    Thread& self = this_thread();
    if (mutant.owner != &self || mutant.header.signal_state > 0)
        return false;
    if (++mutant.header.signal_state == 1) {
        mutant.owner = nullptr;
        --self.held_mutants;
    }
    return true;
}

u32 driver_threads() {
    const Locked guard(lock);
    u32 found = 0;
    for (u32 i = 0; i < thread_count; ++i)
        found += threads[i]->of_driver && threads[i]->state != ThreadState::ended ? 1 : 0;
    return found;
}

void enter_scheduler(Cpu& self) {
    self.current = self.idle;
    __atomic_store_n(&self.running, true, __ATOMIC_RELEASE);
    for (;;) {
        disable_interrupts();
        take(lock);
        Thread* next = pick(self.index);
        if (next != nullptr) {
            next->state = ThreadState::running;
            self.current = next;
            bare::write_cr3(self.root[next->user ? 1 : 0]);
            nt_switch(&self.idle->stack_pointer, next->stack_pointer);
            self.current = self.idle;
            bare::write_cr8(passive_level);
            send_on(*next, self.index);
        }
        give(lock);
        if (next != nullptr)
            enable_interrupts(true);
        else
            asm volatile("sti; hlt");
    }
}

void freeze_others() {
    __atomic_store_n(&freeze, true, __ATOMIC_RELEASE);
    for (u32 i = 0; i < active_cpus(); ++i)
        if (i != this_cpu().index)
            wake(i);
}

bool frozen() { return __atomic_load_n(&freeze, __ATOMIC_ACQUIRE); }

void wake(u32 index) { bare::send_ipi(cpu(index).machine->apic_id, bare::icr_fixed | vector_ipi); }

} // namespace nadir::nt

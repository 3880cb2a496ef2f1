// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/instruction.h"

#include "arch/paging.h"
#include "arch/vmx/fields.h"
#include "core/guest.h"
#include "core/memory/guest_linear.h"
#include "core/memory/guest_memory.h"
#include "cpu/vmx.h"

namespace nadir::core {

using cpu::vmread;
namespace vmcs = arch::vmcs;

uint64_t linear_rip() {
    const uint64_t rip = vmread(vmcs::guest_rip);
    return guest_in_64_bit_mode() ? rip : (rip + vmread(vmcs::guest_cs_base)) & 0xFFFF'FFFF;
}

unsigned read_instruction(const Vcpu& vcpu, uint8_t (&bytes)[longest_instruction]) {
    const GuestMemory memory{vcpu};
    const GuestPaging paging = guest_paging(vcpu);
    const uint64_t linear = linear_rip();
    constexpr unsigned user_level = 3;
    const GuestAccess fetch{false, guest_privilege_level() == user_level, true}; // SMAP is about data
    unsigned count = 0;
    while (count < longest_instruction) {
        const GuestTranslation at = walk_guest(paging, linear + count, fetch, memory);
        if (!at.mapped) {
            break;
        }
        const uint64_t in_page = arch::page_size_4k - at.physical % arch::page_size_4k;
        const unsigned wanted = longest_instruction - count;
        const auto chunk = static_cast<uint32_t>(in_page < wanted ? in_page : wanted);
        memory.read(at.physical, bytes + count, chunk);
        count += chunk;
    }
    return count;
}

} // namespace nadir::core

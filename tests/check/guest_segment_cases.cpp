// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What breaks the rules on the guest's segments.
#include "tests/check/entry_cases.h"

namespace nadir::test {

using namespace arch::vmcs;

std::vector<Case> guest_segment_cases() {
    constexpr std::uint32_t cs = guest_cs_access_rights.encoding;
    constexpr std::uint32_t ss = guest_ss_access_rights.encoding;
    constexpr std::uint32_t tr = guest_tr_access_rights.encoding;
    constexpr std::uint32_t ldtr = guest_ldtr_access_rights.encoding;
    std::vector<Case> cases = {
        {"guest.cs.type", [](State& s) { s.flip(cs, 1); }},
        {"guest.cs.s", [](State& s) { s.flip(cs, 0x10); }},
        {"guest.cs.present", [](State& s) { s.flip(cs, 0x80); }},
        {"guest.cs.reserved", [](State& s) { s.flip(cs, 0x100); }},
        {"guest.cs.granularity", [](State& s) { s.flip(cs, 0x8000); }},
        {"guest.cs.dpl.data",
         [](State& s) {
             s.vmcs = vmcs_real();
             s.flip(cs, 0x20);
         }},
        {"guest.cs.dpl.code", [](State& s) { s.flip(cs, 0x20); }},
        {"guest.cs.dpl.conforming", [](State& s) { s.flip(cs, 0x24); }},
        {"guest.cs.db", [](State& s) { s.flip(cs, 0x4000); }},
        {"guest.cs.base", [](State& s) { s.set(guest_cs_base.encoding, 1ull << 32); }},
        {"guest.ss.rpl", [](State& s) { s.flip(guest_ss_selector.encoding, 3); }},
        // Conforming code of DPL 0 at CPL 3, but for one of the RPLs.
        {"guest.ss.rpl",
         [](State& s) {
             run_at_cpl_3(s.vmcs);
             s.set(cs, 0xA09F);
             s.flip(guest_cs_selector.encoding, 3);
         }},
        {"guest.ss.type", [](State& s) { s.flip(ss, 2); }},
        {"guest.ss.s", [](State& s) { s.flip(ss, 0x10); }},
        {"guest.ss.present", [](State& s) { s.flip(ss, 0x80); }},
        {"guest.ss.reserved", [](State& s) { s.flip(ss, 1u << 20); }},
        {"guest.ss.granularity", [](State& s) { s.set(guest_ss_limit.encoding, 0xFFFE); }},
        {"guest.ss.dpl.rpl", [](State& s) { s.flip(ss, 0x60); }},
        {"guest.ss.dpl.rpl",
         [](State& s) {
             run_at_cpl_3(s.vmcs);
             s.set(cs, 0xA09F);
             s.flip(guest_cs_selector.encoding, 3);
             s.flip(guest_ss_selector.encoding, 3);
         }},
        {"guest.ss.dpl.real",
         [](State& s) {
             s.vmcs = vmcs_real();
             s.flip(ss, 0x60);
         }},
        {"guest.ss.base", [](State& s) { s.set(guest_ss_base.encoding, 1ull << 63); }},
        {"guest.es.base", [](State& s) { s.set(guest_es_base.encoding, 1ull << 32); }},
        {"guest.ds.base", [](State& s) { s.set(guest_ds_base.encoding, 1ull << 32); }},
        {"guest.fs.base", [](State& s) { s.set(guest_fs_base.encoding, not_canonical); }},
        {"guest.gs.base", [](State& s) { s.set(guest_gs_base.encoding, not_canonical); }},
        {"guest.tr.ti", [](State& s) { s.flip(guest_tr_selector.encoding, 4); }},
        {"guest.tr.type", [](State& s) { s.flip(tr, 2); }},
        {"guest.tr.s", [](State& s) { s.flip(tr, 0x10); }},
        {"guest.tr.present", [](State& s) { s.flip(tr, 0x80); }},
        {"guest.tr.reserved", [](State& s) { s.flip(tr, 0x800); }},
        {"guest.tr.granularity", [](State& s) { s.flip(tr, 0x8000); }},
        {"guest.tr.usable", [](State& s) { s.flip(tr, 0x10000); }},
        {"guest.tr.base", [](State& s) { s.set(guest_tr_base.encoding, not_canonical); }},
        {"guest.ldtr.ti",
         [](State& s) {
             s.set(ldtr, 0x82);
             s.set(guest_ldtr_selector.encoding, 4);
         }},
        {"guest.ldtr.type", [](State& s) { s.set(ldtr, 0x83); }},
        {"guest.ldtr.s", [](State& s) { s.set(ldtr, 0x92); }},
        {"guest.ldtr.present", [](State& s) { s.set(ldtr, 0x02); }},
        {"guest.ldtr.reserved", [](State& s) { s.set(ldtr, 0x282); }},
        {"guest.ldtr.granularity", [](State& s) { s.set(ldtr, 0x8082); }},
        {"guest.ldtr.base",
         [](State& s) {
             s.set(ldtr, 0x82);
             s.set(guest_ldtr_base.encoding, not_canonical);
         }},
    };
    const char* const data[] = {"es", "", "", "ds", "fs", "gs"};
    const char* const names[] = {"es", "cs", "ss", "ds", "fs", "gs"};
    const auto add = [&](const std::string& rule, std::function<void(State&)> change) {
        cases.push_back({rule, std::move(change)});
    };
    for (std::uint32_t segment = 0; segment < 6; ++segment) {
        const std::uint32_t rights = guest_es_access_rights.encoding + 2 * segment;
        const std::uint32_t selector = guest_es_selector.encoding + 2 * segment;
        const std::uint32_t limit = guest_es_limit.encoding + 2 * segment;
        const std::uint32_t base = guest_es_base.encoding + 2 * segment;
        const std::string v86 = std::string("guest.v86.") + names[segment];
        const auto in_v86 = [](auto change) {
            return [change](State& s) {
                s.vmcs = vmcs_virtual_8086();
                change(s);
            };
        };
        add(v86 + ".base", in_v86([base](State& s) { s.flip(base, 0x10); }));
        add(v86 + ".limit", in_v86([limit](State& s) { s.flip(limit, 1); }));
        add(v86 + ".rights", in_v86([rights](State& s) { s.flip(rights, 0x20); }));
        if (data[segment][0] == '\0') {
            continue;
        }
        const std::string guest = std::string("guest.") + data[segment];
        add(guest + ".accessed", [rights](State& s) { s.flip(rights, 1); });
        add(guest + ".readable", [rights](State& s) { s.flip(rights, 0xA); }); // execute-only code
        add(guest + ".s", [rights](State& s) { s.flip(rights, 0x10); });
        add(guest + ".dpl", [selector](State& s) { s.flip(selector, 3); });
        add(guest + ".present", [rights](State& s) { s.flip(rights, 0x80); });
        add(guest + ".reserved", [rights](State& s) { s.flip(rights, 0x200); });
        add(guest + ".granularity", [limit](State& s) { s.flip(limit, 1); });
    }
    return cases;
}

} // namespace nadir::test

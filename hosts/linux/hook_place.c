// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * May there be a hook at this address, and where does it lie? Only in code that stays where it is until a module goes: what the
 * kernel makes at run time (BPF programs, trampolines) it also frees, and tells nobody. With host_lock held.
 */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pgtable.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "hosts/linux/hooks.h"
#include "hosts/linux/host.h"

/* Modules that have been told that they go, and may not be gone yet: the kernel still names their symbols for a moment. Only the last
 * few can be in that moment. */
static char going[8][MODULE_NAME_LEN];
static unsigned int next_going;

void hook_place_goes(const char *module)
{
    strscpy(going[next_going++ % ARRAY_SIZE(going)], module, MODULE_NAME_LEN);
}

void hook_place_comes(const char *module)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(going); i++)
        if (!strcmp(going[i], module))
            going[i][0] = '\0';
}

static bool is_going(const char *module)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(going); i++)
        if (!strcmp(going[i], module))
            return true;
    return false;
}

static u64 physical_address(const pte_t *entry, unsigned int level, u64 address)
{
    u64 frame;

    switch (level) {
    case PG_LEVEL_1G:
        frame = pud_pfn(*(const pud_t *)entry);
        break;
    case PG_LEVEL_2M:
        frame = pmd_pfn(*(const pmd_t *)entry);
        break;
    default:
        frame = pte_pfn(*entry);
    }
    return (frame << PAGE_SHIFT) | (address & (page_level_size(level) - 1));
}

/* Whose code it is: fills in the module's name, "" for the kernel's own. "name+0x0/0x10 [module]" is what the kernel has for it, and a
 * mere number for what is nobody's. */
static bool find_owner(u64 address, char *module)
{
    static char words[KSYM_SYMBOL_LEN];
    char *begin;

    sprint_symbol(words, (unsigned long)address);
    module[0] = '\0';
    begin = strrchr(words, '[');
    if (begin) {
        strscpy(module, begin + 1, MODULE_NAME_LEN);
        module[strcspn(module, "]")] = '\0';
        return !is_going(module);
    }
    return strncmp(words, "0x", 2) && address < MODULES_VADDR; /* else a BPF program: named, and no module's */
}

u32 hook_place_find(u64 address, struct hook_place *place, struct nadir_report *report)
{
    unsigned int level;
    const pte_t *entry;

    if ((s64)address >= 0)
        return host_report(report, NADIR_HOOK_ADDRESS,
                           "%#llx is an address of programs, and hooks are for the kernel's code so far.", address);
    /* Below that are no code and, where addresses aren't canonical, no entries that belong to them. */
    entry = address < __START_KERNEL_map ? NULL : lookup_address((unsigned long)address, &level);
    if (!entry || pte_none(*entry) || !(pte_flags(*entry) & _PAGE_PRESENT))
        return host_report(report, NADIR_HOOK_ADDRESS, "nothing is mapped at %#llx where the kernel has its code.",
                           address);
    if (pte_flags(*entry) & _PAGE_NX)
        return host_report(report, NADIR_HOOK_NOT_CODE, "what lies at %#llx isn't executable.", address);
    if (!find_owner(address, place->module))
        return host_report(report, NADIR_HOOK_NOT_TEXT,
                           "%#llx is neither in the kernel's own code nor in a module's: the kernel may free it, and "
                           "would not say so.",
                           address);
    place->physical = physical_address(entry, level, address);
    return NADIR_OK;
}

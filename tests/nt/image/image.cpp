// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/image/image.h"

#include "tests/nt/abi/pe.h"
#include "tests/nt/image/pe_check.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

Image loaded;
u64 unmaps;

template <typename T>
T& at(u64 offset) {
    return *reinterpret_cast<T*>(alias(loaded.physical + offset));
}

bool begins_with(const char* text, const char* start) {
    while (*start != 0)
        if (*text++ != *start++)
            return false;
    return true;
}

void copy_sections(const u8* file, const pe::Headers& headers) {
    __builtin_memset(alias(loaded.physical), 0, loaded.bytes);
    __builtin_memcpy(alias(loaded.physical), file, headers.header_bytes);
    const auto* sections = first_section(headers);
    loaded.section_count = 0;
    auto add = [&](const char* name, u64 start, u64 end, u64 rights, SectionKind kind) {
        LoadedSection& fresh = loaded.sections[loaded.section_count++];
        fresh = {{}, loaded.base + start, loaded.base + end, rights, kind};
        for (u32 i = 0; i < 8 && name[i] != 0; ++i)
            fresh.name[i] = name[i];
    };
    add("headers", 0, round_up(headers.header_bytes, page_size), page_present | page_no_execute, SectionKind::resident);
    for (u32 i = 0; i < headers.section_count; ++i) {
        const pe::Section& section = sections[i];
        const u32 present = section.raw_bytes < section.virtual_bytes ? section.raw_bytes : section.virtual_bytes;
        __builtin_memcpy(alias(loaded.physical + section.address), file + section.raw, present);
        const u32 flags = section.characteristics;
        u64 rights = page_present;
        rights |= (flags & pe::section_write) != 0 ? page_writable : 0;
        rights |= (flags & pe::section_execute) != 0 ? 0 : page_no_execute;
        // As Windows decides: INIT by its flag, pageable by the beginning of its name.
        const SectionKind kind = (flags & pe::section_discardable) != 0 ? SectionKind::discardable
                                 : begins_with(section.name, "PAGE")    ? SectionKind::pageable
                                                                        : SectionKind::resident;
        add(section.name, section.address, section.address + round_up(section.virtual_bytes, page_size), rights, kind);
    }
}

void relocate(const pe::Headers& headers) {
    const u64 delta = loaded.base - headers.image_base;
    const pe::DataDirectory& directory = headers.directory[pe::relocation_directory];
    for (u32 done = 0; done < directory.bytes;) {
        const auto& block = at<pe::RelocationBlock>(directory.address + done);
        if (block.bytes < sizeof block || block.bytes % 4 != 0 || done + block.bytes > directory.bytes ||
            block.page + page_size > round_up(loaded.bytes, page_size))
            violation(rule::image, 0, "a block of relocations at %x is damaged", directory.address + done);
        const auto* entry = reinterpret_cast<const u16*>(&block + 1);
        for (u32 i = 0; i < (block.bytes - sizeof block) / 2; ++i) {
            if (entry[i] >> 12 == pe::relocation_dir64)
                at<u64>(block.page + (entry[i] & 0xFFF)) += delta;
            else if (entry[i] >> 12 != pe::relocation_none)
                violation(rule::image, 0, "a relocation of type %u, which 64-bit images don't have", entry[i] >> 12);
        }
        done += block.bytes;
    }
}

void resolve_imports(const pe::Headers& headers) {
    const pe::DataDirectory& directory = headers.directory[pe::import_directory];
    if (directory.bytes == 0)
        return;
    for (u64 each = directory.address;; each += sizeof(pe::ImportDescriptor)) {
        const auto& module = at<pe::ImportDescriptor>(each);
        if (module.names == 0 && module.addresses == 0)
            return;
        const char* name = &at<char>(module.module);
        if (!is_known_module(name))
            violation(rule::import, 0, "the driver imports from %s", name);
        const u32 names = module.names != 0 ? module.names : module.addresses;
        for (u32 i = 0; at<u64>(names + 8 * i) != 0; ++i) {
            const u64 thunk = at<u64>(names + 8 * i);
            if (thunk >> 63 != 0)
                violation(rule::import, 0, "the driver imports number %llu of %s without a name", thunk & 0xFFFF, name);
            const char* function = &at<char>(thunk + 2);
            const u64 address = resolve_import(function);
            if (address == 0)
                violation(rule::import, 0, "%s exports no %s that this kernel knows", name, function);
            at<u64>(module.addresses + 8 * i) = address;
        }
    }
}

void set_cookie(const pe::Headers& headers) {
    const pe::DataDirectory& directory = headers.directory[pe::load_config_directory];
    if (directory.bytes < pe::load_config_cookie + 8)
        return;
    const u64 cookie = at<u64>(directory.address + pe::load_config_cookie);
    if (cookie == 0)
        return;
    if (cookie < loaded.base || cookie >= loaded.base + loaded.bytes)
        violation(rule::image, 0, "the security cookie's address %llx is outside the image", cookie);
    u64& value = at<u64>(cookie - loaded.base);
    if (value != pe::default_cookie)
        violation(rule::image, 0, "the security cookie doesn't begin as %llx: the loader would leave it",
                  pe::default_cookie);
    value = (bare::read_tsc() * 0x9E37'79B9'7F4A'7C15 >> 16) | 1;
}

} // namespace

const Image& image() { return loaded; }

void load_image(const u8* file, u64 bytes) {
    const pe::Headers& headers = check_image(file, bytes);
    loaded.base = driver_base;
    loaded.bytes = round_up(headers.image_bytes, page_size);
    loaded.entry = loaded.base + headers.entry;
    loaded.physical = allocate_pages(loaded.bytes / page_size);
    if (loaded.physical == 0 || loaded.bytes > driver_limit)
        violation(rule::image, 0, "no room for an image of %llu bytes", loaded.bytes);
    copy_sections(file, headers);
    relocate(headers);
    resolve_imports(headers);
    set_cookie(headers);
    for (u32 i = 0; i < active_cpus(); ++i)
        map_image(cpu(i));
    count_unmap();
}

void map_image(Cpu& on) {
    for (u32 i = 0; i < loaded.section_count; ++i)
        protect_section(on, loaded.sections[i], true);
}

void protect_section(Cpu& on, const LoadedSection& section, bool present) {
    const bool there = section.kind == SectionKind::resident || section.kind == SectionKind::discardable ||
                       (section.kind == SectionKind::pageable && present && on.pageable_open);
    for (u64 address = section.start; address < section.end; address += page_size) {
        const u64 physical = loaded.physical + (address - loaded.base);
        entry_of(on.root[0], address) = there ? physical | section.rights : 0;
        invalidate(address);
    }
}

void discard_init() {
    for (u32 i = 0; i < loaded.section_count; ++i) {
        LoadedSection& section = loaded.sections[i];
        if (section.kind != SectionKind::discardable)
            continue;
        section.kind = SectionKind::discarded;
        for (u32 c = 0; c < active_cpus(); ++c)
            protect_section(cpu(c), section, false);
        __builtin_memset(alias(loaded.physical + section.start - loaded.base), 0xCC, section.end - section.start);
    }
    count_unmap();
}

void unload_image() {
    for (u32 i = 0; i < loaded.section_count; ++i) {
        loaded.sections[i].kind = SectionKind::discarded;
        for (u32 c = 0; c < active_cpus(); ++c)
            protect_section(cpu(c), loaded.sections[i], false);
    }
    count_unmap();
    free_pages(loaded.physical, loaded.bytes / page_size);
    loaded.section_count = 0;
}

const LoadedSection* find_section(u64 address) {
    for (u32 i = 0; i < loaded.section_count; ++i)
        if (address >= loaded.sections[i].start && address < loaded.sections[i].end)
            return &loaded.sections[i];
    return nullptr;
}

const char* section_of(u64 address) {
    const LoadedSection* found = find_section(address);
    return found != nullptr ? found->name : nullptr;
}

u64 unmap_count() { return __atomic_load_n(&unmaps, __ATOMIC_ACQUIRE); }

void count_unmap() { __atomic_fetch_add(&unmaps, 1, __ATOMIC_RELEASE); }

} // namespace nadir::nt

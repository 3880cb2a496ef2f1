// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/rules/rule_book.h"

#include "arch/msr/index.h"
#include "base/format.h"
#include "core/cleared_memory.h"
#include "core/guest_call.h"
#include "core/nadir.h"
#include "core/plan/make_plan.h"
#include "core/plan/memory_refusal.h"
#include "core/report.h"
#include "core/rules/judge_rule.h"
#include "cpu/msr.h"

namespace nadir::core {

namespace {

constexpr uint64_t book_bytes = (sizeof(RuleBook) + NADIR_PAGE_SIZE - 1) & ~(NADIR_PAGE_SIZE - 1);
constexpr uint32_t no_slot = NADIR_RULES;

struct Counts {
    const nadir_session* session;
    uint64_t of[NADIR_RULES];
};

NADIR_ABI nadir_u32 count_here(void* argument, nadir_u32) {
    Counts& counts = *static_cast<Counts*>(argument);
    for (uint32_t first = 0; first < NADIR_RULES; first += hypercall_words) {
        const GuestCall answer = call_root(*counts.session, Hypercall::rule_answers, first);
        __builtin_memcpy(counts.of + first, answer.word, sizeof(answer.word));
    }
    return NADIR_OK;
}

// Since the start of the session; zeros where no processor can be asked.
Counts read_counts(const nadir_session& session) {
    Counts counts{&session, {}};
    if (const uint32_t asked = some_processor(session); asked != NADIR_ANY_PROCESSOR) {
        (void)nadir_host_run_on(asked, count_here, &counts);
    }
    return counts;
}

bool is_empty(const RuleBook& book) {
    for (const RuleBook::Entry& entry : book.of) {
        if (entry.used != 0) {
            return false;
        }
    }
    return true;
}

void list(const nadir_session& session, nadir_rules_request& request) {
    request.count = 0;
    const RuleBook* const book = session.rule_book;
    if (book == nullptr || is_empty(*book)) {
        return;
    }
    const Counts counts = read_counts(session);
    for (uint32_t slot = 0; slot < NADIR_RULES; ++slot) {
        const RuleBook::Entry& entry = book->of[slot];
        if (entry.used != 0) {
            request.rules[request.count++] = {slot + 1, 0, counts.of[slot] - entry.answered_before, entry.rule};
        }
    }
}

nadir_u32 fail(nadir_report& report, nadir_status status, uint64_t detail = 0) {
    fill_report(report, {status, NADIR_STEP_NONE, NADIR_ANY_PROCESSOR, {detail, 0, 0, 0}});
    const std::span words{report.text};
    switch (status) {
    case NADIR_ALREADY_OFF:
        base::Writer{words}.text("Nadir is off: there are no rules, and none can be given. Turn it on first.");
        break;
    case NADIR_BUSY:
        base::Writer{words}.text(
            "Nothing was changed: a processor hangs in root mode and still has what was given before the last "
            "change. The log says which; only a reboot helps.");
        break;
    default: break; // fill_report has the words
    }
    return report.status;
}

// The same instruction can't get two answers.
uint32_t rival_of(const RuleBook& book, const nadir_rule& rule) {
    const bool answers = rule.kind == NADIR_RULE_READ_MSR || rule.kind == NADIR_RULE_WRITE_MSR;
    for (uint32_t slot = 0; answers && slot < NADIR_RULES; ++slot) {
        const RuleBook::Entry& entry = book.of[slot];
        if (entry.used != 0 && entry.rule.kind == rule.kind && entry.rule.number == rule.number) {
            return slot;
        }
    }
    return no_slot;
}

uint32_t free_slot(const RuleBook& book) {
    uint32_t slot = 0;
    while (slot < NADIR_RULES && book.of[slot].used != 0) {
        ++slot;
    }
    return slot;
}

nadir_u32 add(nadir_session& session, nadir_rules_request& request) {
    const std::span words{request.report.text};
    if (!judge_rule(request.rule, cpu::read_msr(arch::Msr::ia32_vmx_cr4_fixed1), words)) {
        request.report.status = NADIR_BAD_ARGUMENT;
        return NADIR_BAD_ARGUMENT;
    }
    if (session.rule_book == nullptr) {
        session.rule_book = static_cast<RuleBook*>(allocate_cleared(book_bytes));
        if (session.rule_book == nullptr) {
            return fail(request.report, NADIR_NO_MEMORY, book_bytes);
        }
    }
    RuleBook& book = *session.rule_book;
    if (const uint32_t rival = rival_of(book, request.rule); rival != no_slot) {
        request.report.status = NADIR_BUSY;
        base::Writer{words}
            .text("Nothing was changed: rule ")
            .decimal(rival + 1)
            .text(" has the same MSR already. Remove that one first.");
        return NADIR_BUSY;
    }
    const uint32_t slot = free_slot(book);
    if (slot == NADIR_RULES) {
        request.report.status = NADIR_BAD_ARGUMENT;
        base::Writer{words}
            .text("Nothing was changed: there are ")
            .decimal(NADIR_RULES)
            .text(" rules already, and no place for more.");
        return NADIR_BAD_ARGUMENT;
    }
    book.of[slot] = {request.rule, read_counts(session).of[slot], 1, 0};
    if (const uint32_t status = renew_plan(session); status != NADIR_OK) {
        book.of[slot].used = 0;
        (void)fail(request.report, static_cast<nadir_status>(status));
        if (request.rule.kind == NADIR_RULE_PROTECT) {
            (void)explain_memory_refusal(status, words);
        }
        return status;
    }
    request.number = slot + 1;
    return NADIR_OK;
}

nadir_u32 remove(nadir_session& session, nadir_rules_request& request) {
    const uint32_t slot = request.number - 1; // 0 becomes none
    if (session.rule_book == nullptr || slot >= NADIR_RULES || session.rule_book->of[slot].used == 0) {
        request.report.status = NADIR_BAD_ARGUMENT;
        base::Writer{std::span{request.report.text}}
            .text("Nothing was changed: there is no rule ")
            .decimal(request.number)
            .text(".");
        return NADIR_BAD_ARGUMENT;
    }
    RuleBook::Entry& entry = session.rule_book->of[slot];
    entry.used = 0;
    if (const uint32_t status = renew_plan(session); status != NADIR_OK) {
        entry.used = 1;
        return fail(request.report, static_cast<nadir_status>(status));
    }
    return NADIR_OK;
}

nadir_u32 clear(nadir_session& session, nadir_rules_request& request) {
    RuleBook* const book = session.rule_book;
    if (book == nullptr) {
        return NADIR_OK;
    }
    session.rule_book = nullptr;
    if (const uint32_t status = renew_plan(session); status != NADIR_OK) {
        session.rule_book = book;
        return fail(request.report, static_cast<nadir_status>(status));
    }
    nadir_host_free(book, book_bytes);
    return NADIR_OK;
}

nadir_u32 change(nadir_session& session, nadir_rules_request& request) {
    switch (request.operation) {
    case NADIR_RULES_LIST: return NADIR_OK;
    case NADIR_RULES_ADD: return add(session, request);
    case NADIR_RULES_REMOVE: return remove(session, request);
    case NADIR_RULES_CLEAR: return clear(session, request);
    default: return fail(request.report, NADIR_BAD_ARGUMENT);
    }
}

} // namespace

void free_rule_book(nadir_session& session) {
    if (session.rule_book != nullptr) {
        nadir_host_free(session.rule_book, book_bytes);
        session.rule_book = nullptr;
    }
}

extern "C" {

NADIR_ABI nadir_u32 nadir_change_rules(nadir_session* session, nadir_rules_request* request) {
    fill_success(request->report);
    request->count = 0;
    if (session->processors_on == 0) {
        return fail(request->report, NADIR_ALREADY_OFF);
    }
    const nadir_u32 status = change(*session, *request);
    list(*session, *request);
    return status;
}
}

} // namespace nadir::core

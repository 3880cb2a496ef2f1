// SPDX-License-Identifier: MIT OR GPL-2.0-only
// From a filter's words to its nodes:
//
//   either     = both { ("or" | "||") both }
//   both       = negation { ("and" | "&&") negation }
//   negation   = ("not" | "!") negation | comparison
//   comparison = bits [ ("==" | "!=" | "<" | "<=" | ">" | ">=") bits ]
//   bits       = operand { "&" operand }                              binds closer than a comparison, unlike in C
//   operand    = number | text | name | "(" either ")"
#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/exit_status.h"
#include "tool/trace/event_words.h"
#include "tool/trace/where.h"
#include "tool/trace/where_fields.h"
#include "tool/trace/where_tokens.h"

#include <fmt/format.h>
#include <optional>

namespace nadir::tool {

class WhereParser {
public:
    using What = Where::What;

    WhereParser(Where& where, std::string_view filter, const WhereScope& scope)
        : where_(where), filter_(filter), scope_(scope), tokens_(tokens_of(filter)) {}

    void parse() {
        if (token().kind == TokenKind::end) {
            fail(token(), "there is nothing in this filter");
        }
        const Part whole = either();
        if (token().kind != TokenKind::end) {
            fail(token(), "this is one word too many", "`and` or `or` goes between two conditions.");
        }
        where_.root_ = condition(whole);
    }

private:
    // Of what kind a part is. A name is a text, an MSR or an event, by what it is compared with.
    enum class Type : std::uint8_t { number, text, event, name, condition };

    struct Part {
        Type type = Type::number;
        std::size_t node = 0;
        Token first;
    };

    static constexpr unsigned deepest = 100;

    [[nodiscard]] const Token& token() const { return tokens_[next_]; }

    [[nodiscard]] bool is(std::string_view sign, std::string_view word = {}) const {
        return (token().kind == TokenKind::sign && token().text == sign) ||
               (token().kind == TokenKind::word && !word.empty() && token().text == word);
    }

    bool take(std::string_view sign, std::string_view word = {}) {
        const bool there = is(sign, word);
        next_ += there ? 1 : 0;
        return there;
    }

    [[noreturn]] void fail(const Token& at, const std::string& what, const std::string& advice = {}) const {
        fail_at(filter_, at.at, at.length, what, advice);
    }

    std::size_t add(Where::Node node) {
        where_.nodes_.push_back(std::move(node));
        return where_.nodes_.size() - 1;
    }

    Part join(What what, const Part& left, const Part& right) {
        Where::Node node;
        node.what = what;
        node.left = condition(left);
        node.right = condition(right);
        return {Type::condition, add(node), left.first};
    }

    Part either() {
        Part left = both();
        while (take("||", "or")) {
            left = join(What::either, left, both());
        }
        return left;
    }

    Part both() {
        Part left = negation();
        while (take("&&", "and")) {
            left = join(What::both, left, negation());
        }
        return left;
    }

    Part negation() {
        const Token first = token();
        if (!take("!", "not")) {
            return comparison();
        }
        const Depth deeper(*this, first);
        Where::Node node;
        node.what = What::negation;
        node.left = condition(negation());
        return {Type::condition, add(node), first};
    }

    Part comparison() {
        Part left = bits();
        const Token sign = token();
        const auto meaning = comparison_of(sign);
        if (!meaning) {
            return left;
        }
        ++next_;
        const Part right = bits();
        Where::Node node;
        node.what = What::compare;
        node.comparison = *meaning;
        node.left = left.node;
        node.right = right.node;
        resolve(left, right.type);
        resolve(right, left.type);
        const bool is_text = left.type == Type::text || right.type == Type::text;
        const bool are_texts = is_text && (left.type == Type::text || left.type == Type::name) &&
                               (right.type == Type::text || right.type == Type::name);
        if (left.type == Type::condition || right.type == Type::condition) {
            fail(sign, "a condition can't be compared");
        }
        if (is_text && !are_texts) {
            fail(sign, "a number and a text are never equal");
        }
        if (is_text && sign.text != "==" && sign.text != "!=") {
            fail(sign, "texts are only equal or not");
        }
        if (comparison_of(token())) {
            fail(token(), "one comparison at a time", "`and` or `or` goes between two conditions.");
        }
        return {Type::condition, add(node), left.first};
    }

    static std::optional<Where::Comparison> comparison_of(const Token& sign) {
        constexpr std::string_view signs[] = {"==", "!=", "<", "<=", ">", ">="};
        for (std::size_t i = 0; sign.kind == TokenKind::sign && i < std::size(signs); ++i) {
            if (sign.text == signs[i]) {
                return static_cast<Where::Comparison>(i);
            }
        }
        return std::nullopt;
    }

    Part bits() {
        Part left = operand();
        while (is("&")) {
            const Token sign = token();
            ++next_;
            const Part right = operand();
            Where::Node node;
            node.what = What::bit_and;
            require_number(left, sign);
            require_number(right, sign);
            node.left = left.node;
            node.right = right.node;
            left = {Type::number, add(node), left.first};
        }
        return left;
    }

    void require_number(const Part& part, const Token& sign) {
        resolve(part, Type::number);
        if (part.type == Type::text || part.type == Type::condition) {
            fail(sign, "& is for numbers", "`and` joins two conditions.");
        }
    }

    Part operand() {
        const Token first = token();
        Where::Node node;
        switch (first.kind) {
        case TokenKind::number:
            ++next_;
            node.number = first.number;
            return {Type::number, add(node), first};
        case TokenKind::text:
            ++next_;
            node.what = What::text;
            node.name = first.text;
            return {Type::text, add(node), first};
        case TokenKind::word:
            if (first.text != "and" && first.text != "or" && first.text != "not") {
                ++next_;
                return name(first);
            }
            break;
        case TokenKind::sign:
            if (take("(")) {
                return parenthesis(first);
            }
            break;
        case TokenKind::end: break;
        }
        fail(first, "here a field, a number or a text is missing");
    }

    Part parenthesis(const Token& first) {
        const Depth deeper(*this, first);
        Part inner = either();
        if (!take(")")) {
            fail(token().kind == TokenKind::end ? first : token(), token().kind == TokenKind::end
                                                                       ? "this parenthesis is never closed"
                                                                       : "here a closing parenthesis is missing");
        }
        inner.first = first;
        return inner;
    }

    Part name(const Token& word) {
        Where::Node node;
        node.name = word.text;
        if (!is_field(word.text)) {
            node.what = What::text;
            return {Type::name, add(node), word};
        }
        if (const std::string why = why_without(word.text, scope_); !why.empty()) {
            fail(word, why);
        }
        node.what = What::field;
        const Type type = is_text_field(word.text) ? Type::text : word.text == "event" ? Type::event : Type::number;
        return {type, add(node), word};
    }

    // Of a name that is no field: what is it next to something of this type?
    void resolve(const Part& part, Type other) {
        if (part.type != Type::name || other == Type::text) {
            return;
        }
        Where::Node& node = where_.nodes_[part.node];
        const std::string word = node.name;
        if (const auto kind = event_of_name(word); kind && other == Type::event) {
            node = {};
            node.number = *kind;
            return;
        }
        const arch::Definition* msr = find_by_name(word);
        if (msr == nullptr || msr->kind != arch::DefinitionKind::msr || other == Type::event) {
            fail_unknown(part.first, other);
        }
        if (other == Type::condition) {
            fail(part.first, "an MSR alone is no condition", "Compare it: msr == efer.");
        }
        node = {};
        node.number = msr->number;
    }

    [[noreturn]] void fail_unknown(const Token& word, Type other) const {
        std::vector<Candidate> names;
        const auto add_name = [&names](std::string_view name) { names.push_back({std::string(name), squash(name)}); };
        if (other == Type::event) {
            for (const std::string_view name : event_names) {
                add_name(name);
            }
            fail(word, fmt::format("there is no event \"{}\"", word.text),
                 did_you_mean(nearest(squash(word.text), names)));
        }
        for (const std::string_view name : all_field_names()) {
            add_name(name);
        }
        std::vector<std::string> near = nearest(squash(word.text), names);
        for (const std::string& msr : near_names(word.text, arch::DefinitionKind::msr)) {
            near.push_back(msr);
        }
        if (near.size() > 5) {
            near.resize(5);
        }
        fail(word, fmt::format("there is no field and no MSR \"{}\"", word.text), did_you_mean(near));
    }

    std::size_t condition(const Part& part) {
        if (part.type == Type::name) {
            resolve(part, Type::condition); // which fails, and says why
        }
        if (part.type == Type::text) {
            fail(part.first, "a text alone is no condition", "Compare it: process == \"bash\".");
        }
        if (part.type == Type::event) {
            fail(part.first, "an event alone is no condition", "Compare it: event == wrmsr.");
        }
        return part.node;
    }

    // The way back to the surface must fit on the stack.
    class Depth {
    public:
        Depth(WhereParser& parser, const Token& at) : parser_(parser) {
            if (++parser_.depth_ > deepest) {
                parser_.fail(at, fmt::format("this is more than {} levels deep", deepest));
            }
        }
        ~Depth() { --parser_.depth_; }
        Depth(const Depth&) = delete;
        Depth& operator=(const Depth&) = delete;

    private:
        WhereParser& parser_;
    };

    Where& where_;
    std::string_view filter_;
    const WhereScope& scope_;
    std::vector<Token> tokens_;
    std::size_t next_ = 0;
    unsigned depth_ = 0;
};

Where::Where(std::string_view text, const WhereScope& scope) { WhereParser(*this, text, scope).parse(); }

} // namespace nadir::tool

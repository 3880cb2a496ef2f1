// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// What an operation that may fail returns: either a value or the reason. C++20 has no std::expected, and the core has
// no exceptions. Both alternatives are trivially copyable, so a Result never allocates and needs no run-time support.
//
//     Result<Vpid, Refusal> choose() { if (...) return base::Failure{Refusal::no_vpid}; return Vpid{1}; }
//     if (auto vpid = choose(); vpid.ok()) use(*vpid); else report(vpid.error());
#pragma once

#include <type_traits>

namespace nadir::base {

// Marks a value as the reason of a failure, so that Result<int, int> is not ambiguous.
template <typename E>
struct Failure {
    E error;
};

template <typename E>
Failure(E) -> Failure<E>;

// A Result with nothing but success to tell: `return base::success;` (or `return {};`).
struct Success {};
inline constexpr Success success{};

template <typename T, typename E>
class [[nodiscard]] Result {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_copyable_v<E>,
                  "a Result is passed in registers and needs no destructor");

public:
    using value_type = T;
    using error_type = E;

    constexpr Result(T value) : ok_(true), value_(value) {}

    template <typename F>
        requires std::is_convertible_v<F, E>
    constexpr Result(Failure<F> failure) : ok_(false), error_(static_cast<E>(failure.error)) {}

    // A bare error is accepted where it cannot be mistaken for a value.
    constexpr Result(E error)
        requires(!std::is_convertible_v<E, T> && !std::is_convertible_v<T, E>)
        : ok_(false), error_(error) {}

    [[nodiscard]] constexpr bool ok() const { return ok_; }
    constexpr explicit operator bool() const { return ok_; }

    // Asking for what is not there is our bug: it traps.
    [[nodiscard]] constexpr const T& value() const {
        if (!ok_) {
            __builtin_trap();
        }
        return value_;
    }
    [[nodiscard]] constexpr T& value() {
        if (!ok_) {
            __builtin_trap();
        }
        return value_;
    }
    [[nodiscard]] constexpr const E& error() const {
        if (ok_) {
            __builtin_trap();
        }
        return error_;
    }
    [[nodiscard]] constexpr T value_or(T otherwise) const { return ok_ ? value_ : otherwise; }

    constexpr const T& operator*() const { return value(); }
    constexpr T& operator*() { return value(); }
    constexpr const T* operator->() const { return &value(); }
    constexpr T* operator->() { return &value(); }

private:
    bool ok_;
    union {
        T value_;
        E error_;
    };
};

template <typename E>
class [[nodiscard]] Result<void, E> {
    static_assert(std::is_trivially_copyable_v<E>);

public:
    using value_type = void;
    using error_type = E;

    constexpr Result() : ok_(true), nothing_() {}
    constexpr Result(Success) : Result() {}

    template <typename F>
        requires std::is_convertible_v<F, E>
    constexpr Result(Failure<F> failure) : ok_(false), error_(static_cast<E>(failure.error)) {}

    constexpr Result(E error) : ok_(false), error_(error) {}

    [[nodiscard]] constexpr bool ok() const { return ok_; }
    constexpr explicit operator bool() const { return ok_; }

    [[nodiscard]] constexpr const E& error() const {
        if (ok_) {
            __builtin_trap();
        }
        return error_;
    }

private:
    bool ok_;
    union {
        Success nothing_;
        E error_;
    };
};

} // namespace nadir::base

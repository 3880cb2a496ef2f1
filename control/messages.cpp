// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "control/messages.h"

namespace nadir::control {

namespace {

constexpr nadir_level error = NADIR_LEVEL_ERROR;
constexpr nadir_level warning = NADIR_LEVEL_WARNING;
constexpr nadir_level info = NADIR_LEVEL_INFO;
constexpr nadir_level debug = NADIR_LEVEL_DEBUG;

constexpr MessageText texts[] = {
#define NADIR_MESSAGE_TEXT(name, level, text) {#name, level, text},
    NADIR_MESSAGES(NADIR_MESSAGE_TEXT)
#undef NADIR_MESSAGE_TEXT
};

constexpr MessageText unknown = {"unknown", info,
                                 "a message of another version of Nadir: {x}, {x}, {x}, {x}, {x}, {x}"};

static_assert(sizeof(texts) / sizeof(texts[0]) == static_cast<unsigned>(Message::count));

} // namespace

const MessageText& text_of(std::uint8_t message) {
    return message < static_cast<std::uint8_t>(Message::count) ? texts[message] : unknown;
}

nadir_level level_of(Message message) { return text_of(static_cast<std::uint8_t>(message)).level; }

} // namespace nadir::control

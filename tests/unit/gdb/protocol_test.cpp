// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include <deque>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/gdb/conversation.h"
#include "core/gdb/description.h"
#include "core/gdb/hex.h"
#include "core/gdb/line.h"
#include "fake_machine.h"

namespace {
std::deque<uint8_t> to_machine; // at its end GDB detaches, so that every conversation has one
unsigned looks_per_byte = 1;    // a line is slower than who looks at it
unsigned looks = 0;
std::string from_machine;
} // namespace

namespace nadir::core::gdb {

std::optional<uint8_t> receive(uint16_t) {
    if (to_machine.empty() || looks++ % looks_per_byte != 0) {
        return std::nullopt;
    }
    const uint8_t byte = to_machine.front();
    to_machine.pop_front();
    return byte;
}

bool send(uint16_t, uint8_t byte) {
    from_machine.push_back(static_cast<char>(byte));
    return true;
}

namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string packet(const std::string& data) {
    char sum[3];
    base::Writer(sum).hex_digits(checksum(data), 2);
    return "$" + data + "#" + sum;
}

std::string in_hex(std::string_view words) {
    std::string text;
    for (const char c : words) {
        char digits[3];
        base::Writer(digits).hex_digits(static_cast<uint8_t>(c), 2);
        text += digits;
    }
    return text;
}

class GdbProtocol : public testing::Test {
protected:
    void SetUp() override {
        fake::reset();
        to_machine.clear();
        from_machine.clear();
        looks_per_byte = 1;
        looks = 0;
        begin(session(), {StopReason::asked_for, 0, 0});
    }

    Session& session() { return *session_; }

    // The answer; the machine stands still behind it.
    std::string ask(const std::string& data, After expected = After::answered) {
        char text[most_data + 1];
        base::Writer reply(text);
        EXPECT_EQ(answer(session(), fake::vmm(), data, reply), expected) << data;
        EXPECT_FALSE(reply.truncated()) << data;
        return std::string(reply.view());
    }

    // What came over the line for these bytes.
    std::string over_the_line(const std::string& bytes) {
        const std::string all = bytes + packet("D");
        to_machine.assign(all.begin(), all.end());
        from_machine.clear();
        EXPECT_EQ(converse(session(), fake::vmm(), 0, false), After::detached);
        return from_machine;
    }

private:
    std::unique_ptr<Session> session_ = std::make_unique<Session>();
};

TEST_F(GdbProtocol, ReadsRegisters) {
    const std::string all = ask("g");
    EXPECT_EQ(all.size(), 2 * (16 * 8 + 8 + 4 + 6 * 4 + 8 * 10 + 8 * 4 + 2 * 8));
    EXPECT_THAT(all, StartsWith("0000000100000000"
                                "0100000100000000"));
    EXPECT_THAT(all, HasSubstr("xxxx")); // what root mode leaves alone
    EXPECT_EQ(ask("p10"), "0011000000000000");
    EXPECT_EQ(ask("p18"), std::string(20, 'x'));
    EXPECT_EQ(ask("pff"), "E16");
    EXPECT_EQ(ask("p"), "E16");
}

TEST_F(GdbProtocol, WritesWhatHasChangedOnly) {
    std::string all = ask("g");
    EXPECT_EQ(ask("G" + all), "OK");
    all.replace(0, 16, "efcdab8967452301");
    EXPECT_EQ(ask("G" + all), "OK");
    EXPECT_EQ(fake::machine.registers[0][0], 0x0123'4567'89AB'CDEFu);
    EXPECT_EQ(ask("P1=0100000000000000"), "OK");
    EXPECT_EQ(fake::machine.registers[0][1], 1u);
    for (const char* const wrong :
         {"P1=01", "P1", "P1=010000000000000000", "P18=00", "P2d=0000000000000000", "Pff=00", "Gxx"}) {
        EXPECT_EQ(ask(wrong), "E16") << wrong;
    }
}

TEST_F(GdbProtocol, ReadsAndWritesMemory) {
    EXPECT_EQ(ask("m1001,3"), "070e15");
    EXPECT_EQ(ask("m1ffe,10"), "f2f9"); // as far as there is memory
    EXPECT_EQ(ask("m2000,1"), "E0e");
    EXPECT_EQ(ask("m1000,0"), "");
    EXPECT_EQ(ask("m1000,ffffffff").size(), 2 * ((most_data - 16) / 2)); // and GDB asks for the rest
    EXPECT_EQ(ask("M1000,2:aabb"), "OK");
    EXPECT_EQ(ask(std::string("X1002,2:\0#", 10)), "OK");
    EXPECT_EQ(ask("m1000,4"), "aabb0023");
    for (const char* const wrong :
         {"m", "m1000", "m1000,", "m1000,1x", "M1000,2:aa", "M1000,2:aax", "X1000,2:a", "M1000,1;aa"}) {
        EXPECT_EQ(ask(wrong), "E16") << wrong;
    }
    EXPECT_EQ(ask("M1fff,2:0102"), "E0e");
}

TEST_F(GdbProtocol, SetsAndRemovesBreakpoints) {
    EXPECT_EQ(ask("Z0,1110,1"), "OK");
    EXPECT_TRUE(fake::machine.breakpoints.contains(0x1110));
    EXPECT_EQ(ask("Z0,9999,1"), "E0e");
    EXPECT_EQ(ask("Z3,1110,1"), ""); // no such kind here
    EXPECT_EQ(ask("Z9,1110,1"), "");
    EXPECT_EQ(ask("Z2,1110,8"), "E0e");
    EXPECT_EQ(ask("Z2,1110,0"), "E16"); // nothing can't be watched
    EXPECT_EQ(ask("Z4,1110,0"), "E16");
    EXPECT_EQ(ask("Z0,1110"), "E16");
    EXPECT_EQ(ask("z0,1110,1"), "OK");
    EXPECT_TRUE(fake::machine.breakpoints.empty());
}

TEST_F(GdbProtocol, MovesProcessors) {
    EXPECT_EQ(ask("vCont?"), "vCont;c;C;s;S");
    ask("vCont;c", After::go_on);
    EXPECT_EQ(session().motions[0], Motion::run);
    EXPECT_EQ(session().motions[1], Motion::run);
    ask("vCont;s:2;c", After::go_on);
    EXPECT_EQ(session().motions[0], Motion::run);
    EXPECT_EQ(session().motions[1], Motion::step);
    ask("vCont;s:1", After::go_on);
    EXPECT_EQ(session().motions[0], Motion::step);
    EXPECT_EQ(session().motions[1], Motion::stay);
    ask("vCont;S05:1;C05:-1", After::go_on);
    EXPECT_EQ(session().motions[1], Motion::run);
    for (const char* const wrong :
         {"vCont;", "vCont;x", "vCont;s:9", "vCont;s:0", "vCont;c:1;", "vCont;c1", "vCont;C:1", "c1x", "S"}) {
        EXPECT_EQ(ask(wrong), "E16") << wrong;
    }
    EXPECT_EQ(ask("vCont;s:3"), "E16"); // the one that isn't there moves nobody
    ask("s1108", After::go_on);
    EXPECT_EQ(fake::machine.rip(0), 0x1108u);
    fake::machine.rip(1) = fake::unsteppable;
    EXPECT_EQ(ask("vCont;s:2"), "E01");
}

TEST_F(GdbProtocol, KnowsItsThreads) {
    EXPECT_EQ(ask("qfThreadInfo"), "m1,2");
    EXPECT_EQ(ask("qsThreadInfo"), "l");
    EXPECT_EQ(ask("T2"), "OK");
    EXPECT_EQ(ask("T3"), "E16");
    EXPECT_EQ(ask("Hg2"), "OK");
    EXPECT_EQ(ask("qC"), "QC2");
    EXPECT_EQ(ask("p1"), "0100000200000000");
    EXPECT_EQ(ask("Hg9"), "E16");
    EXPECT_EQ(ask("Hx1"), "E16");
    EXPECT_EQ(ask("qThreadExtraInfo,2"), "6d6164652075702031");
    EXPECT_EQ(ask("qRcmd,7768657265"), "6f6e2070726f636573736f7220310a");
    EXPECT_EQ(ask("qRcmd,00"), "");
    EXPECT_EQ(ask("qRcmd,7"), "");
    EXPECT_EQ(ask("qRcmd," + in_hex("silent")), "OK"); // an empty answer would say that it isn't known
}

TEST_F(GdbProtocol, AnswersInParts) {
    const std::string parts =
        packet("O" + in_hex("part 1\n")) + packet("O" + in_hex("part 2\n")) + packet(in_hex("part 3\n"));
    EXPECT_EQ(over_the_line(packet("QStartNoAckMode") + packet("qRcmd," + in_hex("parts")) +
                            packet("qRcmd," + in_hex("parts"))),
              "+" + packet("OK") + parts + parts + packet("OK"));
}

// Each is the newest one then, whatever was refused before; what GDB got wrong is none.
TEST_F(GdbProtocol, KeepsTheNewestRefusal) {
    const auto newest = [](Deed what, Refusal why, uint64_t where) {
        const Refused& refused = fake::machine.refused;
        return refused.what == what && refused.why == why && refused.where == where;
    };
    EXPECT_EQ(ask("m2000,1"), "E0e");
    EXPECT_TRUE(newest(Deed::read_memory, Refusal::not_mapped, 0x2000));
    EXPECT_EQ(ask("P18=00000000000000000000"), "E16"); // st0
    EXPECT_TRUE(newest(Deed::write_register, Refusal::unavailable, 0x18));
    EXPECT_EQ(ask("M1fff,2:0102"), "E0e");
    EXPECT_TRUE(newest(Deed::write_memory, Refusal::not_mapped, 0x2000)); // the first byte that isn't there
    EXPECT_EQ(ask("m1ffe,10"), "f201");
    EXPECT_EQ(ask("P1=01"), "E16");
    EXPECT_EQ(ask("M1000,2:aa"), "E16");
    EXPECT_TRUE(newest(Deed::write_memory, Refusal::not_mapped, 0x2000));
    (void)ask("qSupported:swbreak+"); // another GDB
    EXPECT_TRUE(newest(Deed::none, Refusal::none, 0));
}

TEST_F(GdbProtocol, DescribesItselfInPieces) {
    std::string whole;
    for (std::string piece = "m"; piece[0] == 'm'; whole += piece.substr(1)) {
        char offset[20];
        base::Writer(offset).hex_digits(whole.size());
        piece = ask(std::string("qXfer:features:read:target.xml:") + offset + ",40");
    }
    base::Writer nowhere({});
    EXPECT_EQ(whole.size(), put_description(nowhere, 0, 0));
    EXPECT_THAT(whole, StartsWith("<?xml"));
    EXPECT_THAT(whole, HasSubstr("<reg name=\"cr4\" bitsize=\"64\" type=\"cr4_bits\"/>"));
    EXPECT_EQ(whole.substr(whole.size() - 10), "</target>\n");
    EXPECT_EQ(ask("qXfer:features:read:target.xml:ffffffffffffffff,40"), "l");
    EXPECT_EQ(ask("qXfer:features:read:target.xml:0"), "E16");
    EXPECT_EQ(ask("qXfer:features:read:other.xml:0,40"), "");
}

TEST_F(GdbProtocol, SaysWhyItStopped) {
    const auto stop = [&](Stop what) {
        char text[100];
        base::Writer reply(text);
        begin(session(), what);
        put_stop(session(), reply);
        return std::string(reply.view());
    };
    EXPECT_EQ(stop({StopReason::asked_for, 0, 0}), "T02thread:1;");
    EXPECT_EQ(stop({StopReason::step, 1, 0}), "T05thread:2;");
    EXPECT_EQ(stop({StopReason::breakpoint, 1, 0}), "T05thread:2;");
    ask("qSupported:swbreak+;hwbreak+");
    EXPECT_EQ(stop({StopReason::breakpoint, 1, 0}), "T05thread:2;swbreak:;");
    EXPECT_EQ(stop({StopReason::write, 0, 0x1234}), "T05thread:1;watch:1234;");
    EXPECT_EQ(stop({StopReason::read, 0, 0x1234}), "T05thread:1;rwatch:1234;");
    EXPECT_EQ(stop({StopReason::access, 0, 0x1234}), "T05thread:1;awatch:1234;");
}

TEST_F(GdbProtocol, LeavesUnknownPacketsUnanswered) {
    for (const char* const unknown :
         {"", "!", "vMustReplyEmpty", "vFile:open", "qSymbol::", "QNonStop:1", "R00", "\xff"}) {
        EXPECT_EQ(ask(unknown), "") << unknown;
    }
}

TEST_F(GdbProtocol, AcknowledgesUntilItIsToBeQuiet) {
    EXPECT_EQ(over_the_line(packet("qC")), "+" + packet("QC1") + "+" + packet("OK"));
    EXPECT_EQ(over_the_line("$qC#00" + packet("QStartNoAckMode") + packet("qC")),
              "-+" + packet("OK") + packet("QC1") + packet("OK"));
    // Detached: the next visitor begins anew.
    EXPECT_EQ(over_the_line(packet("qC")), "+" + packet("QC1") + "+" + packet("OK"));
}

TEST_F(GdbProtocol, AcknowledgesANewVisitor) {
    const std::string words = over_the_line(packet("QStartNoAckMode") + packet("qSupported:swbreak+"));
    EXPECT_THAT(words, StartsWith("+" + packet("OK") + "+$PacketSize="));
    EXPECT_THAT(words, testing::EndsWith("+" + packet("OK")));
}

TEST_F(GdbProtocol, WaitsForTheRestOfAPacketOnly) {
    looks_per_byte = 20;
    for (const char c : packet("qSupported")) {
        to_machine.push_back(static_cast<uint8_t>(c));
    }
    EXPECT_EQ(wants_stop(session(), 0), StopWish::visit);
    EXPECT_EQ(from_machine, "-");
    to_machine = {'+', '$'};
    looks = 0;
    EXPECT_EQ(wants_stop(session(), 0), StopWish::none);
    EXPECT_EQ(to_machine.size(), 1U) << "behind '+' there is nothing to be awaited";
}

TEST_F(GdbProtocol, SaysItsLastAnswerAgain) {
    EXPECT_EQ(over_the_line(packet("qC") + "-"), "+" + packet("QC1") + packet("QC1") + "+" + packet("OK"));
}

TEST_F(GdbProtocol, WritesRunsShort) {
    fake::machine.registers[0][0] = 0;
    // 0, and fifteen more of it: 15 + 29 is ','.
    EXPECT_EQ(over_the_line(packet("p0")), "+" + packet("0*,") + "+" + packet("OK"));
    // Seven digits alike can't be said so: the counts are '#' and '$'.
    EXPECT_EQ(over_the_line(packet("m1000,0") + packet("M1000,4:11111112") + packet("m1000,4")),
              "+" + packet("") + "+" + packet("OK") + "+" + packet("1*\"12") + "+" + packet("OK"));
}

TEST_F(GdbProtocol, AnswersATooLongPacketAsUnknown) {
    EXPECT_EQ(over_the_line(packet("m" + std::string(most_data, '0'))), "+" + packet("") + "+" + packet("OK"));
}

// Whatever comes over the line, it is survived, and a packet behind it is understood.
TEST_F(GdbProtocol, SurvivesNoise) {
    uint64_t state = 88172645463325252u;
    const auto next = [&] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    };
    const std::string letters = "$#}+-*:;,?!gGmMXzZHTqQvcCsSpPDkx0123456789abcdef=.-\x03";
    for (int round = 0; round < 20000; ++round) {
        std::string data;
        for (uint64_t left = next() % 24; left != 0; --left) {
            data.push_back(next() % 16 == 0 ? static_cast<char>(next()) : letters[next() % letters.size()]);
        }
        char text[most_data + 1];
        base::Writer reply(text);
        (void)answer(session(), fake::vmm(), data, reply);
        ASSERT_LE(reply.length(), most_data) << data;
        begin(session(), {StopReason::asked_for, 0, 0});
        for (const char c : data) {
            (void)session().reader.take(static_cast<uint8_t>(c));
        }
        PacketReader::Got got{};
        for (const char c : packet("qC")) {
            got = session().reader.take(static_cast<uint8_t>(c));
        }
        ASSERT_EQ(got, PacketReader::Got::packet) << data;
        ASSERT_EQ(session().reader.data(), "qC");
    }
}

} // namespace
} // namespace nadir::core::gdb

// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Asks a processor for its capabilities by arch/capability_reading.h and prints each answer on COM1. It has no interrupt
// table: an MSR that isn't there ends it in a triple fault, which is what its test watches for.
#include "tests/small_guest/announcing_processor.h"

using small_guest::print;
using small_guest::print_hex;

extern "C" [[noreturn]] void small_guest_main() {
    small_guest::prepare_console();
    small_guest::AnnouncingProcessor processor;
    nadir::arch::Capabilities capabilities;
    nadir::arch::read_capabilities(processor, capabilities);
    print("known ");
    print_hex(capabilities.known_msrs);
    print("\nend\n");
    small_guest::shut_down();
}

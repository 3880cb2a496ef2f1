// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/windows/virtualization.h"

#include "tool/windows/windows.h"
#include "tool/x86/cpuid.h"

#include <string>
#include <winsvc.h>
#include <winternl.h>

namespace nadir::tool {

namespace {

// winternl.h doesn't have this class, and its enumeration doesn't hold the number.
constexpr ULONG system_isolated_user_mode_information = 165;
using QuerySystemInformation = NTSTATUS(NTAPI*)(ULONG, void*, ULONG, ULONG*);

struct IsolatedUserModeInformation {
    std::uint8_t flags; // bit 0: the secure kernel runs; 1: HVCI
    std::uint8_t more[7];
    std::uint64_t reserved;
};

void ask_kernel(VirtualizationFacts& facts) {
    const auto query = reinterpret_cast<QuerySystemInformation>(
        reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQuerySystemInformation")));
    IsolatedUserModeInformation information{};
    ULONG length = 0;
    // A Windows without the class has no secure kernel either.
    if (query != nullptr &&
        NT_SUCCESS(query(system_isolated_user_mode_information, &information, sizeof(information), &length))) {
        facts.secure_kernel = (information.flags & 1) != 0;
        facts.memory_integrity = (information.flags & 2) != 0;
    }
}

class ServiceHandle {
public:
    explicit ServiceHandle(SC_HANDLE handle) : handle_(handle) {}
    ServiceHandle(const ServiceHandle&) = delete;
    ServiceHandle& operator=(const ServiceHandle&) = delete;
    ~ServiceHandle() {
        if (handle_ != nullptr) {
            CloseServiceHandle(handle_);
        }
    }
    [[nodiscard]] SC_HANDLE get() const { return handle_; }

private:
    SC_HANDLE handle_;
};

bool runs(const ServiceHandle& manager, std::string_view name) {
    const std::wstring wide(name.begin(), name.end());
    const ServiceHandle service(OpenServiceW(manager.get(), wide.c_str(), SERVICE_QUERY_STATUS));
    SERVICE_STATUS status{};
    return service.get() != nullptr && QueryServiceStatus(service.get(), &status) != 0 &&
           status.dwCurrentState == SERVICE_RUNNING;
}

void ask_service_manager(VirtualizationFacts& facts) {
    const ServiceHandle manager(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT));
    for (const RivalDriver& driver : rival_drivers) {
        if (manager.get() != nullptr && runs(manager, driver.service)) {
            facts.running_drivers.push_back(driver);
        }
    }
}

} // namespace

VirtualizationFacts look_for_virtualization() {
    VirtualizationFacts facts;
    facts.hypervisor_present = (execute_cpuid(1, 0).ecx & (1u << 31)) != 0;
    if (facts.hypervisor_present) {
        facts.leaf_40000000 = execute_cpuid(0x40000000, 0);
        if (facts.leaf_40000000.eax >= 0x40000003) {
            facts.leaf_40000003 = execute_cpuid(0x40000003, 0);
        }
    }
    ask_kernel(facts);
    ask_service_manager(facts);
    return facts;
}

} // namespace nadir::tool

// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/linux/device.h"

#include "control/messages.h"
#include "hosts/linux/ioctl.h"
#include "tool/exit_status.h"
#include "tool/linux/descriptor.h"
#include "tool/linux/pinned.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>

namespace nadir::tool {

namespace {

constexpr const char* one_build = "Use the nadir command and the nadir.ko of one build (`nadir --version`, "
                                  "`modinfo nadir`); unload the old module by `rmmod nadir`.";

[[noreturn]] void fail_to_open(int error) {
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
        throw Failure(ExitStatus::no_module, "Nadir's module is not loaded: there is no " NADIR_DEVICE_PATH ".",
                      "Load it as root: insmod nadir.ko (it is built by `make -C hosts/linux`).");
    case EACCES:
    case EPERM:
        throw Failure(ExitStatus::not_permitted, NADIR_DEVICE_PATH " is for administrators only.",
                      "Run the command as root, for example by sudo.");
    default:
        throw Failure(ExitStatus::failed, fmt::format(NADIR_DEVICE_PATH " can't be opened: {}.", std::strerror(error)));
    }
}

// The request did not reach the core, or has no report that could say more.
[[noreturn]] void fail(const char* what, int error) {
    switch (error) {
    case EPERM:
    case EACCES:
        throw Failure(ExitStatus::not_permitted, fmt::format("{}: only administrators (CAP_SYS_ADMIN) may ask.", what),
                      "Run the command as root, for example by sudo.");
    case EPROTO:
    case EMSGSIZE:
    case ENOTTY:
        throw Failure(ExitStatus::wrong_version,
                      fmt::format("{}: the module does not understand this command (control version {}): {}.", what,
                                  NADIR_CONTROL_VERSION, std::strerror(error)),
                      one_build);
    case EINTR:
        throw Failure(ExitStatus::failed, fmt::format("{}: interrupted; another request is still under way.", what),
                      "Try again.");
    default:
        throw Failure(ExitStatus::failed, fmt::format("{}: {}.", what, std::strerror(error)),
                      "The kernel log may say more (dmesg).");
    }
}

template <typename Request>
Request request_of() {
    Request request{};
    request.header = {NADIR_CONTROL_VERSION, sizeof(Request)};
    return request;
}

class LinuxDevice final : public Device {
public:
    explicit LinuxDevice(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

    nadir_report on(const nadir_options& options) override {
        auto request = request_of<nadir_on_request>();
        request.options = options;
        return reported("on", NADIR_IOCTL_ON, request);
    }

    nadir_report off() override {
        auto request = request_of<nadir_off_request>();
        return reported("off", NADIR_IOCTL_OFF, request);
    }

    nadir_state state() override {
        auto request = request_of<nadir_state_request>();
        ask("status", NADIR_IOCTL_STATE, request);
        return request.state;
    }

    nadir_statistics statistics(nadir_u32 processor) override {
        auto request = request_of<nadir_statistics_request>();
        request.processor = processor;
        ask("statistics", NADIR_IOCTL_STATISTICS, request);
        return request.statistics;
    }

    nadir_log_request log(nadir_u32 processor, nadir_u32 next) override {
        auto request = request_of<nadir_log_request>();
        request.processor = processor;
        request.next = next;
        ask("log", NADIR_IOCTL_LOG, request);
        return request;
    }

    arch::Capabilities capabilities(nadir_u32 processor) override {
        const Pinned pinned(processor); // the module answers for the processor that it runs on
        auto request = request_of<nadir_capabilities_request>();
        ask("capabilities", NADIR_IOCTL_CAPABILITIES, request);
        arch::Capabilities capabilities;
        static_assert(sizeof(capabilities) <= sizeof(request.capabilities));
        std::memcpy(&capabilities, request.capabilities, sizeof(capabilities));
        return capabilities;
    }

    nadir_vmcs vmcs(nadir_u32 processor) override {
        auto request = request_of<nadir_vmcs_request>();
        request.processor = processor;
        ask("VMCS", NADIR_IOCTL_VMCS, request);
        return request.vmcs;
    }

    nadir_recorder_request recorder(nadir_u32 processor) override {
        auto request = request_of<nadir_recorder_request>();
        request.processor = processor;
        ask("recorder", NADIR_IOCTL_RECORDER, request);
        return request;
    }

private:
    template <typename Request>
    int call(unsigned long number, Request& request) {
        return ioctl(descriptor_.number(), number, &request) < 0 ? errno : 0;
    }

    template <typename Request>
    void ask(const char* what, unsigned long number, Request& request) {
        if (const int error = call(number, request); error != 0) {
            fail(what, error);
        }
    }

    // hosts/linux/ioctl.h: where there is a report, it knows better than errno.
    template <typename Request>
    nadir_report reported(const char* what, unsigned long number, Request& request) {
        request.report = {};
        const int error = call(number, request);
        if (error != 0 && request.report.status == NADIR_OK) {
            fail(what, error);
        }
        return request.report;
    }

    Descriptor descriptor_;
};

} // namespace

std::unique_ptr<Device> open_linux_device() {
    Descriptor descriptor(open(NADIR_DEVICE_PATH, O_RDWR | O_CLOEXEC));
    if (!descriptor) {
        fail_to_open(errno);
    }
    return std::make_unique<LinuxDevice>(std::move(descriptor));
}

} // namespace nadir::tool

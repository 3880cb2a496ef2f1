// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/linux/device.h"

#include "hosts/linux/ioctl.h"
#include "tool/exit_status.h"
#include "tool/linux/descriptor.h"
#include "tool/linux/pinned.h"
#include "tool/request_device.h"

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
        throw Failure(
            ExitStatus::no_module, "Nadir's module is not loaded: there is no " NADIR_DEVICE_PATH ".",
            "Load it as root: modprobe nadir (package nadir-dkms), or insmod nadir.ko (built by `make -C hosts/linux`).");
    case EACCES:
    case EPERM:
        throw Failure(ExitStatus::not_permitted, NADIR_DEVICE_PATH " is for administrators only.",
                      "Run the command as root, for example by sudo.");
    default:
        throw Failure(ExitStatus::failed, fmt::format(NADIR_DEVICE_PATH " can't be opened: {}.", std::strerror(error)));
    }
}

// The request did not reach the core, or has no report that could say more.
[[noreturn]] void fail_to_ask(const char* what, int error) {
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

class LinuxDevice final : public RequestDevice {
public:
    explicit LinuxDevice(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

    arch::Capabilities capabilities(nadir_u32 processor) override {
        const Pinned pinned(processor);
        return capabilities_here();
    }

private:
    SystemError exchange(nadir_function function, void* request, std::size_t bytes) override {
        const unsigned long number = _IOC(_IOC_READ | _IOC_WRITE, NADIR_IOCTL_TYPE, function, bytes); // as _IOWR
        return ioctl(descriptor_.number(), number, request) < 0 ? static_cast<SystemError>(errno) : 0;
    }

    [[noreturn]] void fail(const char* what, SystemError error) override { fail_to_ask(what, static_cast<int>(error)); }

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

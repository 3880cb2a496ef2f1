// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Names of Windows' kernel, of its modules, and of images in files.
#pragma once

#include "tool/system.h"

#include <span>
#include <string>

namespace nadir::tool {

// A symbol server is asked only where _NT_SYMBOL_PATH names one, and for modules that were asked for by their names.
KernelSymbols windows_kernel_symbols(std::span<const std::string> modules);

ImageSymbols windows_image_symbols(const ImageWish& wish);

} // namespace nadir::tool

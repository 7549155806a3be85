// Source lines for reports of bad accesses.
#pragma once
#include <cstdint>
#include <string>

namespace rkemu {

// " at file.cu:12" if addr2line can tell, else "".
std::string sourceLine(const std::string& moduleFile, std::uintptr_t moduleLow, const void* pc);

}  // namespace rkemu

#include "access_report.hpp"

#include <cstdio>

#include "state.hpp"

namespace rkemu {

std::string sourceLine(const std::string& moduleFile, std::uintptr_t moduleLow, const void* pc) {
  // pc is a return address; the call before it is what we want.
  auto offset = reinterpret_cast<std::uintptr_t>(pc) - moduleLow - 1;
  std::string command = text("addr2line -e '%s' %#lx 2>/dev/null", moduleFile.c_str(), offset);
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  char line[512] = "";
  bool got = std::fgets(line, sizeof line, pipe) != nullptr;
  pclose(pipe);
  std::string where = got ? line : "";
  where = where.substr(0, where.find_first_of(" \n"));
  if (where.empty() || where[0] == '?' || where.find(":?") != std::string::npos) return "";
  return " at " + where.substr(where.rfind('/') + 1);
}

}  // namespace rkemu

#include "state.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace rkemu {

State& state() {
  static State* s = [] {
    auto* fresh = new State;  // never freed: host threads may call until the process ends
    readEnvironment(*fresh);
    return fresh;
  }();
  return *s;
}

static unsigned long long environment(const char* name, unsigned long long otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == 0 ? otherwise : std::strtoull(value, nullptr, 0);
}

void readEnvironment(State& s) {
  s.devices = static_cast<int>(environment("RICHKERNEL_EMU_DEVICES", 1));
  s.memory = environment("RICHKERNEL_EMU_MEMORY", 8ull << 30);
  s.contextMemory = environment("RICHKERNEL_EMU_CONTEXT", 0);
  s.driverVersion = static_cast<int>(environment("RICHKERNEL_EMU_DRIVER_VERSION", 12060));
  s.stub = environment("RICHKERNEL_EMU_STUB", 0) != 0;
  const char* uninitialised = std::getenv("RICHKERNEL_EMU_UNINITIALISED");
  std::string policy = uninitialised == nullptr ? "fail" : uninitialised;
  s.onUninitialised = policy == "ignore"   ? OnUninitialised::ignore
                      : policy == "report" ? OnUninitialised::report
                                           : OnUninitialised::fail;
  const char* captures = std::getenv("RICHKERNEL_EMU_CAPTURE");
  std::string agreed = captures == nullptr ? "" : captures;
  s.captures = agreed == "refuse"           ? Captures::refused
               : agreed == "without-solver" ? Captures::withoutSolver
                                            : Captures::allowed;
  const char* copies = std::getenv("RICHKERNEL_EMU_COPIES");
  s.lateCopies = copies == nullptr || std::string(copies) != "at-once";
  // RICHKERNEL_EMU_FAIL=kind:n:error[,kind:n:error...]
  const char* fail = std::getenv("RICHKERNEL_EMU_FAIL");
  for (const char* at = fail; at != nullptr && *at != 0;) {
    char kind[64];
    long n;
    int error, used = 0;
    if (std::sscanf(at, "%63[A-Za-z0-9_]:%ld:%d%n", kind, &n, &error, &used) != 3) {
      std::fprintf(stderr, "RICHKERNEL-EMU: cannot read RICHKERNEL_EMU_FAIL=%s (want kind:n:error,...)\n", fail);
      std::abort();
    }
    s.injections.push_back({kind, n, error});
    at += used;
    if (*at == ',') at++;
  }
}

std::vector<Context*>& currentContexts() {
  static thread_local std::vector<Context*> stack;
  return stack;
}

Context* currentContext() {
  auto& stack = currentContexts();
  if (stack.empty()) return nullptr;
  for (auto& context : state().contexts) {
    if (context.get() == stack.back() && context->retained > 0) return stack.back();
  }
  return nullptr;
}

int injected(const char* group, const char* name) {
  int error = 0;
  auto& all = state().injections;
  for (auto it = all.begin(); it != all.end();) {
    bool meant = (group != nullptr && it->target == group) || it->target == name;
    if (meant && --it->countdown == 0) {
      error = it->error;
      it = all.erase(it);
    } else {
      ++it;
    }
  }
  return error;
}

bool spoilsContext(int error) {
  return error == 700 || error == 702 || error == 710 || (error >= 714 && error <= 719) || error == 721 ||
         error == 911;
}

void say(const std::string& line) {
  state().report = line;
  std::fprintf(stderr, "RICHKERNEL-EMU: %s\n", line.c_str());
}

CUresult violation(CUresult error, const std::string& line) {
  say(line);
  state().counters.violations++;
  if (Context* context = currentContext()) context->sticky = error;
  return error;
}

std::string text(const char* format, ...) {
  char buffer[1024];
  va_list list;
  va_start(list, format);
  std::vsnprintf(buffer, sizeof buffer, format, list);
  va_end(list);
  return buffer;
}

bool streamUsable(const Context& context, const Stream* stream) {
  auto number = reinterpret_cast<std::uintptr_t>(stream);
  if (number <= 2) return true;  // the default stream and its two per-thread names
  auto found = state().streams.find(const_cast<Stream*>(stream));
  return found != state().streams.end() && (*found)->context == &context;
}

}  // namespace rkemu

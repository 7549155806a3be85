// The control interface of tests and what the emulated libraries need of the driver.
#include <cstdio>
#include <algorithm>
#include <cstring>

#include "graphs.hpp"
#include "late_copies.hpp"
#include "memory.hpp"
#include "rkemu_layout.h"
#include "module.hpp"
#include "rkemu.h"
#include "rkemu_internal.h"
#include "state.hpp"

using namespace rkemu;

#define RKEMU_CONTROL extern "C" __attribute__((visibility("default")))
using Guard = std::lock_guard<std::recursive_mutex>;

namespace rkemu {

long long reportLeaks(int device) {
  auto& memory = DeviceMemory::instance();
  std::size_t count = memory.live(device);
  if (count > 0) {
    say(text("leak: %zu allocations are live on device %d: %s", count, device, memory.liveNames(device, 8).c_str()));
  }
  return static_cast<long long>(count);
}

}  // namespace rkemu

RKEMU_CONTROL void rkemu_reset() {
  State& s = state();
  Guard guard(s.lock);
  forgetGraphs(nullptr);
  forgetCopies(nullptr);
  unloadAllModules(nullptr);
  DeviceMemory::instance().releaseAll();
  for (Stream* stream : s.streams) delete stream;
  for (Event* event : s.events) delete event;
  s.streams.clear();
  s.events.clear();
  // Contexts stay where they are: other host threads may still hold their addresses.
  for (auto& context : s.contexts) {
    context->retained = 0;
    context->sticky = CUDA_SUCCESS;
  }
  s.initialised = false;
  s.counters = Counters();
  s.injections.clear();
  s.report.clear();
  readEnvironment(s);
}

RKEMU_CONTROL void rkemu_fail(const char* target, long n, int error) {
  Guard guard(state().lock);
  state().injections.push_back({target, n, error});
}

RKEMU_CONTROL long long rkemu_counter(const char* name) {
  Guard guard(state().lock);
  const Counters& c = state().counters;
  std::size_t contexts = 0;
  for (auto& context : state().contexts) contexts += context->retained > 0;
  const struct {
    const char* name;
    long long value;
  } all[] = {{"launches", c.launches},
             {"allocations", c.allocations},
             {"frees", c.frees},
             {"liveBytes", c.liveBytes},
             {"peakBytes", c.peakBytes},
             {"liveAllocations", static_cast<long long>(DeviceMemory::instance().live(-1))},
             {"bytesHtoD", c.bytesHtoD},
             {"bytesDtoH", c.bytesDtoH},
             {"bytesDtoD", c.bytesDtoD},
             {"bytesSet", c.bytesSet},
             {"syncs", c.syncs},
             {"libraryCalls", c.libraryCalls},
             {"flops", static_cast<long long>(c.flops)},
             {"violations", c.violations},
             {"graphLaunches", c.graphLaunches},
             {"replays", c.replays},
             {"graphs", static_cast<long long>(graphCount())},
             {"contexts", static_cast<long long>(contexts)},
             {"streams", static_cast<long long>(state().streams.size())},
             {"events", static_cast<long long>(state().events.size())},
             {"modules", static_cast<long long>(moduleCount())}};
  for (auto& entry : all) {
    if (std::strcmp(entry.name, name) == 0) return entry.value;
  }
  return -1;
}

RKEMU_CONTROL const char* rkemu_lastReport() {
  static thread_local std::string copy;
  Guard guard(state().lock);
  copy = state().report;
  return copy.c_str();
}

RKEMU_CONTROL long long rkemu_leaks() {
  Guard guard(state().lock);
  long long count = 0;
  for (int device = 0; device < static_cast<int>(RKEMU_MAX_DEVICES); device++) count += reportLeaks(device);
  return count;
}

RKEMU_CONTROL void rkemu_setDevices(int count) {
  Guard guard(state().lock);
  state().devices = std::min(count, static_cast<int>(RKEMU_MAX_DEVICES));
}

RKEMU_CONTROL void rkemu_setMemory(unsigned long bytes) {
  Guard guard(state().lock);
  state().memory = bytes;
}

RKEMU_CONTROL void rkemu_setContextMemory(unsigned long bytes) {
  Guard guard(state().lock);
  state().contextMemory = bytes;
}

RKEMU_CONTROL void rkemu_setDriverVersion(int version) {
  Guard guard(state().lock);
  state().driverVersion = version;
}

// ---- for the emulated libraries --------------------------------------------------------------------------------------

RKEMU_CONTROL void rkemu_lock() { state().lock.lock(); }
RKEMU_CONTROL void rkemu_unlock() { state().lock.unlock(); }

RKEMU_CONTROL void rkemu_notEmulated(const char* name) {
  Guard guard(state().lock);
  say(std::string(name) + " is not emulated");
}

RKEMU_CONTROL int rkemu_injected(const char* group, const char* name) {
  Guard guard(state().lock);
  return injected(group, name);
}

RKEMU_CONTROL int rkemu_libraryCall(const char* group, const char* name, double flops) {
  Guard guard(state().lock);
  Context* context = currentContext();
  if (context == nullptr || context->sticky != CUDA_SUCCESS) return -1;
  if (!replaying()) {  // in a graph there are kernels, and nobody calls the library
    if (int error = injected(group, name)) return error;
    state().counters.libraryCalls++;
  }
  state().counters.flops += flops;
  return 0;
}

RKEMU_CONTROL int rkemu_isStream(const void* stream) {
  Guard guard(state().lock);
  Context* context = currentContext();
  return context != nullptr && streamUsable(*context, static_cast<const Stream*>(stream));
}

RKEMU_CONTROL int rkemu_isCapturing(const void* stream) {
  Guard guard(state().lock);
  return capturing(static_cast<const Stream*>(stream));
}

RKEMU_CONTROL int rkemu_record(const char* group, const char* name, const void* stream,
                               const std::function<int()>& work) {
  Guard guard(state().lock);
  if (int error = injected(group, name)) return error;
  if (state().captures == Captures::withoutSolver && std::strcmp(group, "cusolver") == 0) {
    refuseCaptured(name, static_cast<const Stream*>(stream));
    return -1;
  }
  state().counters.libraryCalls++;
  CUresult answer = record(static_cast<const Stream*>(stream), [work] {
    return work() == 0 ? CUDA_SUCCESS : CUDA_ERROR_LAUNCH_FAILED;
  });
  return answer == CUDA_SUCCESS ? 0 : -1;
}

RKEMU_CONTROL void rkemu_setCaptures(const char* agreed) {
  Guard guard(state().lock);
  state().captures = std::strcmp(agreed, "refuse") == 0           ? Captures::refused
                     : std::strcmp(agreed, "without-solver") == 0 ? Captures::withoutSolver
                                                                  : Captures::allowed;
}

RKEMU_CONTROL int rkemu_startWork(const void* stream) {
  Guard guard(state().lock);
  Context* context = currentContext();
  return context == nullptr ? -1 : startWork(*context, static_cast<const Stream*>(stream)) == CUDA_SUCCESS ? 0 : -1;
}

RKEMU_CONTROL int rkemu_isDeviceAddress(const void* address) {
  return DeviceMemory::inArena(reinterpret_cast<std::uintptr_t>(address));
}

RKEMU_CONTROL int rkemu_operand(const char* call, const char* name, const void* address, long rows, long columns,
                                long stride, int bytesPerElement, char access, char triangle) {
  Guard guard(state().lock);
  auto& memory = DeviceMemory::instance();
  auto base = reinterpret_cast<std::uintptr_t>(address);
  const Allocation* home = memory.find(base);
  Context* context = currentContext();
  if (home != nullptr && context != nullptr && DeviceMemory::inArena(base) && home->device != context->device) {
    violation(CUDA_ERROR_ILLEGAL_ADDRESS, text("%s, operand %s: allocation #%ld lies on device %d, the call is for device %d",
                                               call, name, home->number, home->device, context->device));
    return -1;
  }
  if (rows > 0 && columns > 0 && base % static_cast<unsigned>(bytesPerElement) != 0) {
    violation(CUDA_ERROR_MISALIGNED_ADDRESS,
              text("%s, operand %s: address %#lx is no multiple of %d bytes", call, name, base, bytesPerElement));
    return -1;
  }
  for (long j = 0; j < columns; j++) {
    long from = triangle == 'L' ? std::min(j, rows) : 0;
    long to = triangle == 'U' ? std::min(j + 1, rows) : rows;
    if (to <= from) continue;
    std::uintptr_t start = base + static_cast<std::uintptr_t>(j * stride + from) * bytesPerElement;
    std::string wrong = memory.check(start, static_cast<std::size_t>(to - from) * bytesPerElement,
                                     access == 'r' ? Access::read : Access::write);
    if (wrong.empty()) continue;
    std::string line = text("%s, operand %s of %ld x %ld (stride %ld), column %ld: %s", call, name, rows, columns,
                            stride, j, wrong.c_str());
    if (wrong.rfind("uninitialised", 0) == 0 && state().onUninitialised != OnUninitialised::fail) {
      if (state().onUninitialised == OnUninitialised::report) {
        say(line);
        state().counters.violations++;
      }
      return 0;
    }
    violation(CUDA_ERROR_ILLEGAL_ADDRESS, line);
    return -1;
  }
  return 0;
}

namespace {
struct AtExit {
  ~AtExit() {
    removeModuleFiles();
    if (state().counters.allocations == 0) return;  // do not reserve the arena only to find it empty
    for (int device = 0; device < static_cast<int>(RKEMU_MAX_DEVICES); device++) reportLeaks(device);
  }
} atExit;
}  // namespace

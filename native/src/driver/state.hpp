// The state of the emulated machine: devices, contexts and their objects, counters, injected errors, reports.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "cuda_abi.hpp"

namespace rkemu {

struct Context;

struct Stream {
  Context* context;
  bool blocking;  // takes turns with the default stream
};

// A place in the order of a stream; the numbers grow over all streams.
struct StreamPoint {
  const Stream* stream = nullptr;
  long number = 0;
};

struct Event {
  Context* context;
  bool recorded = false;
  bool timed = true;
  StreamPoint point;
  std::chrono::steady_clock::time_point when;
};

struct Context {
  int device;
  int retained = 0;
  CUresult sticky = CUDA_SUCCESS;  // as on a device, an illegal access spoils the context for good
};

struct Counters {
  long long launches = 0, allocations = 0, frees = 0, liveBytes = 0, peakBytes = 0, bytesHtoD = 0, bytesDtoH = 0,
            bytesDtoD = 0, bytesSet = 0, syncs = 0, libraryCalls = 0, violations = 0, graphLaunches = 0, replays = 0;
  double flops = 0;
};

enum class OnUninitialised { fail, report, ignore };

// What captures a driver agrees to: all, none, or those without a factorization.
enum class Captures { allowed, refused, withoutSolver };

struct State {
  std::recursive_mutex lock;
  bool initialised = false;
  int devices = 1;
  int driverVersion = 12060;
  bool stub = false;  // a toolkit's stub, which refuses every call
  std::size_t memory = 0;
  std::size_t contextMemory = 0;  // of each device, while its context lives
  OnUninitialised onUninitialised = OnUninitialised::fail;
  Captures captures = Captures::allowed;
  bool lateCopies = true;
  std::vector<std::unique_ptr<Context>> contexts;
  std::set<Stream*> streams;
  std::set<Event*> events;
  Counters counters;
  struct Injection {
    std::string target;
    long countdown;
    int error;
  };
  std::vector<Injection> injections;
  std::string report;
};

State& state();
void readEnvironment(State& s);

// The stack of current contexts of this host thread.
std::vector<Context*>& currentContexts();
Context* currentContext();

// The error injected for this call, or 0. Both names count down: the group ("alloc") and the entry point's own.
int injected(const char* group, const char* name);

// Prints a line that names the emulator and keeps it for rkemu_lastReport.
void say(const std::string& line);

// Records a violation and spoils the current context with the given error.
CUresult violation(CUresult error, const std::string& line);

// Whether a device would be lost to the process after this error.
bool spoilsContext(int error);

std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Runs the body of an entry point under the lock, after the checks that nearly all of them share.
template <class Body>
CUresult withDriver(const char* name, Body&& body) {
  std::lock_guard<std::recursive_mutex> guard(state().lock);
  if (state().stub) return CUDA_ERROR_STUB_LIBRARY;
  if (!state().initialised) return CUDA_ERROR_NOT_INITIALIZED;
  if (int error = injected(nullptr, name)) return static_cast<CUresult>(error);
  return body();
}

// The same for entry points that need a current context. Errors that spoil a context on a device do so when injected.
template <class Body>
CUresult withContext(const char* group, const char* name, Body&& body) {
  std::lock_guard<std::recursive_mutex> guard(state().lock);
  if (state().stub) return CUDA_ERROR_STUB_LIBRARY;
  if (!state().initialised) return CUDA_ERROR_NOT_INITIALIZED;
  Context* context = currentContext();
  if (context == nullptr) return CUDA_ERROR_INVALID_CONTEXT;
  if (context->sticky != CUDA_SUCCESS) return context->sticky;
  if (int error = injected(group, name)) {
    if (spoilsContext(error)) context->sticky = static_cast<CUresult>(error);
    return static_cast<CUresult>(error);
  }
  return body(*context);
}

// Names the allocations that are still live on a device, and counts them.
long long reportLeaks(int device);

bool streamUsable(const Context& context, const Stream* stream);

}  // namespace rkemu

// Asynchronous copies between host and device, done as late as the order of streams allows.
//
// The device's side of a copy is done when work that comes after it is submitted: by its own stream, or by one that waits
// for an event behind it. The host's side is done when the host waits: until then the target of a copy to the host holds
// no number, and the source of a copy to the device has to stay as it is.
#pragma once
#include <cstddef>

#include "cuda_abi.hpp"
#include "state.hpp"

namespace rkemu {

// Rows of a rectangle; one row for a plain copy.
struct HostCopy {
  const char* name;
  bool toHost;
  bool pageLocked;  // a copy from or to other memory of the host goes through a buffer of the driver's
  char* host;
  std::size_t hostPitch;
  CUdeviceptr device;
  std::size_t devicePitch;
  std::size_t width, rows;
};

CUresult submitCopy(Context& context, const Stream* stream, const HostCopy& copy);

// A place in the order of a stream: behind all that it was given so far.
StreamPoint endOf(const Stream* stream);

// What the stream is given from now on comes after the point.
void waitInStream(Context& context, const Stream* stream, const StreamPoint& point);

// The stream is about to work: copies that come before are done on the device.
CUresult startWork(Context& context, const Stream* stream);

// The host waits.
CUresult awaitPoint(Context& context, const StreamPoint& point);
CUresult awaitStream(Context& context, const Stream* stream);
CUresult awaitAll(Context& context);

// Copies under way that touch an allocation or host memory that is being freed are a violation.
CUresult freeing(Context& context, std::uintptr_t base, std::size_t bytes);

// Drops what is under way; of all contexts for nullptr.
void forgetCopies(const Context* context);

}  // namespace rkemu

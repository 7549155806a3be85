// Streams and events. Work is done when it is submitted, except for copies between host and device, which run late.
#include "graphs.hpp"
#include "late_copies.hpp"

using namespace rkemu;

static CUresult createStream(Context& context, Stream** stream, unsigned flags) {
  if (stream == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *stream = new Stream{&context, flags == 0};
  state().streams.insert(*stream);
  return CUDA_SUCCESS;
}

RKEMU_API CUresult cuStreamCreate(Stream** stream, unsigned flags) {
  return withContext(nullptr, "cuStreamCreate", [&](Context& context) {
    return flags > 1 ? CUDA_ERROR_INVALID_VALUE : createStream(context, stream, flags);
  });
}

RKEMU_API CUresult cuStreamCreateWithPriority(Stream** stream, unsigned flags, int) {
  return withContext(nullptr, "cuStreamCreateWithPriority", [&](Context& context) {
    return flags > 1 ? CUDA_ERROR_INVALID_VALUE : createStream(context, stream, flags);
  });
}

RKEMU_API CUresult cuStreamDestroy_v2(Stream* stream) {
  return withContext(nullptr, "cuStreamDestroy_v2", [&](Context& context) {
    if (state().streams.count(stream) == 0) return CUDA_ERROR_INVALID_HANDLE;
    if (CUresult bad = refuseCaptured("cuStreamDestroy_v2", stream)) return bad;
    CUresult last = awaitStream(context, stream);
    state().streams.erase(stream);
    delete stream;
    return last;
  });
}

RKEMU_API CUresult cuStreamSynchronize(Stream* stream) {
  return withContext("sync", "cuStreamSynchronize", [&](Context& context) {
    if (!streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    if (CUresult bad = refuseCaptured("cuStreamSynchronize", stream)) return bad;
    state().counters.syncs++;
    return awaitStream(context, stream);
  });
}

// Who asks learns that all is done, so it is.
RKEMU_API CUresult cuStreamQuery(Stream* stream) {
  return withContext("sync", "cuStreamQuery", [&](Context& context) {
    if (CUresult bad = refuseCaptured("cuStreamQuery", stream)) return bad;
    return streamUsable(context, stream) ? awaitStream(context, stream) : CUDA_ERROR_INVALID_HANDLE;
  });
}

static bool isEvent(const Event* event) { return state().events.count(const_cast<Event*>(event)) != 0; }

RKEMU_API CUresult cuStreamWaitEvent(Stream* stream, Event* event, unsigned) {
  return withContext(nullptr, "cuStreamWaitEvent", [&](Context& context) {
    if (CUresult bad = refuseCaptured("cuStreamWaitEvent", stream)) return bad;
    if (!streamUsable(context, stream) || !isEvent(event)) return CUDA_ERROR_INVALID_HANDLE;
    if (event->recorded) waitInStream(context, stream, event->point);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuEventCreate(Event** event, unsigned flags) {
  return withContext(nullptr, "cuEventCreate", [&](Context& context) {
    if (event == nullptr || flags > 7) return CUDA_ERROR_INVALID_VALUE;
    *event = new Event{&context};
    (*event)->timed = (flags & 2) == 0;
    state().events.insert(*event);
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuEventRecord(Event* event, Stream* stream) {
  return withContext(nullptr, "cuEventRecord", [&](Context& context) {
    if (!isEvent(event) || !streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    if (CUresult bad = refuseCaptured("cuEventRecord", stream)) return bad;
    event->recorded = true;
    event->point = endOf(stream);
    event->when = std::chrono::steady_clock::now();
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuEventSynchronize(Event* event) {
  return withContext("sync", "cuEventSynchronize", [&](Context& context) {
    if (!isEvent(event)) return CUDA_ERROR_INVALID_HANDLE;
    if (CUresult bad = refuseWhileCapturing("cuEventSynchronize")) return bad;
    state().counters.syncs++;
    return event->recorded ? awaitPoint(context, event->point) : CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuEventQuery(Event* event) {
  return withContext("sync", "cuEventQuery", [&](Context& context) {
    if (!isEvent(event)) return CUDA_ERROR_INVALID_HANDLE;
    return event->recorded ? awaitPoint(context, event->point) : CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuEventElapsedTime(float* milliseconds, Event* start, Event* end) {
  return withContext(nullptr, "cuEventElapsedTime", [&](Context&) {
    if (milliseconds == nullptr) return CUDA_ERROR_INVALID_VALUE;
    if (!isEvent(start) || !isEvent(end)) return CUDA_ERROR_INVALID_HANDLE;
    if (!start->recorded || !end->recorded || !start->timed || !end->timed) return CUDA_ERROR_INVALID_HANDLE;
    *milliseconds = std::chrono::duration<float, std::milli>(end->when - start->when).count();
    return CUDA_SUCCESS;
  });
}

RKEMU_API CUresult cuEventDestroy_v2(Event* event) {
  return withContext(nullptr, "cuEventDestroy_v2", [&](Context&) {
    if (state().events.erase(event) == 0) return CUDA_ERROR_INVALID_HANDLE;
    delete event;
    return CUDA_SUCCESS;
  });
}

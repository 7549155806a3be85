#include "late_copies.hpp"

#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "memory.hpp"

namespace rkemu {
namespace {

// A copy, or the duty to come after a point of another stream.
struct Item {
  long number;
  bool isCopy;
  HostCopy copy;
  StreamPoint awaited;
  bool started = false;
  std::vector<char> content;  // what the copy moves, from its start on the device until the host has waited
};

using Queue = std::deque<Item>;

// By context, since all contexts have the default stream.
using Key = std::pair<const Context*, const Stream*>;

std::map<Key, Queue>& queues() {
  static auto* all = new std::map<Key, Queue>;
  return *all;
}

long count = 0;

// The default stream goes by three names.
const Stream* canonical(const Stream* stream) {
  return reinterpret_cast<std::uintptr_t>(stream) <= 2 ? nullptr : stream;
}

Queue* queueOf(const Context& context, const Stream* stream) {
  auto found = queues().find({&context, canonical(stream)});
  return found == queues().end() || found->second.empty() ? nullptr : &found->second;
}

CUresult worse(CUresult first, CUresult second) { return first != CUDA_SUCCESS ? first : second; }

CUresult checkWritten(const HostCopy& copy) {
  for (std::size_t row = 0; row < copy.rows; row++) {
    std::string wrong = DeviceMemory::instance().check(copy.device + row * copy.devicePitch, copy.width, Access::read);
    if (wrong.empty()) continue;
    std::string line = text("%s, source: %s", copy.name, wrong.c_str());
    bool uninitialised = wrong.rfind("uninitialised", 0) == 0;
    if (!uninitialised || state().onUninitialised == OnUninitialised::fail) {
      return violation(CUDA_ERROR_ILLEGAL_ADDRESS, line);
    }
    if (state().onUninitialised == OnUninitialised::report) {
      say(line);
      state().counters.violations++;
    }
    return CUDA_SUCCESS;
  }
  return CUDA_SUCCESS;
}

void moveRows(char* to, std::size_t toPitch, const char* from, std::size_t fromPitch, const HostCopy& copy) {
  for (std::size_t row = 0; row < copy.rows; row++) std::memcpy(to + row * toPitch, from + row * fromPitch, copy.width);
}

void takeFromHost(Item& item) {
  const HostCopy& c = item.copy;
  item.content.resize(c.width * c.rows);
  moveRows(item.content.data(), c.width, c.host, c.hostPitch, c);
}

CUresult doOnDevice(Item& item) {
  const HostCopy& c = item.copy;
  char* device = reinterpret_cast<char*>(c.device);
  if (c.toHost) {
    CUresult bad = checkWritten(c);
    item.content.resize(c.width * c.rows);
    if (bad == CUDA_SUCCESS) moveRows(item.content.data(), c.width, device, c.devicePitch, c);
    return bad;
  }
  if (c.pageLocked) takeFromHost(item);
  for (std::size_t row = 0; row < c.rows; row++) {
    DeviceMemory::instance().mark(c.device + row * c.devicePitch, c.width, true);
  }
  moveRows(device, c.devicePitch, item.content.data(), c.width, c);
  return CUDA_SUCCESS;
}

CUresult doOnHost(const Item& item) {
  const HostCopy& c = item.copy;
  if (c.toHost) {
    moveRows(c.host, c.hostPitch, item.content.data(), c.width, c);
    return CUDA_SUCCESS;
  }
  for (std::size_t row = 0; c.pageLocked && row < c.rows; row++) {
    if (std::memcmp(c.host + row * c.hostPitch, item.content.data() + row * c.width, c.width) != 0) {
      return violation(CUDA_ERROR_LAUNCH_FAILED, text("%s: the host changed the memory at %p before it waited for the copy",
                                                      c.name, static_cast<void*>(c.host + row * c.hostPitch)));
    }
  }
  return CUDA_SUCCESS;
}

// Does what the queue holds up to a number on the device. Numbers fall from call to call, so that this ends.
CUresult start(const Context& context, const Stream* stream, long until) {
  Queue* queue = queueOf(context, stream);
  if (queue == nullptr) return CUDA_SUCCESS;
  CUresult result = CUDA_SUCCESS;
  for (Item& item : *queue) {
    if (item.number > until) break;
    if (item.started) continue;
    item.started = true;
    result = worse(result, item.isCopy ? doOnDevice(item) : start(context, item.awaited.stream, item.awaited.number));
  }
  return result;
}

CUresult finish(const Context& context, const Stream* stream, long until) {
  CUresult result = start(context, stream, until);
  Queue* queue = queueOf(context, stream);
  while (queue != nullptr && !queue->empty() && queue->front().number <= until) {
    Item item = std::move(queue->front());
    queue->pop_front();
    result = worse(result, item.isCopy ? doOnHost(item) : finish(context, item.awaited.stream, item.awaited.number));
  }
  return result;
}

bool nothingBefore(const Context& context, const StreamPoint& point) {
  Queue* queue = queueOf(context, point.stream);
  return queue == nullptr || queue->front().number > point.number;
}

// The default stream and those that were not created to be independent of it take turns.
template <class Each>
CUresult withPeers(Context& context, const Stream* stream, Each&& each) {
  CUresult result = each(canonical(stream));
  if (canonical(stream) != nullptr) return stream->blocking ? worse(result, each(nullptr)) : result;
  for (const Stream* other : state().streams) {
    if (other->context == &context && other->blocking) result = worse(result, each(other));
  }
  return result;
}

}  // namespace

CUresult submitCopy(Context& context, const Stream* stream, const HostCopy& copy) {
  Item item{++count, true, copy, {}};
  if (!copy.pageLocked && !copy.toHost) takeFromHost(item);
  if (copy.pageLocked && copy.toHost && state().lateCopies) {
    for (std::size_t row = 0; row < copy.rows; row++) std::memset(copy.host + row * copy.hostPitch, 0xff, copy.width);
  }
  queues()[{&context, canonical(stream)}].push_back(std::move(item));
  bool late = state().lateCopies && (copy.pageLocked || !copy.toHost);
  return late ? CUDA_SUCCESS : awaitStream(context, stream);
}

StreamPoint endOf(const Stream* stream) { return {canonical(stream), count}; }

void waitInStream(Context& context, const Stream* stream, const StreamPoint& point) {
  Queue* queue = queueOf(context, stream);
  while (queue != nullptr && !queue->empty() && !queue->front().isCopy && nothingBefore(context, queue->front().awaited)) {
    queue->pop_front();
  }
  if (nothingBefore(context, point)) return;
  queues()[{&context, canonical(stream)}].push_back({++count, false, {}, point});
}

CUresult startWork(Context& context, const Stream* stream) {
  return withPeers(context, stream, [&](const Stream* each) { return start(context, each, count); });
}

CUresult awaitPoint(Context& context, const StreamPoint& point) { return finish(context, point.stream, point.number); }

CUresult awaitStream(Context& context, const Stream* stream) {
  return withPeers(context, stream, [&](const Stream* each) { return finish(context, each, count); });
}

CUresult awaitAll(Context& context) {
  CUresult result = finish(context, nullptr, count);
  for (const Stream* stream : state().streams) {
    if (stream->context == &context) result = worse(result, finish(context, stream, count));
  }
  return result;
}

CUresult freeing(Context& context, std::uintptr_t base, std::size_t bytes) {
  for (auto& entry : queues()) {
    if (entry.first.first != &context) continue;
    for (const Item& item : entry.second) {
      if (!item.isCopy) continue;
      const HostCopy& c = item.copy;
      auto host = reinterpret_cast<std::uintptr_t>(c.host);
      bool hostSide = c.pageLocked && host < base + bytes && base < host + (c.rows - 1) * c.hostPitch + c.width;
      bool deviceSide = c.device < base + bytes && base < c.device + (c.rows - 1) * c.devicePitch + c.width;
      if (!hostSide && !deviceSide) continue;
      std::string line = text("memory at %#lx was freed before %s on it was waited for", base, c.name);
      entry.second.clear();
      return violation(CUDA_ERROR_ILLEGAL_ADDRESS, line);
    }
  }
  return CUDA_SUCCESS;
}

void forgetCopies(const Context* context) {
  for (auto it = queues().begin(); it != queues().end();) {
    it = context == nullptr || it->first.first == context ? queues().erase(it) : std::next(it);
  }
}

}  // namespace rkemu

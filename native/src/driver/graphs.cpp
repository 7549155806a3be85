#include "graphs.hpp"

#include "late_copies.hpp"

#include <map>
#include <memory>
#include <set>
#include <thread>
#include <vector>

using namespace rkemu;

namespace {

using Work = std::vector<std::function<CUresult()>>;

struct Capture {
  const Context* context;
  int mode;  // 0 global, 1 of the thread, 2 relaxed
  std::thread::id thread;
  bool spoilt = false;
  std::shared_ptr<Work> work = std::make_shared<Work>();
};

// A graph, or one made ready for launch.
struct Graph {
  const Context* context;
  std::shared_ptr<Work> work;
};

std::map<const Stream*, Capture>& captures() {
  static auto* all = new std::map<const Stream*, Capture>;
  return *all;
}

std::set<Graph*>& graphs() {
  static auto* all = new std::set<Graph*>;
  return *all;
}

std::set<Graph*>& executables() {
  static auto* all = new std::set<Graph*>;
  return *all;
}

bool inReplay = false;

CUresult make(std::set<Graph*>& among, const Context& context, std::shared_ptr<Work> work, Graph** graph) {
  *graph = new Graph{&context, std::move(work)};
  among.insert(*graph);
  return CUDA_SUCCESS;
}

CUresult destroy(std::set<Graph*>& among, Graph* graph) {
  if (among.erase(graph) == 0) return CUDA_ERROR_INVALID_HANDLE;
  delete graph;
  return CUDA_SUCCESS;
}

void forget(std::set<Graph*>& among, const Context* context) {
  for (auto it = among.begin(); it != among.end();) {
    if (context == nullptr || (*it)->context == context) {
      delete *it;
      it = among.erase(it);
    } else {
      ++it;
    }
  }
}

}  // namespace

namespace rkemu {

bool capturing(const Stream* stream) { return captures().count(stream) != 0; }

CUresult record(const Stream* stream, std::function<CUresult()> work) {
  Capture& capture = captures().at(stream);
  if (capture.spoilt) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
  capture.work->push_back(std::move(work));
  return CUDA_SUCCESS;
}

CUresult refuseCaptured(const char* name, const Stream* stream) {
  auto found = captures().find(stream);
  if (found == captures().end()) return CUDA_SUCCESS;
  found->second.spoilt = true;
  std::fprintf(stderr, "RICHKERNEL-EMU: %s on a stream that is captured\n", name);
  return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

CUresult refuseWhileCapturing(const char* name) {
  CUresult answer = CUDA_SUCCESS;
  for (auto& entry : captures()) {
    Capture& capture = entry.second;
    if (capture.mode == 0 || (capture.mode == 1 && capture.thread == std::this_thread::get_id())) {
      capture.spoilt = true;
      answer = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    }
  }
  if (answer != CUDA_SUCCESS) std::fprintf(stderr, "RICHKERNEL-EMU: %s during a capture\n", name);
  return answer;
}

bool replaying() { return inReplay; }

std::size_t graphCount() { return graphs().size() + executables().size(); }

void forgetGraphs(const Context* context) {
  forget(graphs(), context);
  forget(executables(), context);
  for (auto it = captures().begin(); it != captures().end();) {
    it = context == nullptr || it->second.context == context ? captures().erase(it) : std::next(it);
  }
}

}  // namespace rkemu

RKEMU_API CUresult cuStreamBeginCapture_v2(Stream* stream, int mode) {
  return withContext("capture", "cuStreamBeginCapture_v2", [&](Context& context) {
    if (!streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    if (mode < 0 || mode > 2) return CUDA_ERROR_INVALID_VALUE;
    // the default stream cannot be captured
    if (reinterpret_cast<std::uintptr_t>(stream) <= 2) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (capturing(stream)) return CUDA_ERROR_ILLEGAL_STATE;
    if (state().captures == Captures::refused) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    captures()[stream] = Capture{&context, mode, std::this_thread::get_id()};
    return CUDA_SUCCESS;
  });
}

// The capture ends whatever the answer is, unless another thread began it.
RKEMU_API CUresult cuStreamEndCapture(Stream* stream, Graph** graph) {
  std::lock_guard<std::recursive_mutex> guard(state().lock);
  if (graph == nullptr) return CUDA_ERROR_INVALID_VALUE;
  *graph = nullptr;
  auto found = captures().find(stream);
  if (found == captures().end()) return CUDA_ERROR_ILLEGAL_STATE;
  Capture capture = found->second;
  if (capture.mode != 2 && capture.thread != std::this_thread::get_id()) return CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
  captures().erase(found);
  return withContext("capture", "cuStreamEndCapture", [&](Context& context) {
    return capture.spoilt ? CUDA_ERROR_STREAM_CAPTURE_INVALIDATED : make(graphs(), context, capture.work, graph);
  });
}

RKEMU_API CUresult cuGraphInstantiateWithFlags(Graph** executable, Graph* graph, unsigned long long flags) {
  return withContext("graph", "cuGraphInstantiateWithFlags", [&](Context& context) {
    if (executable == nullptr || flags != 0) return CUDA_ERROR_INVALID_VALUE;
    if (graphs().count(graph) == 0) return CUDA_ERROR_INVALID_HANDLE;
    return make(executables(), context, graph->work, executable);
  });
}

RKEMU_API CUresult cuGraphLaunch(Graph* executable, Stream* stream) {
  return withContext("graph", "cuGraphLaunch", [&](Context& context) {
    if (executables().count(executable) == 0 || !streamUsable(context, stream)) return CUDA_ERROR_INVALID_HANDLE;
    if (CUresult bad = refuseCaptured("cuGraphLaunch", stream)) return bad;
    if (CUresult bad = startWork(context, stream)) return bad;
    state().counters.graphLaunches++;
    inReplay = true;
    CUresult answer = CUDA_SUCCESS;
    for (auto& work : *executable->work) {
      state().counters.replays++;
      answer = work();
      if (answer != CUDA_SUCCESS) break;
    }
    inReplay = false;
    return answer;
  });
}

RKEMU_API CUresult cuGraphExecDestroy(Graph* executable) {
  return withContext(nullptr, "cuGraphExecDestroy", [&](Context&) { return destroy(executables(), executable); });
}

RKEMU_API CUresult cuGraphDestroy(Graph* graph) {
  return withContext(nullptr, "cuGraphDestroy", [&](Context&) { return destroy(graphs(), graph); });
}

// Graphs: what a stream is given between the start and the end of a capture is taken down instead of done, and done
// each time that the graph is launched.
#pragma once
#include <functional>

#include "state.hpp"

namespace rkemu {

// Whether a stream is being captured.
bool capturing(const Stream* stream);

// Takes work down; it answers what a call would, and stands behind all that was taken down before.
CUresult record(const Stream* stream, std::function<CUresult()> work);

// What a driver refuses in a capture spoils it: a call about a captured stream that cannot be taken down, ...
CUresult refuseCaptured(const char* name, const Stream* stream);

// ... and one that waits for the device or allocates, on a thread that is capturing or, while a capture is meant to be
// alone, on any other. Both answer success where there is no such capture.
CUresult refuseWhileCapturing(const char* name);

// Whether the work of a graph is being done.
bool replaying();

// Graphs that are live, and those made ready for launch.
std::size_t graphCount();

// Ends captures and forgets graphs, of one context or of all for nullptr.
void forgetGraphs(const Context* context);

}  // namespace rkemu

// Control of the emulated device, exported from libcuda.so.1. Tests reach it through librkemujni.so.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

// Forgets contexts, allocations, counters, reports and injected errors, and reads the environment again.
void rkemu_reset(void);

// Makes the n-th call of a target from now on (1 is the next) return an error code of the library that is called.
// A target is a group ("alloc", "launch", "copy", "sync", "module", "cublas", "cusolver", "nvrtc") or the name of an
// entry point as the library exports it ("cuMemAlloc_v2", "cublasSgemm_v2"). Errors that would spoil a context
// (700, 702, 710, 714 to 719) spoil it here too when the driver returns them.
void rkemu_fail(const char* target, long n, int error);

// launches, allocations, frees, liveBytes, peakBytes, liveAllocations, bytesHtoD, bytesDtoH, bytesDtoD, bytesSet,
// syncs, libraryCalls, flops, violations, contexts, streams, events, modules, graphLaunches, replays (of what graphs
// hold), graphs; -1 for another name.
long long rkemu_counter(const char* name);

// The last violation in one line; "" when there was none since the reset. Valid until the next call.
const char* rkemu_lastReport(void);

// The number of device allocations that are still live; each is named on stderr and in the report.
long long rkemu_leaks(void);

void rkemu_setDevices(int count);
void rkemu_setMemory(unsigned long bytes);
void rkemu_setContextMemory(unsigned long bytes);
void rkemu_setDriverVersion(int version);

// Which captures are agreed to: "allow", "refuse", or "without-solver" for those without a call of cuSOLVER.
void rkemu_setCaptures(const char* agreed);

#ifdef __cplusplus
}
#endif

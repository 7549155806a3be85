// What the emulated libraries (cuBLAS, cuSOLVER, NVRTC) ask of the emulated driver; not for tests.
#pragma once
#include <cstddef>
#include <functional>

extern "C" {
void rkemu_lock();
void rkemu_unlock();

// Counts a library call. Returns an injected status of that library, or 0; -1 without a usable current context.
int rkemu_libraryCall(const char* group, const char* name, double flops);

// 1 if the handle is a live stream of the current context (0 is the default stream).
int rkemu_isStream(const void* stream);

// 1 if the stream is being captured; a library then takes its work down, which is done when the graph is launched.
// Answers an injected status, 0, or -1 where the capture is spoilt.
int rkemu_isCapturing(const void* stream);
int rkemu_record(const char* group, const char* name, const void* stream, const std::function<int()>& work);
// A stream is about to work: copies that come before are done. 0, or -1 if one of them failed.
int rkemu_startWork(const void* stream);

// 1 if the address lies where the devices' memory is.
int rkemu_isDeviceAddress(const void* address);

// Checks a column-major operand against the allocation it lies in: 'r' also demands written bytes, 'w' marks them
// as written. triangle: 'F' all, 'L' or 'U' that half with the diagonal. 0, or -1 after a report.
int rkemu_operand(const char* call, const char* name, const void* address, long rows, long columns, long stride,
                  int bytesPerElement, char access, char triangle);

// Reports a call of an entry point that is not emulated.
void rkemu_notEmulated(const char* name);

// The status injected for an entry point, or 0.
int rkemu_injected(const char* group, const char* name);
}

// The form of a CUBIN and of a PTX that the emulated NVRTC makes and the emulated driver reads.
#pragma once
#include <cstdint>

namespace rkemu {

// RKEMU_VERSION is a hash over what a compiled kernel depends on: an image of another build is refused.
inline constexpr char kCubinMark[16] = "RICHKERNEL-EMU1";
// PTX is text: the mark, the version, then the shared object in hexadecimal, in lines that begin with "//:".
inline constexpr char kPtxMark[] = "// RICHKERNEL-EMU PTX ";

struct ImageHeader {
  char mark[16];
  char version[40];
  std::uint64_t bytes;
};

}  // namespace rkemu

// Finds uses of shared memory by two threads of a block that no barrier puts in order.
#pragma once
#include <cstdint>
#include <vector>

namespace rkemu {

class SharedRaces {
 public:
  void nextBlock() { epoch_++; }
  void blockBarrier() { epoch_++; }
  void warpBarrier(unsigned warp) { warpEpoch_[warp]++; }

  // The other thread if the bytes at this offset of shared memory were read or written by it, and neither a barrier
  // nor, within a warp, a warp operation came between; else -1. Two writes are not held against each other: it is
  // common and harmless that many threads write the same value.
  int conflict(std::size_t offset, std::size_t bytes, bool isStore, unsigned thread);

 private:
  struct Use {
    std::uint32_t thread = 0, epoch = 0, warpEpoch = 0;
  };
  struct Byte {
    Use written, read, readByAnother;
  };

  bool ordered(const Use& use, unsigned thread) const {
    if (use.epoch != epoch_ || use.thread == thread) return true;
    return use.thread / 32 == thread / 32 && use.warpEpoch != warpEpoch_[thread / 32];
  }

  std::vector<Byte> bytes_;
  std::uint32_t epoch_ = 1;
  std::uint32_t warpEpoch_[32] = {};
};

}  // namespace rkemu

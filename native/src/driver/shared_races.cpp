#include "shared_races.hpp"

namespace rkemu {

int SharedRaces::conflict(std::size_t offset, std::size_t bytes, bool isStore, unsigned thread) {
  if (bytes_.size() < offset + bytes) bytes_.resize(offset + bytes);
  const Use now{thread, epoch_, warpEpoch_[thread / 32]};
  for (std::size_t i = offset; i < offset + bytes; i++) {
    Byte& byte = bytes_[i];
    if (isStore) {
      if (!ordered(byte.read, thread)) return static_cast<int>(byte.read.thread);
      if (!ordered(byte.readByAnother, thread)) return static_cast<int>(byte.readByAnother.thread);
      byte.written = now;
    } else {
      if (!ordered(byte.written, thread)) return static_cast<int>(byte.written.thread);
      // Of many readers two are kept: whoever writes next differs from at least one of them.
      if (byte.read.thread == thread || ordered(byte.read, thread)) {
        byte.read = now;
      } else {
        byte.readByAnother = now;
      }
    }
  }
  return -1;
}

}  // namespace rkemu

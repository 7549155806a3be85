// Device memory: where allocations lie, which of their bytes have been written, and the check of an access.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace rkemu {

struct Allocation {
  std::uintptr_t base;
  std::size_t bytes;
  long number;         // counts from 1 in the life of the process or since the last reset
  int device;
  const char* name;    // of a __shared__ or module variable, else nullptr
  std::size_t room;    // addresses it takes with the gap behind it; of device memory only
};

enum class Access { read, write, range };

class DeviceMemory {
 public:
  static DeviceMemory& instance();

  // nullptr when the device's budget would be exceeded.
  const Allocation* allocate(int device, std::size_t bytes, std::size_t budget);
  bool release(std::uintptr_t base);
  std::size_t releaseDevice(int device);  // the bytes that were live
  void releaseAll();

  // A variable of a module that was asked for by name; the host may copy to and from it.
  void addGlobal(std::uintptr_t base, std::size_t bytes, int device);
  void removeGlobals(std::uintptr_t low, std::uintptr_t high);

  // __shared__ variables of the block that is running.
  void clearShared();
  const Allocation* addShared(std::uintptr_t base, std::size_t bytes, const char* name);

  const Allocation* find(std::uintptr_t address);
  std::size_t used(int device) const;
  std::size_t live(int device) const;  // allocations; of all devices for -1
  std::string liveNames(int device, std::size_t most) const;

  // "" if all the bytes lie in one allocation (and are written, for a read), else what is wrong. A write marks them; for a
  // range nothing but the place counts.
  std::string check(std::uintptr_t address, std::size_t bytes, Access access);
  bool written(std::uintptr_t address, std::size_t bytes) const;
  void mark(std::uintptr_t address, std::size_t bytes, bool written);
  // Gives the target bytes the written state of the source bytes.
  void copyMarks(std::uintptr_t target, std::uintptr_t source, std::size_t bytes);

  static bool inArena(std::uintptr_t address);

 private:
  DeviceMemory();
  std::string whereabouts(std::uintptr_t address, std::size_t bytes);
  std::uintptr_t place(int device, std::size_t room);
  std::uintptr_t recycled(int device, std::size_t room);
  std::uintptr_t gap(int device, std::size_t room);
  void retire(const Allocation& a);

  std::map<std::uintptr_t, Allocation> live_, freed_, shared_, globals_;
  const Allocation* last_ = nullptr;
  std::deque<std::pair<std::uintptr_t, long>> quarantine_[8];       // freed, oldest first: base and number
  std::multimap<std::size_t, std::uintptr_t> recyclable_[8];        // room and base of what left the quarantine
  std::uintptr_t cursor_[8] = {};
  std::size_t used_[8] = {};
  long count_ = 0;
};

}  // namespace rkemu

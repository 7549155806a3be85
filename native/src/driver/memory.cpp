#include "memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "rkemu_layout.h"
#include "state.hpp"

namespace rkemu {
namespace {

constexpr std::size_t kPage = 4096;
// Fresh memory up to this size is filled with NaN patterns, for readers that are not instrumented.
constexpr std::size_t kPoisonUpTo = 16u << 20;
// Fewest addresses between two allocations; the map keeps them on pages of their own (32 KiB of memory to a page).
constexpr std::size_t kLeastGap = 1u << 20;
// Frees of a device before an address may be used again.
constexpr std::size_t kQuarantine = 4096;

void reserve(std::uintptr_t address, std::size_t bytes, const char* what) {
  void* got = mmap(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (got != reinterpret_cast<void*>(address)) {
    std::fprintf(stderr, "RICHKERNEL-EMU: cannot reserve %zu GiB of addresses at %#lx for %s: %s\n", bytes >> 30,
                 static_cast<unsigned long>(address), what, std::strerror(errno));
    std::abort();
  }
}

unsigned char* shadow(std::uintptr_t address) {
  return reinterpret_cast<unsigned char*>(RKEMU_SHADOW_BASE) + ((address - RKEMU_ARENA_BASE) >> 3);
}

std::size_t roundUp(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

// Zeroes bytes of the map by giving whole pages back, so that freeing memory that was never used costs nothing.
void clearPages(unsigned char* from, unsigned char* to) {
  auto first = reinterpret_cast<unsigned char*>(roundUp(reinterpret_cast<std::uintptr_t>(from), kPage));
  auto last = reinterpret_cast<unsigned char*>(reinterpret_cast<std::uintptr_t>(to) / kPage * kPage);
  std::memset(from, 0, static_cast<std::size_t>(first - from));
  madvise(first, static_cast<std::size_t>(last - first), MADV_DONTNEED);
  std::memset(last, 0, static_cast<std::size_t>(to - last));
}

// Gives back every page of the map that tells of an allocation: gaps part it from its neighbours on both sides.
void forget(std::uintptr_t base, std::size_t bytes) {
  auto first = reinterpret_cast<std::uintptr_t>(shadow(base)) / kPage * kPage;
  auto last = roundUp(reinterpret_cast<std::uintptr_t>(shadow(base + bytes)) + 1, kPage);
  madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

const Allocation* covering(const std::map<std::uintptr_t, Allocation>& in, std::uintptr_t address) {
  auto after = in.upper_bound(address);
  if (after == in.begin()) return nullptr;
  const Allocation& a = std::prev(after)->second;
  return address - a.base < a.bytes ? &a : nullptr;
}

}  // namespace

DeviceMemory& DeviceMemory::instance() {
  static DeviceMemory* memory = new DeviceMemory;
  return *memory;
}

DeviceMemory::DeviceMemory() {
  reserve(RKEMU_ARENA_BASE, RKEMU_ARENA_SIZE, "device memory");
  reserve(RKEMU_SHADOW_BASE, roundUp(RKEMU_ARENA_SIZE / 8, kPage), "the map of written bytes");
}

bool DeviceMemory::inArena(std::uintptr_t address) { return address - RKEMU_ARENA_BASE < RKEMU_ARENA_SIZE; }

// Allocations are far apart, so that an index that is wrong by a row or two still falls into a gap. A freed address is
// not used again before kQuarantine later frees, so that a stale pointer stays recognisable; then it is, so that a
// process that solves for days neither runs out of addresses nor keeps pages of the map for memory long gone.
std::uintptr_t DeviceMemory::place(int device, std::size_t room) {
  const std::uintptr_t low = RKEMU_ARENA_BASE + device * RKEMU_DEVICE_SPAN, high = low + RKEMU_DEVICE_SPAN;
  if (std::uintptr_t base = recycled(device, room)) return base;
  if (cursor_[device] == 0) cursor_[device] = low + kLeastGap;
  if (cursor_[device] + room > high) return gap(device, room);
  std::uintptr_t base = cursor_[device];
  cursor_[device] += room;
  return base;
}

// Solves ask for the same sizes again and again, so an equal room is all that is looked for.
std::uintptr_t DeviceMemory::recycled(int device, std::size_t room) {
  auto found = recyclable_[device].find(room);
  if (found == recyclable_[device].end()) return 0;
  std::uintptr_t base = found->second;
  recyclable_[device].erase(found);
  return base;
}

// The span is used up: the first gap between live allocations serves, and what was freed there is forgotten.
std::uintptr_t DeviceMemory::gap(int device, std::size_t room) {
  const std::uintptr_t low = RKEMU_ARENA_BASE + device * RKEMU_DEVICE_SPAN, high = low + RKEMU_DEVICE_SPAN;
  recyclable_[device].clear();
  std::uintptr_t base = low + kLeastGap;
  for (auto it = live_.lower_bound(low); it != live_.end() && it->first < high; ++it) {
    if (it->first >= base + room) break;
    base = it->first + it->second.room;
  }
  if (base + room > high) return 0;
  for (auto it = freed_.begin(); it != freed_.end();) {
    bool overlaps = it->first < base + room && it->first + it->second.room > base;
    it = overlaps ? freed_.erase(it) : std::next(it);
  }
  return base;
}

const Allocation* DeviceMemory::allocate(int device, std::size_t bytes, std::size_t budget) {
  if (bytes > budget || used_[device] > budget - bytes) return nullptr;
  std::size_t room = roundUp(bytes, kPage) + std::clamp<std::size_t>(roundUp(bytes, kPage), kLeastGap, 64u << 20);
  std::uintptr_t base = place(device, room);
  if (base == 0) return nullptr;
  used_[device] += bytes;
  if (bytes <= kPoisonUpTo) std::memset(reinterpret_cast<void*>(base), 0xff, bytes);
  last_ = &(live_[base] = {base, bytes, ++count_, device, nullptr, room});
  return last_;
}

bool DeviceMemory::release(std::uintptr_t base) {
  auto it = live_.find(base);
  if (it == live_.end()) return false;
  const Allocation a = it->second;
  forget(a.base, a.bytes);
  madvise(reinterpret_cast<void*>(a.base), roundUp(a.bytes, kPage), MADV_DONTNEED);
  used_[a.device] -= a.bytes;
  live_.erase(it);
  last_ = nullptr;
  retire(a);
  return true;
}

void DeviceMemory::retire(const Allocation& a) {
  freed_[a.base] = a;
  auto& waiting = quarantine_[a.device];
  waiting.emplace_back(a.base, a.number);
  if (waiting.size() <= kQuarantine) return;
  auto oldest = freed_.find(waiting.front().first);
  if (oldest != freed_.end() && oldest->second.number == waiting.front().second) {
    recyclable_[a.device].emplace(oldest->second.room, oldest->first);
    freed_.erase(oldest);
  }
  waiting.pop_front();
}

std::size_t DeviceMemory::releaseDevice(int device) {
  std::size_t bytes = used_[device];
  for (auto it = live_.begin(); it != live_.end();) {
    auto base = it->first;
    bool mine = it->second.device == device;
    ++it;
    if (mine) release(base);
  }
  return bytes;
}

void DeviceMemory::releaseAll() {
  while (!live_.empty()) release(live_.begin()->first);
  freed_.clear();
  for (int device = 0; device < static_cast<int>(RKEMU_MAX_DEVICES); device++) {
    quarantine_[device].clear();
    recyclable_[device].clear();
  }
  clearShared();
  count_ = 0;
}

void DeviceMemory::addGlobal(std::uintptr_t base, std::size_t bytes, int device) {
  globals_[base] = {base, bytes, 0, device, "a module variable", 0};
}

void DeviceMemory::removeGlobals(std::uintptr_t low, std::uintptr_t high) {
  globals_.erase(globals_.lower_bound(low), globals_.lower_bound(high));
  last_ = nullptr;
}

void DeviceMemory::clearShared() {
  for (auto& entry : shared_) mark(entry.second.base, entry.second.bytes, false);
  shared_.clear();
  last_ = nullptr;
}

const Allocation* DeviceMemory::addShared(std::uintptr_t base, std::size_t bytes, const char* name) {
  std::memset(reinterpret_cast<void*>(base), 0xff, bytes);
  return &(shared_[base] = {base, bytes, 0, -1, name, 0});
}

const Allocation* DeviceMemory::find(std::uintptr_t address) {
  if (last_ != nullptr && address - last_->base < last_->bytes) return last_;
  const Allocation* found = covering(address >= RKEMU_SHARED_BASE && inArena(address) ? shared_ : live_, address);
  if (found == nullptr && !inArena(address)) found = covering(globals_, address);
  if (found != nullptr) last_ = found;
  return found;
}

std::size_t DeviceMemory::used(int device) const { return used_[device]; }

std::size_t DeviceMemory::live(int device) const {
  std::size_t count = 0;
  for (auto& entry : live_) count += device < 0 || entry.second.device == device;
  return count;
}

std::string DeviceMemory::liveNames(int device, std::size_t most) const {
  std::string names;
  std::size_t shown = 0;
  for (auto& entry : live_) {
    if (entry.second.device != device) continue;
    if (shown++ == most) return names + ", ...";
    names += text("%s#%ld of %zu bytes", names.empty() ? "" : ", ", entry.second.number, entry.second.bytes);
  }
  return names;
}

bool DeviceMemory::written(std::uintptr_t address, std::size_t bytes) const {
  if (!inArena(address)) return true;
  std::uintptr_t a = address, end = address + bytes;
  for (; a < end && (a & 7) != 0; a++) {
    if (((*shadow(a) >> (a & 7)) & 1) == 0) return false;
  }
  for (; a + 64 <= end; a += 64) {
    std::uint64_t word;
    std::memcpy(&word, shadow(a), 8);
    if (word != ~0ull) return false;
  }
  for (; a + 8 <= end; a += 8) {
    if (*shadow(a) != 0xff) return false;
  }
  for (; a < end; a++) {
    if (((*shadow(a) >> (a & 7)) & 1) == 0) return false;
  }
  return true;
}

void DeviceMemory::mark(std::uintptr_t address, std::size_t bytes, bool written) {
  if (!inArena(address)) return;
  std::uintptr_t a = address, end = address + bytes;
  auto one = [written](std::uintptr_t at) {
    unsigned char bit = static_cast<unsigned char>(1u << (at & 7));
    if (written) {
      *shadow(at) |= bit;
    } else {
      *shadow(at) &= static_cast<unsigned char>(~bit);
    }
  };
  for (; a < end && (a & 7) != 0; a++) one(a);
  if (a + 8 <= end) {
    std::size_t whole = (end - a) / 8;
    if (written || whole < 16 * kPage) {
      std::memset(shadow(a), written ? 0xff : 0, whole);
    } else {
      clearPages(shadow(a), shadow(a) + whole);
    }
    a += whole * 8;
  }
  for (; a < end; a++) one(a);
}

void DeviceMemory::copyMarks(std::uintptr_t target, std::uintptr_t source, std::size_t bytes) {
  if (written(source, bytes)) {
    mark(target, bytes, true);
    return;
  }
  for (std::size_t i = 0; i < bytes; i++) mark(target + i, 1, written(source + i, 1));
}

std::string DeviceMemory::whereabouts(std::uintptr_t address, std::size_t bytes) {
  if (const Allocation* gone = covering(freed_, address)) {
    return text("use after free: address %#lx is %zu bytes into allocation #%ld of %zu bytes, which was freed", address,
                address - gone->base, gone->number, gone->bytes);
  }
  auto& table = address >= RKEMU_SHARED_BASE && inArena(address) ? shared_ : live_;
  const char* label = &table == &shared_ ? "shared variable" : "allocation";
  auto after = table.upper_bound(address);
  const Allocation* below = after == table.begin() ? nullptr : &std::prev(after)->second;
  const Allocation* above = after == table.end() ? nullptr : &after->second;
  auto called = [](const Allocation& a) { return a.name ? std::string(a.name) : text("#%ld", a.number); };
  if (below != nullptr && address - below->base < below->bytes) {
    return text("out of bounds: address %#lx and its %zu bytes run over the end of %s %s of %zu bytes", address, bytes,
                label, called(*below).c_str(), below->bytes);
  }
  std::size_t beyond = below == nullptr ? SIZE_MAX : address - below->base - below->bytes;
  std::size_t before = above == nullptr ? SIZE_MAX : above->base - address;
  if (beyond == SIZE_MAX && before == SIZE_MAX) return text("out of bounds: address %#lx lies in no allocation", address);
  return beyond <= before
             ? text("out of bounds: address %#lx is %zu bytes past the end of %s %s of %zu bytes", address, beyond,
                    label, called(*below).c_str(), below->bytes)
             : text("out of bounds: address %#lx is %zu bytes before the start of %s %s of %zu bytes", address, before,
                    label, called(*above).c_str(), above->bytes);
}

std::string DeviceMemory::check(std::uintptr_t address, std::size_t bytes, Access access) {
  if (bytes == 0) return "";
  const Allocation* a = find(address);
  if (a == nullptr && !inArena(address)) return text("address %#lx is not in device memory", address);
  if (a == nullptr || address - a->base + bytes > a->bytes) return whereabouts(address, bytes);
  if (access == Access::range) return "";
  if (access == Access::write) {
    mark(address, bytes, true);
    return "";
  }
  if (written(address, bytes)) return "";
  return text("uninitialised read: %zu bytes at offset %zu of %s %s of %zu bytes were never written", bytes,
              address - a->base, a->name ? "shared variable" : "allocation",
              a->name ? a->name : text("#%ld", a->number).c_str(), a->bytes);
}

}  // namespace rkemu

#include "block_runner.hpp"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "access_report.hpp"
#include "memory.hpp"
#include "shared_races.hpp"
#include "state.hpp"

// Saves the callee-saved registers on the stack that is left and takes them from the stack that is entered.
asm(R"(
.text
.globl rkemu_switch
.hidden rkemu_switch
.type rkemu_switch,@function
rkemu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size rkemu_switch,.-rkemu_switch
)");
extern "C" void rkemu_switch(void** left, void* entered);

namespace rkemu {
namespace {

constexpr std::uintptr_t kStaticShared = RKEMU_SHARED_BASE + (256u << 10);

enum class Wait { none, block, warp };

struct Fiber {
  void* stack = nullptr;  // where it goes on; nullptr: starts afresh
  unsigned thread = 0;    // linear index in the block
  Wait wait = Wait::none;
  int line = 0;
  unsigned mask = 0;
  unsigned long offered = 0;  // what the thread brings to a warp operation
  int source = -1;            // the lane it wants to hear from
  unsigned long received = 0;
  unsigned ballot = 0;
};

struct SharedSlot {
  const void* key;
  void* address;
};

// All of this belongs to the launch that holds the driver's lock.
struct Runner {
  const Launch* launch = nullptr;
  std::vector<Fiber> fibers;
  std::vector<int> idle, ready;
  std::vector<int> fiberOf;  // by thread; -1 not started, -2 done
  std::vector<SharedSlot> slots;
  std::uintptr_t sharedCursor = 0;
  std::size_t staticShared = 0;
  unsigned threads = 0, next = 0, done = 0;
  int current = -1;
  void* scheduler = nullptr;
  CUresult failure = CUDA_SUCCESS;
  bool uninitialisedSaid = false;
  SharedRaces races;
};
Runner runner;

Fiber& here() { return runner.fibers[runner.current]; }

void takePosition(unsigned thread) {
  const unsigned* size = runner.launch->block;
  unsigned* position = runner.launch->here->thread;
  position[0] = thread % size[0];
  position[1] = thread / size[0] % size[1];
  position[2] = thread / (size[0] * size[1]);
}

void toScheduler() { rkemu_switch(&here().stack, runner.scheduler); }

// A fiber takes threads one after another; only when one of them has to wait does another fiber take over the rest.
void fiberMain() {
  for (;;) {
    while (runner.next < runner.threads) {
      here().thread = runner.next++;
      runner.fiberOf[here().thread] = runner.current;
      takePosition(here().thread);
      runner.launch->thunk(runner.launch->arguments);
      runner.fiberOf[here().thread] = -2;
      runner.done++;
    }
    runner.idle.push_back(runner.current);
    toScheduler();
  }
}

void enter(int index) {
  runner.current = index;
  Fiber& fiber = runner.fibers[index];
  if (fiber.stack == nullptr) {
    auto* top = reinterpret_cast<void**>(RKEMU_STACK_BASE + (static_cast<unsigned long>(index) + 1) * RKEMU_STACK_BYTES);
    *--top = nullptr;  // keeps the stack aligned as after a call
    *--top = reinterpret_cast<void*>(&fiberMain);
    for (int saved = 0; saved < 6; saved++) *--top = nullptr;
    fiber.stack = top;
  } else {
    takePosition(fiber.thread);
  }
  rkemu_switch(&runner.scheduler, fiber.stack);
}

[[noreturn]] void abandon(CUresult error) {
  runner.failure = error;
  toScheduler();
  std::abort();  // an abandoned fiber is never entered again
}

void waitAt(Wait wait, int line, unsigned mask) {
  Fiber& fiber = here();
  fiber.wait = wait;
  fiber.line = line;
  fiber.mask = mask;
  toScheduler();
}

int newFiber() {
  if (!runner.idle.empty()) {
    int index = runner.idle.back();
    runner.idle.pop_back();
    return index;
  }
  if (runner.fibers.empty()) {
    runner.fibers.reserve(RKEMU_STACK_COUNT);
    void* got = mmap(reinterpret_cast<void*>(RKEMU_STACK_BASE), RKEMU_STACK_SPAN, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != reinterpret_cast<void*>(RKEMU_STACK_BASE)) {
      std::fprintf(stderr, "RICHKERNEL-EMU: cannot reserve the stacks of CUDA threads\n");
      std::abort();
    }
  }
  int index = static_cast<int>(runner.fibers.size());
  mprotect(reinterpret_cast<void*>(RKEMU_STACK_BASE + static_cast<unsigned long>(index) * RKEMU_STACK_BYTES), 4096,
           PROT_NONE);
  runner.fibers.emplace_back();
  return index;
}

void release(Fiber& fiber) {
  fiber.wait = Wait::none;
  runner.ready.push_back(static_cast<int>(&fiber - runner.fibers.data()));
}

// Hands the values over while all lanes stand still, so that none can be overwritten or gone, and lets them go on. A
// source outside the mask is undefined on a device; the own value is what hardware usually gives.
void exchange(unsigned firstThread, unsigned lanes) {
  auto fiberAt = [firstThread](int lane) -> Fiber& { return runner.fibers[runner.fiberOf[firstThread + lane]]; };
  unsigned ballot = 0;
  runner.races.warpBarrier(firstThread / 32);
  for (int lane = 0; lane < 32; lane++) {
    if ((lanes >> lane & 1) && fiberAt(lane).offered != 0) ballot |= 1u << lane;
  }
  for (int lane = 0; lane < 32; lane++) {
    if ((lanes >> lane & 1) == 0) continue;
    Fiber& fiber = fiberAt(lane);
    bool heard = fiber.source >= 0 && fiber.source < 32 && (lanes >> fiber.source & 1);
    fiber.received = heard ? fiberAt(fiber.source).offered : fiber.offered;
    fiber.ballot = ballot;
    release(fiber);
  }
}

// Lets every warp operation go on whose lanes have all arrived. A lane that the block does not have is not awaited.
bool releaseWarps() {
  bool any = false;
  for (unsigned first = 0; first < runner.threads; first += 32) {
    unsigned present = runner.threads - first < 32 ? (1u << (runner.threads - first)) - 1 : ~0u;
    unsigned settled = 0;
    for (unsigned lane = 0; lane < 32 && first + lane < runner.threads; lane++) {
      int index = runner.fiberOf[first + lane];
      if (index < 0 || (settled >> lane & 1) || runner.fibers[index].wait != Wait::warp) continue;
      const Fiber& fiber = runner.fibers[index];
      unsigned arrived = 0;
      for (unsigned other = lane; other < 32 && first + other < runner.threads; other++) {
        int otherIndex = runner.fiberOf[first + other];
        if (otherIndex < 0) continue;
        const Fiber& peer = runner.fibers[otherIndex];
        if (peer.wait == Wait::warp && peer.mask == fiber.mask && peer.line == fiber.line) arrived |= 1u << other;
      }
      settled |= arrived;
      if (arrived != (fiber.mask & present)) continue;
      any = true;
      exchange(first, arrived);
    }
  }
  return any;
}

bool releaseBlock() {
  if (runner.done > 0) return false;
  int line = 0;
  for (int index : runner.fiberOf) {
    const Fiber& fiber = runner.fibers[index];
    if (fiber.wait != Wait::block || (line != 0 && fiber.line != line)) return false;
    line = fiber.line;
  }
  runner.races.blockBarrier();
  for (int index : runner.fiberOf) release(runner.fibers[index]);
  return true;
}

std::string threadName(unsigned thread) {
  const unsigned* size = runner.launch->block;
  return text("thread (%u,%u,%u)", thread % size[0], thread / size[0] % size[1], thread / (size[0] * size[1]));
}

std::string place() {
  const unsigned* block = runner.launch->here->block;
  return text("kernel %s, block (%u,%u,%u)", runner.launch->kernel.c_str(), block[0], block[1], block[2]);
}

void reportDivergence() {
  int waiting = -1;
  for (unsigned t = 0; t < runner.threads && waiting < 0; t++) {
    if (runner.fiberOf[t] >= 0) waiting = static_cast<int>(t);
  }
  const Fiber& first = runner.fibers[runner.fiberOf[waiting]];
  std::string other = "no other thread can arrive";
  for (unsigned t = 0; t < runner.threads; t++) {
    if (runner.fiberOf[t] == -2) {
      other = threadName(t) + " has returned";
      break;
    }
    const Fiber& peer = runner.fibers[runner.fiberOf[t]];
    if (peer.wait != first.wait || peer.line != first.line || peer.mask != first.mask) {
      other = threadName(t) + text(" waits at line %d", peer.line);
      break;
    }
  }
  runner.failure = violation(
      CUDA_ERROR_LAUNCH_FAILED,
      text("divergent %s: %s, %s waits at line %d while %s", first.wait == Wait::block ? "barrier" : "warp operation",
           place().c_str(), threadName(static_cast<unsigned>(waiting)).c_str(), first.line, other.c_str()));
}

void startBlockMemory(const Launch& launch) {
  DeviceMemory::instance().clearShared();
  if (launch.dynamicShared > 0) {
    DeviceMemory::instance().addShared(RKEMU_SHARED_BASE, launch.dynamicShared, "(dynamic)");
  }
  runner.races.nextBlock();
  runner.slots.clear();
  runner.sharedCursor = kStaticShared;
  runner.staticShared = 0;
}

void runBlock() {
  runner.next = runner.done = 0;
  runner.fiberOf.assign(runner.threads, -1);
  while (runner.failure == CUDA_SUCCESS && runner.done < runner.threads) {
    if (runner.next < runner.threads) {
      enter(newFiber());
    } else if (!runner.ready.empty()) {
      std::vector<int> batch;
      batch.swap(runner.ready);
      for (int index : batch) {
        enter(index);
        if (runner.failure != CUDA_SUCCESS) break;
      }
    } else if (!releaseWarps() && !releaseBlock()) {
      reportDivergence();
    }
  }
}

// ---- answers to the module -------------------------------------------------------------------------------------------

void checkRace(unsigned long address, unsigned long bytes, bool isStore, void* pc) {
  const Launch& launch = *runner.launch;
  if (address < RKEMU_SHARED_BASE || !DeviceMemory::inArena(address) || launch.here->in_atomic) return;
  int other = runner.races.conflict(address - RKEMU_SHARED_BASE, bytes, isStore, here().thread);
  if (other < 0) return;
  const Allocation* variable = DeviceMemory::instance().find(address);
  abandon(violation(CUDA_ERROR_LAUNCH_FAILED,
                    text("race on shared variable %s, offset %lu, in %s: %s %s%s what %s %s, without a barrier between",
                         variable->name, address - variable->base, place().c_str(), threadName(here().thread).c_str(),
                         isStore ? "writes" : "reads", sourceLine(launch.moduleFile, launch.moduleLow, pc).c_str(),
                         threadName(static_cast<unsigned>(other)).c_str(), isStore ? "read" : "wrote")));
}

void slowAccess(unsigned long address, unsigned long bytes, int isStore, void* pc) {
  const Launch& launch = *runner.launch;
  auto& memory = DeviceMemory::instance();
  if (!DeviceMemory::inArena(address)) {
    if (address - RKEMU_STACK_BASE < RKEMU_STACK_SPAN) return;
    if (address >= launch.moduleLow && address + bytes <= launch.moduleHigh) return;
  }
  std::string wrong;
  CUresult error = CUDA_ERROR_ILLEGAL_ADDRESS;
  bool aligned = bytes > 16 || (bytes & (bytes - 1)) != 0 || (address & (bytes - 1)) == 0;
  if (!aligned) {
    wrong = text("misaligned access: address %#lx", address);
    error = CUDA_ERROR_MISALIGNED_ADDRESS;
  } else {
    wrong = memory.check(address, bytes, isStore ? Access::write : Access::read);
  }
  if (wrong.empty()) {
    checkRace(address, bytes, isStore, pc);
    return;
  }
  bool uninitialised = wrong.rfind("uninitialised", 0) == 0;
  if (uninitialised) {
    auto policy = state().onUninitialised;
    if (policy == OnUninitialised::ignore) return;
    if (policy == OnUninitialised::report && runner.uninitialisedSaid) return;
  }
  std::string line = text("%s of %lu bytes in %s, %s%s: %s", isStore ? "write" : "read", bytes, place().c_str(),
                          threadName(here().thread).c_str(), sourceLine(launch.moduleFile, launch.moduleLow, pc).c_str(),
                          wrong.c_str());
  if (uninitialised && state().onUninitialised == OnUninitialised::report) {
    runner.uninitialisedSaid = true;
    say(line);
    state().counters.violations++;
    return;
  }
  abandon(violation(error, line));
}

void blockBarrier(int line) { waitAt(Wait::block, line, 0); }

unsigned lane() { return here().thread & 31; }

void warpBarrier(unsigned mask, int line) {
  if ((mask >> lane() & 1) == 0) {
    abandon(violation(CUDA_ERROR_LAUNCH_FAILED, text("%s, %s calls a warp operation at line %d with mask %#x, which lacks it",
                                                     place().c_str(), threadName(here().thread).c_str(), line, mask)));
  }
  waitAt(Wait::warp, line, mask);
}

unsigned long warpExchange(unsigned mask, unsigned long bits, int sourceLane, int line) {
  here().offered = bits;
  here().source = sourceLane;
  warpBarrier(mask, line);
  return here().received;
}

unsigned warpBallot(unsigned mask, int predicate, int line) {
  here().offered = predicate != 0;
  here().source = -1;
  warpBarrier(mask, line);
  return here().ballot;
}

unsigned activeMask() { return 1u << lane(); }

void* sharedSlot(const void* key, unsigned long bytes, unsigned long align, const char* name) {
  for (const SharedSlot& slot : runner.slots) {
    if (slot.key == key) return slot.address;
  }
  std::uintptr_t base = (runner.sharedCursor + align - 1) / align * align;
  base = (base + 15) / 16 * 16;
  runner.staticShared += bytes;
  if (runner.staticShared > (48u << 10) || runner.staticShared + runner.launch->dynamicShared > runner.launch->sharedLimit) {
    abandon(violation(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
                      text("%s declares more shared memory than a block has: %zu static and %zu dynamic bytes",
                           place().c_str(), runner.staticShared, runner.launch->dynamicShared)));
  }
  runner.sharedCursor = base + bytes + 256;
  DeviceMemory::instance().addShared(base, bytes, name);
  runner.slots.push_back({key, reinterpret_cast<void*>(base)});
  return runner.slots.back().address;
}

void trap(const char* what, const char* file, int line) {
  abandon(violation(CUDA_ERROR_LAUNCH_FAILED, text("%s at %s:%d in %s, %s", what, file, line, place().c_str(),
                                                   threadName(here().thread).c_str())));
}

}  // namespace

const rkemu_host_calls& hostCalls() {
  static const rkemu_host_calls calls = {slowAccess, blockBarrier, warpBarrier, warpExchange,
                                         warpBallot, activeMask,   sharedSlot,  trap};
  return calls;
}

CUresult runGrid(const Launch& launch) {
  runner.launch = &launch;
  runner.failure = CUDA_SUCCESS;
  runner.uninitialisedSaid = false;
  runner.threads = launch.block[0] * launch.block[1] * launch.block[2];
  rkemu_position& at = *launch.here;
  std::memcpy(at.block_size, launch.block, sizeof at.block_size);
  std::memcpy(at.grid_size, launch.grid, sizeof at.grid_size);
  at.in_atomic = 0;
  for (unsigned z = 0; z < launch.grid[2]; z++) {
    for (unsigned y = 0; y < launch.grid[1]; y++) {
      for (unsigned x = 0; x < launch.grid[0]; x++) {
        at.block[0] = x;
        at.block[1] = y;
        at.block[2] = z;
        startBlockMemory(launch);
        runBlock();
        if (runner.failure == CUDA_SUCCESS) continue;
        // What the abandoned threads left on their stacks is of no use to anyone.
        runner.idle.clear();
        runner.ready.clear();
        for (std::size_t i = runner.fibers.size(); i-- > 0;) {
          runner.fibers[i] = Fiber();
          runner.idle.push_back(static_cast<int>(i));
        }
        DeviceMemory::instance().clearShared();
        return runner.failure;
      }
    }
  }
  DeviceMemory::instance().clearShared();
  return CUDA_SUCCESS;
}

}  // namespace rkemu

// Runs the CUDA threads of one block, each on its own stack once it has to wait for others.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cuda_abi.hpp"
#include "rkemu_layout.h"

namespace rkemu {

struct Launch {
  std::string kernel;
  void (*thunk)(void** arguments);
  void** arguments;
  rkemu_position* here;  // the module's record of the running thread
  std::uintptr_t moduleLow, moduleHigh;
  std::string moduleFile;
  unsigned grid[3], block[3];
  std::size_t dynamicShared, sharedLimit;
};

// Runs all blocks one after another. On a violation the rest is abandoned and the report is kept.
CUresult runGrid(const Launch& launch);

// The calls that modules make, answered for the thread that runs.
const rkemu_host_calls& hostCalls();

}  // namespace rkemu

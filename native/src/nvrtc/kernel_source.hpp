// Turns preprocessed CUDA C++ into plain C++ for g++.
#pragma once
#include <string>
#include <vector>

namespace rkemu {

struct Kernel {
  std::string name;       // as cuModuleGetFunction knows it
  std::string qualified;  // with its namespaces
  std::string bounds;     // what stood in __launch_bounds__, or ""
};

struct KernelSource {
  std::string text;
  std::vector<Kernel> kernels;  // those with C linkage
};

// Rewrites __rkemu_global__, __rkemu_bounds__ and __rkemu_shared__ (see rkemu_device.h); line numbers stay.
KernelSource rewrite(const std::string& preprocessed);

}  // namespace rkemu

#include "compiler.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "embedded_headers.h"
#include "kernel_source.hpp"

extern char** environ;

namespace rkemu {
namespace {

namespace fs = std::filesystem;

// Two FNV-1a hashes with different starts: 128 bits, plenty for a cache.
std::string hashOf(const std::string& text) {
  unsigned long long a = 1469598103934665603ull, b = 88172645463325252ull;
  for (unsigned char c : text) {
    a = (a ^ c) * 1099511628211ull;
    b = (b ^ c) * 1099511628211ull + 0x9e3779b97f4a7c15ull;
  }
  char buffer[33];
  std::snprintf(buffer, sizeof buffer, "%016llx%016llx", a, b);
  return buffer;
}

std::string readAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

bool writeAll(const fs::path& path, const std::string& text) {
  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  return static_cast<bool>(out);
}

fs::path temporaryRoot() {
  const char* folder = std::getenv("TMPDIR");
  return folder == nullptr || *folder == 0 ? "/tmp" : folder;
}

fs::path cacheFolder() {
  const char* folder = std::getenv("RICHKERNEL_EMU_CACHE");
  if (folder != nullptr && *folder != 0) return folder;
  return temporaryRoot() / ("rkemu-cache-" + std::to_string(getuid()));
}

struct TemporaryFolder {
  TemporaryFolder() {
    std::string name = (temporaryRoot() / "rkemu-nvrtc-XXXXXX").string();
    path = mkdtemp(name.data()) == nullptr ? fs::path() : fs::path(name);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path.empty()) fs::remove_all(path, ignored);
  }
  fs::path path;
};

// Runs a command in a folder, its output into files there; the exit status, or -1.
int runIn(const fs::path& folder, std::vector<std::string> command, const std::string& out, const std::string& err) {
  command.insert(command.begin(), {"env", "-C", folder.string(), "LC_ALL=C"});
  std::vector<char*> arguments;
  for (auto& part : command) arguments.push_back(part.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  std::string outPath = folder / out, errPath = folder / err;
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, outPath.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, errPath.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child;
  int failed = posix_spawnp(&child, "env", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  if (failed != 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string compilerName() {
  const char* name = std::getenv("RICHKERNEL_EMU_CXX");
  return name == nullptr || *name == 0 ? RKEMU_CXX : name;
}

std::string cacheKey(const CompileRequest& request) {
  std::string all = RKEMU_VERSION;
  auto add = [&all](const std::string& part) { all += '\0' + std::to_string(part.size()) + '\0' + part; };
  add(compilerName());
  for (auto& option : request.options) add(option);
  add(request.program.name);
  add(request.program.text);
  for (auto& header : request.headers) {
    add(header.name);
    add(header.text);
  }
  for (auto& expression : request.expressions) add("expression " + expression);
  return hashOf(all);
}

bool inside(const std::string& name) {
  return !name.empty() && name[0] != '/' && name.find("..") == std::string::npos;
}

std::string withThunks(const KernelSource& source, const CompileRequest& request) {
  std::string text = source.text;
  text += "\n# 1 \"rkemu_module.h\"\n";
  text += kLayoutHeader;
  text += kModuleHeader;
  for (const Kernel& kernel : source.kernels) {
    text += "RKEMU_KERNEL(" + kernel.name + ", " + kernel.qualified + ")\n";
    if (!kernel.bounds.empty()) text += "RKEMU_BOUNDS(" + kernel.name + ", " + kernel.bounds + ", )\n";
  }
  for (std::size_t i = 0; i < request.expressions.size(); i++) {
    text += "RKEMU_KERNEL(rkemu_expression_" + std::to_string(i) + ", " + request.expressions[i] + ")\n";
  }
  return text;
}

}  // namespace

CompileResult compile(const CompileRequest& request) {
  CompileResult result;
  fs::path cached = cacheFolder() / (cacheKey(request) + ".so");
  result.object = readAll(cached);
  if (!result.object.empty()) {
    result.ok = true;
    return result;
  }
  TemporaryFolder work;
  if (work.path.empty()) {
    result.log = "cannot make a temporary folder under " + temporaryRoot().string() + "\n";
    return result;
  }
  for (auto& header : request.headers) {
    if (!inside(header.name)) {
      result.log = "header name '" + header.name + "' leaves the folder\n";
      return result;
    }
    writeAll(work.path / header.name, header.text);
  }
  std::string program = inside(request.program.name) ? request.program.name : "default_program";
  writeAll(work.path / program, request.program.text);
  writeAll(work.path / ".rkemu/rkemu_device.h", kDeviceHeader);
  writeAll(work.path / ".rkemu/rkemu_math.h", kMathHeader);

  std::vector<std::string> command = {compilerName(), "-E", "-x", "c++", "-std=c++17", "-nostdinc", "-nostdinc++",
                                      "-I.", "-I.rkemu", "-include", "rkemu_device.h"};
  command.insert(command.end(), request.options.begin(), request.options.end());
  command.push_back(program);
  int status = runIn(work.path, command, ".rkemu/preprocessed", ".rkemu/log");
  result.log = readAll(work.path / ".rkemu/log");
  if (status != 0) {
    if (result.log.empty()) result.log = "cannot run " + compilerName() + "\n";
    return result;
  }
  KernelSource source = rewrite(readAll(work.path / ".rkemu/preprocessed"));
  writeAll(work.path / ".rkemu/kernel.cpp", withThunks(source, request));

  command = {compilerName(), "-x", "c++", "-std=c++17"};
  for (auto& option : request.options) {
    if (option.rfind("-std=", 0) == 0) command.push_back(option);
  }
  // One access in the source is one check: so no vectorising and no merging of stores. Contraction would make results
  // depend on the machine.
  for (const char* option :
       {"-O2", "-g1", "-gdwarf-4", "-fPIC", "-shared", "-nostdinc", "-nostdinc++", "-fno-exceptions", "-fno-rtti",
        "-fno-threadsafe-statics", "-fno-strict-aliasing", "-fno-math-errno", "-fno-trapping-math",
        "-ffp-contract=off", "-fno-tree-vectorize", "-fno-tree-slp-vectorize", "-fno-store-merging", "-fno-tree-sra",
        "-fsanitize=kernel-address", "--param=asan-stack=0", "--param=asan-globals=0",
        "--param=asan-instrumentation-with-call-threshold=0", "-fno-diagnostics-show-caret", "-Wno-unknown-pragmas",
        "-Wno-attributes", "-Wl,-Bsymbolic", "-o", ".rkemu/kernel.so", ".rkemu/kernel.cpp", "-lm"}) {
    command.push_back(option);
  }
  status = runIn(work.path, command, ".rkemu/out", ".rkemu/log");
  result.log += readAll(work.path / ".rkemu/log");
  if (status != 0) {
    if (result.log.empty()) result.log = compilerName() + " failed without a message\n";
    return result;
  }
  result.object = readAll(work.path / ".rkemu/kernel.so");
  result.ok = !result.object.empty();
  fs::path fresh = cached;
  fresh += "." + std::to_string(getpid()) + work.path.filename().string();
  std::error_code notCached;
  if (writeAll(fresh, result.object)) fs::rename(fresh, cached, notCached);
  return result;
}

}  // namespace rkemu

// The interface of NVRTC 12.6.
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>

#include "compiler.hpp"
#include "rkemu_image.h"
#include "stub.hpp"

#define RKEMU_API extern "C" __attribute__((visibility("default")))

enum nvrtcResult : int {
  NVRTC_SUCCESS = 0,
  NVRTC_ERROR_INVALID_INPUT = 3,
  NVRTC_ERROR_INVALID_PROGRAM = 4,
  NVRTC_ERROR_INVALID_OPTION = 5,
  NVRTC_ERROR_COMPILATION = 6,
  NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION = 8,
  NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION = 9,
  NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID = 10,
};

namespace {

constexpr int kArchitectures[] = {50, 52, 53, 60, 61, 62, 70, 72, 75, 80, 86, 87, 89, 90};

struct Program {
  rkemu::CompileRequest request;
  std::vector<std::string> lowered;
  bool compiled = false;
  std::string log, cubin, ptx;
};

std::mutex lock;

std::set<Program*>& programs() {
  static auto* all = new std::set<Program*>;
  return *all;
}

// The driver holds the injected errors; without one (as on a build node) there are none.
int injected(const char* name) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOLOAD | RTLD_LAZY);
  if (driver == nullptr) return 0;
  auto ask = reinterpret_cast<int (*)(const char*, const char*)>(dlsym(driver, "rkemu_injected"));
  int error = ask == nullptr ? 0 : ask("nvrtc", name);
  dlclose(driver);
  return error;
}

bool startsWith(const std::string& s, const char* prefix) { return s.rfind(prefix, 0) == 0; }

// Fills the options for g++ and the architecture ("sm_80"); the first option that NVRTC would not know otherwise.
std::string readOptions(int count, const char* const* options, std::vector<std::string>& forCompiler,
                        std::string& architecture) {
  for (int i = 0; i < count; i++) {
    std::string option = options[i];
    auto value = [&](const char* name) -> std::string {
      if (startsWith(option, name) && option[std::strlen(name)] == '=') return option.substr(std::strlen(name) + 1);
      if (option == name && i + 1 < count) return options[++i];
      return "";
    };
    std::string found;
    if (!(found = value("--gpu-architecture")).empty() || !(found = value("-arch")).empty()) {
      architecture = found;
    } else if (!(found = value("--std")).empty() || !(found = value("-std")).empty()) {
      forCompiler.push_back("-std=" + found);
    } else if (!(found = value("--define-macro")).empty()) {
      forCompiler.push_back("-D" + found);
    } else if (!(found = value("--undefine-macro")).empty()) {
      forCompiler.push_back("-U" + found);
    } else if (!(found = value("--include-path")).empty()) {
      forCompiler.push_back("-I" + found);
    } else if (startsWith(option, "-D") || startsWith(option, "-U") || startsWith(option, "-I")) {
      forCompiler.push_back(option.size() == 2 && i + 1 < count ? option + options[++i] : option);
    } else {
      static const char* const without[] = {
          "-default-device", "--device-as-default-execution-space", "-lineinfo", "--generate-line-info", "-G",
          "--device-debug", "--fmad", "-fmad", "--ftz", "-ftz", "--prec-sqrt", "-prec-sqrt", "--prec-div", "-prec-div",
          "--use_fast_math", "-use_fast_math", "--maxrregcount", "-maxrregcount", "--extra-device-vectorization",
          "-rdc", "--relocatable-device-code", "-w", "--disable-warnings", "--restrict", "-restrict", "--ptxas-options",
          "-Xptxas", "--extensible-whole-program", "-ewp", "--diag-suppress", "-diag-suppress", "--split-compile",
          "--device-int128", "-device-int128", "--modify-stack-limit", "--dopt", "-dopt"};
      bool known = std::any_of(std::begin(without), std::end(without), [&](const char* name) {
        return option == name || (startsWith(option, name) && option[std::strlen(name)] == '=');
      });
      if (!known) return option;
    }
  }
  return "";
}

nvrtcResult finish(Program& program, const std::string& object, bool real) {
  if (real) {
    rkemu::ImageHeader header = {};
    std::memcpy(header.mark, rkemu::kCubinMark, sizeof header.mark);
    std::strncpy(header.version, RKEMU_VERSION, sizeof header.version - 1);
    header.bytes = object.size();
    program.cubin.assign(reinterpret_cast<const char*>(&header), sizeof header);
    program.cubin += object;
  }
  static const char digits[] = "0123456789abcdef";
  program.ptx = std::string(rkemu::kPtxMark) + RKEMU_VERSION;
  for (std::size_t i = 0; i < object.size(); i++) {
    if (i % 64 == 0) program.ptx += "\n//:";
    auto byte = static_cast<unsigned char>(object[i]);
    program.ptx += digits[byte >> 4];
    program.ptx += digits[byte & 15];
  }
  program.ptx += "\n";
  return NVRTC_SUCCESS;
}

nvrtcResult compileProgram(Program& program, int count, const char* const* options) {
  std::string architecture = "compute_52";
  program.request.options.clear();
  program.cubin.clear();
  program.ptx.clear();
  program.compiled = true;
  std::string unknown = readOptions(count, options, program.request.options, architecture);
  if (!unknown.empty()) {
    program.log = "nvrtc: error: unrecognized option " + unknown + " found\n";
    return NVRTC_ERROR_INVALID_OPTION;
  }
  bool real = startsWith(architecture, "sm_");
  int number = real ? std::atoi(architecture.c_str() + 3)
                    : startsWith(architecture, "compute_") ? std::atoi(architecture.c_str() + 8) : 0;
  if (std::find(std::begin(kArchitectures), std::end(kArchitectures), number) == std::end(kArchitectures)) {
    program.log = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
    return NVRTC_ERROR_INVALID_OPTION;
  }
  program.request.options.push_back("-D__CUDA_ARCH__=" + std::to_string(number * 10));
  rkemu::CompileResult result = rkemu::compile(program.request);
  program.log = result.log;
  return result.ok ? finish(program, result.object, real) : NVRTC_ERROR_COMPILATION;
}

template <class Body>
nvrtcResult withProgram(const char* name, Program* program, Body&& body) {
  std::lock_guard<std::mutex> guard(lock);
  if (programs().count(program) == 0) return NVRTC_ERROR_INVALID_PROGRAM;
  if (int error = injected(name)) {
    program->log = std::string("RICHKERNEL-EMU: ") + name + " fails because a test asked for it\n";
    return static_cast<nvrtcResult>(error);
  }
  return body(*program);
}

nvrtcResult sizeOf(const std::string& text, std::size_t* size, bool terminated) {
  if (size == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  *size = text.empty() && !terminated ? 0 : text.size() + (terminated ? 1 : 0);
  return NVRTC_SUCCESS;
}

nvrtcResult copyOf(const std::string& text, char* target, bool terminated) {
  if (target == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  std::memcpy(target, text.c_str(), text.size() + (terminated ? 1 : 0));
  return NVRTC_SUCCESS;
}

}  // namespace

RKEMU_API nvrtcResult nvrtcVersion(int* major, int* minor) {
  if (major == nullptr || minor == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  *major = rkemu::kCudaMajor;
  *minor = 6;
  return NVRTC_SUCCESS;
}

RKEMU_API nvrtcResult nvrtcGetNumSupportedArchs(int* count) {
  if (count == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  *count = static_cast<int>(std::size(kArchitectures));
  return NVRTC_SUCCESS;
}

RKEMU_API nvrtcResult nvrtcGetSupportedArchs(int* architectures) {
  if (architectures == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  std::copy(std::begin(kArchitectures), std::end(kArchitectures), architectures);
  return NVRTC_SUCCESS;
}

RKEMU_API const char* nvrtcGetErrorString(nvrtcResult result) {
  static const char* const names[] = {
      "NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE", "NVRTC_ERROR_INVALID_INPUT",
      "NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION", "NVRTC_ERROR_COMPILATION",
      "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE", "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
      "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION", "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID",
      "NVRTC_ERROR_INTERNAL_ERROR"};
  return result >= 0 && result < static_cast<int>(std::size(names)) ? names[result] : "NVRTC_ERROR unknown";
}

RKEMU_API nvrtcResult nvrtcCreateProgram(Program** program, const char* source, const char* name, int headerCount,
                                         const char* const* headers, const char* const* includeNames) {
  if (program == nullptr || source == nullptr || headerCount < 0) return NVRTC_ERROR_INVALID_INPUT;
  std::lock_guard<std::mutex> guard(lock);
  if (int error = injected("nvrtcCreateProgram")) return static_cast<nvrtcResult>(error);
  auto fresh = std::make_unique<Program>();
  fresh->request.program = {name == nullptr || *name == 0 ? "default_program" : name, source};
  for (int i = 0; i < headerCount; i++) fresh->request.headers.push_back({includeNames[i], headers[i]});
  *program = fresh.get();
  programs().insert(fresh.release());
  return NVRTC_SUCCESS;
}

RKEMU_API nvrtcResult nvrtcDestroyProgram(Program** program) {
  if (program == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  std::lock_guard<std::mutex> guard(lock);
  if (programs().erase(*program) == 0) return NVRTC_ERROR_INVALID_PROGRAM;
  delete *program;
  *program = nullptr;
  return NVRTC_SUCCESS;
}

RKEMU_API nvrtcResult nvrtcCompileProgram(Program* program, int optionCount, const char* const* options) {
  return withProgram("nvrtcCompileProgram", program,
                     [&](Program& p) { return compileProgram(p, optionCount, options); });
}

RKEMU_API nvrtcResult nvrtcAddNameExpression(Program* program, const char* expression) {
  return withProgram("nvrtcAddNameExpression", program, [&](Program& p) {
    if (p.compiled) return NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
    p.lowered.push_back("rkemu_expression_" + std::to_string(p.request.expressions.size()));
    p.request.expressions.push_back(*expression == '&' ? expression + 1 : expression);
    return NVRTC_SUCCESS;
  });
}

RKEMU_API nvrtcResult nvrtcGetLoweredName(Program* program, const char* expression, const char** lowered) {
  return withProgram("nvrtcGetLoweredName", program, [&](Program& p) {
    if (!p.compiled) return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
    std::string wanted = *expression == '&' ? expression + 1 : expression;
    for (std::size_t i = 0; i < p.lowered.size(); i++) {
      if (p.request.expressions[i] != wanted) continue;
      *lowered = p.lowered[i].c_str();
      return NVRTC_SUCCESS;
    }
    return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
  });
}

RKEMU_API nvrtcResult nvrtcGetProgramLogSize(Program* program, std::size_t* size) {
  return withProgram("nvrtcGetProgramLogSize", program, [&](Program& p) { return sizeOf(p.log, size, true); });
}
RKEMU_API nvrtcResult nvrtcGetProgramLog(Program* program, char* log) {
  return withProgram("nvrtcGetProgramLog", program, [&](Program& p) { return copyOf(p.log, log, true); });
}
RKEMU_API nvrtcResult nvrtcGetPTXSize(Program* program, std::size_t* size) {
  return withProgram("nvrtcGetPTXSize", program, [&](Program& p) {
    return p.ptx.empty() ? NVRTC_ERROR_INVALID_PROGRAM : sizeOf(p.ptx, size, true);
  });
}
RKEMU_API nvrtcResult nvrtcGetPTX(Program* program, char* ptx) {
  return withProgram("nvrtcGetPTX", program, [&](Program& p) {
    return p.ptx.empty() ? NVRTC_ERROR_INVALID_PROGRAM : copyOf(p.ptx, ptx, true);
  });
}
RKEMU_API nvrtcResult nvrtcGetCUBINSize(Program* program, std::size_t* size) {
  return withProgram("nvrtcGetCUBINSize", program, [&](Program& p) { return sizeOf(p.cubin, size, false); });
}
RKEMU_API nvrtcResult nvrtcGetCUBIN(Program* program, char* cubin) {
  return withProgram("nvrtcGetCUBIN", program, [&](Program& p) { return copyOf(p.cubin, cubin, false); });
}

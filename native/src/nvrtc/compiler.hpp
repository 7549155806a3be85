// g++ as the compiler of kernels, with a cache on disk.
#pragma once
#include <string>
#include <vector>

namespace rkemu {

struct SourceFile {
  std::string name, text;
};

struct CompileRequest {
  SourceFile program;
  std::vector<SourceFile> headers;
  std::vector<std::string> options;      // for g++
  std::vector<std::string> expressions;  // kernels named by nvrtcAddNameExpression
};

struct CompileResult {
  bool ok = false;
  std::string object;  // a shared object's bytes
  std::string log;
};

CompileResult compile(const CompileRequest& request);

}  // namespace rkemu

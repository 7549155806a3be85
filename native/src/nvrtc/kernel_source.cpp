#include "kernel_source.hpp"

#include <algorithm>
#include <cctype>

namespace rkemu {
namespace {

bool isWordStart(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool isSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string trimmed(const std::string& s) {
  auto from = std::find_if_not(s.begin(), s.end(), isSpace);
  auto to = std::find_if_not(s.rbegin(), s.rend(), isSpace).base();
  return from < to ? std::string(from, to) : "";
}

bool endsWithWord(const std::string& s, const std::string& word) {
  if (s.size() < word.size() || s.compare(s.size() - word.size(), word.size(), word) != 0) return false;
  return s.size() == word.size() || !isWord(s[s.size() - word.size() - 1]);
}

class Rewriter {
 public:
  explicit Rewriter(const std::string& in) : in_(in) { out_.text.reserve(in.size() + in.size() / 4); }

  KernelSource run() {
    while (at_ < in_.size()) step();
    return std::move(out_);
  }

 private:
  enum class Scope { plain, cLinkage, nameSpace };
  struct Block {
    Scope scope;
    std::string name;
  };

  void step() {
    char c = in_[at_];
    if (c == '#' && atLineStart()) {
      copyUntil(in_.find('\n', at_));
    } else if (c == '"') {
      std::size_t end = closingQuote(at_);
      if (lastWord_ == "extern" && in_.compare(at_, end - at_, "\"C\"") == 0) externC_ = true;
      copyUntil(end);
    } else if (c == '\'') {
      copyUntil(closingQuote(at_));
    } else if (isWordStart(c)) {
      std::size_t end = at_;
      while (end < in_.size() && isWord(in_[end])) end++;
      word(in_.substr(at_, end - at_), end);
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      std::size_t end = at_;  // a number, perhaps with digit separators
      while (end < in_.size() && (isWord(in_[end]) || in_[end] == '\'' || in_[end] == '.')) end++;
      copyUntil(end);
    } else {
      punctuation(c);
      copyUntil(at_ + 1);
    }
  }

  void punctuation(char c) {
    if (c == '{') {
      bool wraps = externC_ && lastWord_ == "extern";
      blocks_.push_back(wraps                ? Block{Scope::cLinkage, ""}
                        : namespace_.empty() ? Block{Scope::plain, ""}
                                             : Block{Scope::nameSpace, namespace_ == "namespace" ? "" : namespace_});
    } else if (c == '}' && !blocks_.empty()) {
      blocks_.pop_back();
    }
    if (c == '{' || c == '}' || c == ';') {
      externC_ = template_ = global_ = false;
      namespace_.clear();
      bounds_.clear();
      lastWord_.clear();
    }
  }

  void word(const std::string& w, std::size_t end) {
    if (w == "__rkemu_bounds__") {
      std::size_t open = in_.find('(', end), close = closingBracket(open);
      bounds_ = in_.substr(open + 1, close - open - 1);
      at_ = close + 1;
      return;
    }
    if (w == "__rkemu_shared__") {
      at_ = end;
      sharedDeclaration();
      return;
    }
    if (w == "__rkemu_global__") {
      global_ = true;
      out_.text += "__attribute__((noinline, used, visibility(\"default\")))";
      at_ = end;
      return;
    }
    if (w == "template") template_ = true;
    if (w == "namespace") {
      namespace_ = "namespace";
    } else if (namespace_ == "namespace") {
      namespace_ = w;
    }
    if (global_ && w != "__attribute__" && w != "alignas" && nextIs(end, '(')) {
      global_ = false;
      if (linkageIsC() && !template_) addKernel(w);
    }
    lastWord_ = w;
    copyUntil(end);
  }

  void addKernel(const std::string& name) {
    for (const Kernel& known : out_.kernels) {
      if (known.name == name) return;
    }
    std::string qualified;
    for (const Block& block : blocks_) {
      if (block.scope == Scope::nameSpace && !block.name.empty()) qualified += block.name + "::";
    }
    out_.kernels.push_back({name, qualified + name, trimmed(bounds_)});
  }

  // static:  __shared__ T a[8][9];          a variable whose place is asked of the driver, one per declaration
  // dynamic: extern __shared__ T a[];       the fixed place of dynamic shared memory
  void sharedDeclaration() {
    bool dynamic = false;
    for (bool again = true; again;) {
      again = false;
      while (!out_.text.empty() && isSpace(out_.text.back())) out_.text.pop_back();
      for (const char* word : {"extern", "static"}) {
        if (!endsWithWord(out_.text, word)) continue;
        dynamic |= std::string(word) == "extern";
        out_.text.resize(out_.text.size() - std::string(word).size());
        again = true;
      }
    }
    std::size_t end = in_.find(';', at_);
    std::string declaration = trimmed(in_.substr(at_, end - at_));
    for (const char* word : {"extern ", "static "}) {
      if (declaration.rfind(word, 0) != 0) continue;
      dynamic |= std::string(word) == "extern ";
      declaration = trimmed(declaration.substr(7));
    }
    std::string type;
    for (const std::string& declarator : declarators(declaration)) {
      std::size_t bracket = declarator.find('['), nameEnd = bracket == std::string::npos ? declarator.size() : bracket;
      while (nameEnd > 0 && isSpace(declarator[nameEnd - 1])) nameEnd--;
      std::size_t nameStart = nameEnd;
      while (nameStart > 0 && isWord(declarator[nameStart - 1])) nameStart--;
      std::string name = declarator.substr(nameStart, nameEnd - nameStart);
      if (type.empty()) type = declarator.substr(0, nameStart);
      std::string extents = bracket == std::string::npos ? "" : declarator.substr(bracket);
      // Newlines of the declaration come out once, with the first declarator.
      out_.text += " typedef " + type + " rkemu_type_" + name + extents + ";";
      type.erase(std::remove(type.begin(), type.end(), '\n'), type.end());
      if (dynamic) {
        out_.text += " static rkemu_type_" + name + "& " + name + " = *reinterpret_cast<rkemu_type_" + name +
                     "*>(0x504000000000ul);";
      } else {
        out_.text += " static const char rkemu_key_" + name + " = 0; rkemu_type_" + name + "& " + name +
                     " = rkemu_shared_slot<rkemu_type_" + name + ">(&rkemu_key_" + name + ", \"" + name + "\");";
      }
    }
    at_ = end == std::string::npos ? in_.size() : end + 1;
  }

  // "float a[8], b[9]" at its commas outside brackets of any kind.
  static std::vector<std::string> declarators(const std::string& declaration) {
    std::vector<std::string> parts(1);
    int depth = 0;
    for (char c : declaration) {
      depth += (c == '(' || c == '[' || c == '<') - (c == ')' || c == ']' || c == '>');
      if (c == ',' && depth == 0) {
        parts.emplace_back();
      } else {
        parts.back().push_back(c);
      }
    }
    return parts;
  }

  bool linkageIsC() const {
    if (externC_) return true;
    for (const Block& block : blocks_) {
      if (block.scope == Scope::cLinkage) return true;
    }
    return false;
  }

  bool atLineStart() const {
    std::size_t i = at_;
    while (i > 0 && (in_[i - 1] == ' ' || in_[i - 1] == '\t')) i--;
    return i == 0 || in_[i - 1] == '\n';
  }

  bool nextIs(std::size_t from, char wanted) const {
    while (from < in_.size() && isSpace(in_[from])) from++;
    return from < in_.size() && in_[from] == wanted;
  }

  std::size_t closingQuote(std::size_t open) const {
    std::size_t i = open + 1;
    while (i < in_.size() && in_[i] != in_[open]) i += in_[i] == '\\' ? 2 : 1;
    return std::min(i + 1, in_.size());
  }

  std::size_t closingBracket(std::size_t open) const {
    int depth = 0;
    for (std::size_t i = open; i < in_.size(); i++) {
      depth += (in_[i] == '(') - (in_[i] == ')');
      if (depth == 0) return i;
    }
    return in_.size() - 1;
  }

  void copyUntil(std::size_t end) {
    end = std::min(end, in_.size());
    out_.text.append(in_, at_, end - at_);
    at_ = end;
  }

  const std::string& in_;
  std::size_t at_ = 0;
  KernelSource out_;
  std::vector<Block> blocks_;
  bool externC_ = false, template_ = false, global_ = false;
  std::string namespace_, bounds_, lastWord_;
};

}  // namespace

KernelSource rewrite(const std::string& preprocessed) { return Rewriter(preprocessed).run(); }

}  // namespace rkemu

#include "sygus_parts.hpp"

#include <algorithm>

#include "sygus_ops.hpp"
#include "sygus_sexp.hpp"

namespace weir::search::sygus {
namespace {

class PartReader {
 public:
  explicit PartReader(const Sexp& arguments) : arguments_(arguments) {
    for (std::size_t i = 0; i < arguments.items.size(); ++i) {
      const Sexp& argument = arguments.items[i];
      if (argument.items.size() != 2) continue;
      head_ += (i == 0 ? "(a" : " (a") + std::to_string(i) + " " + spelled(argument.items[1]) + ")";
    }
  }

  Parts read(const Sexp& term) {
    (void)part(term);
    return std::move(parts_);
  }

 private:
  struct Part {
    std::string text;
    std::size_t nodes = 1;
    bool general = true;    // nothing of it belongs to its task
    bool argument = false;  // it has one
  };

  std::optional<std::size_t> argument(const Sexp& atom) const {
    for (std::size_t i = 0; i < arguments_.items.size(); ++i) {
      const Sexp& one = arguments_.items[i];
      if (!one.items.empty() && atom.is(one.items[0].atom)) return i;
    }
    return std::nullopt;
  }

  Part leaf(const Sexp& node) const {
    Part leaf;
    if (node.kind == Sexp::Kind::text) {
      const auto is_word = [](char c) {
        return (static_cast<unsigned char>(c) & 0x80) != 0 || (c >= '0' && c <= '9') ||
               ((c | 32) >= 'a' && (c | 32) <= 'z');
      };
      leaf.general = std::none_of(node.atom.begin(), node.atom.end(), is_word);
      leaf.text = "\"" + std::string(node.atom) + "\"";
    } else if (const auto index = argument(node)) {
      leaf.argument = true;
      leaf.text = "a" + std::to_string(*index);
    } else {
      leaf.general = find_literal(node).has_value();
      leaf.text = std::string(node.atom);
    }
    return leaf;
  }

  Part part(const Sexp& node) {
    if (!node.list()) return leaf(node);
    Part whole;
    const std::size_t count = node.items.empty() ? 0 : node.items.size() - 1;
    const std::optional<Op> op = find_op(node.head(), count);
    if (op) parts_.used |= std::uint64_t{1} << static_cast<std::size_t>(*op);
    whole.general = op.has_value();
    whole.text = "(" + std::string(node.head());
    for (std::size_t i = 1; i <= count; ++i) {
      const Part below = part(node.items[i]);
      whole.nodes += below.nodes;
      whole.general = whole.general && below.general;
      whole.argument = whole.argument || below.argument;
      whole.text += " " + below.text;
    }
    whole.text += ")";
    if (whole.general && whole.argument && whole.nodes >= Parts::least_nodes &&
        whole.nodes <= Parts::most_nodes)
      keep(whole);
    return whole;
  }

  void keep(const Part& part) {
    std::string text = "(define-fun p (" + head_ + ") Any " + part.text + ")";
    const bool known = std::any_of(parts_.terms.begin(), parts_.terms.end(),
                                   [&](const Parts::Term& term) { return term.text == text; });
    if (!known && parts_.terms.size() < Parts::terms_max)
      parts_.terms.push_back({std::move(text), static_cast<std::uint8_t>(part.nodes)});
  }

  const Sexp& arguments_;
  std::string head_;
  Parts parts_;
};

}  // namespace

std::optional<Parts> parts_of(std::string_view definition) {
  const Result<std::vector<Sexp>> read = read_sexps(definition);
  if (!read || read.value().size() != 1) return std::nullopt;
  const Sexp& whole = read.value().front();
  if (whole.head() != "define-fun" || whole.items.size() != 5 || !whole.items[2].list())
    return std::nullopt;
  return PartReader(whole.items[2]).read(whole.items[4]);
}

}  // namespace weir::search::sygus

#include "expr/program.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "expr/compiler.hpp"
#include "expr/failure.hpp"
#include "expr/machine.hpp"

namespace fanfold::expr {

std::size_t Scope::add_column(std::string name, Type type) {
  assert(find(name) == nullptr);
  entries_.push_back({std::move(name), type, std::nullopt, columns_});
  return columns_++;
}

void Scope::add_constant(std::string name, Value value) {
  assert(find(name) == nullptr);
  const Type type = type_of(value);
  entries_.push_back({std::move(name), type, std::move(value)});
}

const Scope::Entry* Scope::find(std::string_view name) const {
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  return found == entries_.end() ? nullptr : &*found;
}

struct Scratch::State {
  AlignedVector<std::int64_t> words;  ///< blocks of 64: registers, then copies of the last rows of columns
  std::vector<std::string_view> texts;
  std::vector<std::byte*> places;
  std::vector<std::size_t> steps;  ///< of columns and the output: bytes from block to block
  std::vector<FailedRows> failed_rows;
};

Scratch::Scratch() : state_(std::make_unique<State>()) {}
Scratch::~Scratch() = default;
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;

namespace {

/// An output that is larger than the caches is written past them: half the memory traffic of writing through
/// them.
constexpr std::size_t least_streamed_rows = std::size_t{1} << 18;

/// One evaluation: block after block of 64 rows, then the rest.
class Evaluation {
 public:
  Evaluation(const Code& code, std::span<const ConstColumn> columns, std::size_t rows, ColumnBuffer& out,
             RowFailures& failures, Scratch::State& scratch)
      : code_(code),
        machine_(machine()),
        rows_(rows),
        output_(bytes_of(out.view())),
        failures_(failures),
        scratch_(scratch),
        streams_(code.type != Type::text && rows >= least_streamed_rows) {
    reserve();
    bind(columns);
  }

  void run() {
    Blocks blocks{places(), scratch_.steps, code_.output(), streams_ ? output_ : nullptr};
    if (streams_) places()[code_.output()] = spare_block(code_.slots.size());
    const std::size_t whole_rows = rows_ - rows_ % block_rows;
    for (;;) {
      row_ +=
          machine_.execute_blocks(code_.instructions, blocks, (whole_rows - row_) / block_rows) * block_rows;
      if (row_ == whole_rows) break;
      report({places(), block_rows, block_rows});
      machine_.leave_block(blocks);
      row_ += block_rows;
    }
    if (streams_) finish_stream();
    if (row_ < rows_) finish(rows_ - row_);
  }

 private:
  std::byte** places() { return scratch_.places.data(); }
  std::size_t output_value_size() const { return value_size(code_.type); }

  /// Blocks after the registers: one for each column and one for the output.
  std::byte* spare_block(std::size_t number) {
    return reinterpret_cast<std::byte*>(scratch_.words.data() + (code_.word_registers + number) * block_rows);
  }

  void reserve() {
    const std::size_t words = (code_.word_registers + code_.slots.size() + 1) * block_rows;
    if (scratch_.words.size() < words) scratch_.words.resize(words, 0);
    const std::size_t texts = code_.text_registers * block_rows;
    if (scratch_.texts.size() < texts) scratch_.texts.resize(texts);
    if (scratch_.places.size() < code_.place_count()) scratch_.places.resize(code_.place_count());
  }

  void bind(std::span<const ConstColumn> columns) {
    std::byte** place = places();
    scratch_.steps.clear();
    for (std::size_t i = 0; i < code_.slots.size(); ++i) {
      const ConstColumn& column = columns[code_.slots[i]];
      assert(column.type() == code_.column_types[i] && column.size() >= rows_);
      *place++ = bytes_of(column);
      scratch_.steps.push_back(block_rows * value_size(column.type()));
    }
    *place++ = output_;
    scratch_.steps.push_back(streams_ ? 0 : block_rows * output_value_size());
    for (std::size_t i = 0; i < code_.word_registers; ++i) {
      *place++ = reinterpret_cast<std::byte*>(scratch_.words.data() + i * block_rows);
    }
    for (std::size_t i = 0; i < code_.text_registers; ++i) {
      *place++ = reinterpret_cast<std::byte*>(scratch_.texts.data() + i * block_rows);
    }
    std::copy(code_.constants.begin(), code_.constants.end(), place);
  }

  void report(const Frame& frame) {
    report_failures(code_, machine_, frame, row_, scratch_.failed_rows, failures_);
  }

  // The last rows, fewer than a block. Vectors read and write whole multiples of rows: where the columns end
  // in the middle of one, copies are used, filled up with their last value, so that no row fails that is
  // none.
  void finish(std::size_t rows) {
    const std::size_t padded = (rows + row_multiple - 1) / row_multiple * row_multiple;
    std::byte* const target = output_ + row_ * output_value_size();
    const bool copied_out = code_.type != Type::text && padded != rows;
    for (std::size_t i = 0; i < code_.slots.size() && padded != rows; ++i) {
      if (code_.column_types[i] != Type::text)
        places()[i] = padded_copy(places()[i], rows, padded, spare_block(i));
    }
    places()[code_.output()] = copied_out ? spare_block(code_.slots.size()) : target;
    const Frame frame{places(), rows, padded};
    if (machine_.execute(code_.instructions, frame)) report(frame);
    if (copied_out) std::memcpy(target, places()[code_.output()], rows * sizeof(std::int64_t));
  }

  static std::byte* padded_copy(const std::byte* from, std::size_t rows, std::size_t padded, std::byte* to) {
    constexpr std::size_t word = sizeof(std::int64_t);
    std::memcpy(to, from, rows * word);
    for (std::size_t row = rows; row < padded; ++row)
      std::memcpy(to + row * word, to + (rows - 1) * word, word);
    return to;
  }

  const Code& code_;
  const Machine machine_;
  const std::size_t rows_;
  std::byte* const output_;
  RowFailures& failures_;
  Scratch::State& scratch_;
  const bool streams_;
  std::size_t row_ = 0;
};

}  // namespace

Program::Program(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

Program Program::compile(const Ast& ast, const Scope& scope) { return compile(*ast.root, ast.text, scope); }

Program Program::compile(const Node& node, std::string_view text, const Scope& scope) {
  return Program(compile_tree(node, text, scope, Names::all));
}

Type Program::type() const { return code_->type; }

const std::vector<std::size_t>& Program::slots() const { return code_->slots; }

void Program::evaluate(std::span<const ConstColumn> columns, std::size_t rows, ColumnBuffer& out,
                       RowFailures& failures, Scratch& scratch) const {
  out.reset(code_->type, rows);
  if (rows != 0) Evaluation(*code_, columns, rows, out, failures, scratch.state()).run();
}

Value evaluate_constant(const Ast& ast, const Scope& constants) {
  const std::unique_ptr<const Code> code =
      compile_tree(*ast.root, ast.text, constants, Names::constants_only);
  ColumnBuffer out(code->type);
  out.reset(code->type, 1);
  RowFailures failures;
  failures.reset(1);
  Scratch scratch;
  Evaluation(*code, {}, 1, out, failures, scratch.state()).run();
  if (failures.any()) throw ExpressionError(ast.root->offset, failures.failures().front().reason);
  return out.view().value(0);
}

}  // namespace fanfold::expr

#include "expr/emitter.hpp"

#include <algorithm>
#include <optional>
#include <variant>

#include "expr/operators.hpp"

namespace fanfold::expr {
namespace {

using Place = Operand::Place;

bool is_constant(const Operand& operand) { return operand.place == Place::constant; }

void fill(ColumnBuffer& buffer, const Value& value) {
  buffer.reset(type_of(value), block_rows);
  switch (buffer.type()) {
    case Type::integer:
      std::ranges::fill(buffer.integers(), std::get<std::int64_t>(value));
      break;
    case Type::real:
      std::ranges::fill(buffer.reals(), std::get<double>(value));
      break;
    case Type::text:
      std::ranges::fill(buffer.texts(), buffer.own(std::get<std::string>(value)));
      break;
  }
}

}  // namespace

Emitter::Emitter() : code_(std::make_unique<Code>()), machine_(machine()) {}

Operand Emitter::column(std::size_t slot, Type type) {
  return {Place::column, static_cast<std::uint32_t>(slot), type};
}

Operand Emitter::constant(const Value& value) {
  fill(code_->constant_storage.emplace_back(), value);
  return {Place::constant, static_cast<std::uint32_t>(code_->constant_storage.size() - 1), type_of(value)};
}

Value Emitter::value_of(const Operand& constant) const {
  return code_->constant_storage[constant.number].view().value(0);
}

Operand Emitter::emit(Opcode opcode, Type type, std::initializer_list<Operand> operands, const Node& origin) {
  std::array<Operand, 3> three;
  three.fill(*operands.begin());  // one that is not needed repeats the first
  std::ranges::copy(operands, three.begin());
  if (std::ranges::all_of(operands, is_constant) && fold(opcode, type, three)) {
    return {Place::constant, static_cast<std::uint32_t>(code_->constant_storage.size() - 1), type};
  }
  release(operands);
  chain_to_last(opcode, three);
  const Operand out = allocate(type);
  drafts_.push_back({opcode, out, three});
  code_->origins.push_back({origin.offset, origin.length});
  return out;
}

// Where an operand is what the last instruction computed, both become one instruction of three operands.
// Their registers still hold them: nothing came in between.
void Emitter::chain_to_last(Opcode& opcode, std::array<Operand, 3>& operands) {
  if (drafts_.empty() || operands[0] == operands[1]) return;
  const Draft& last = drafts_.back();
  const bool is_second = operands[1] == last.out;
  if (!is_second && operands[0] != last.out) return;
  const std::optional<Opcode> chain = chain_of(last.opcode, opcode, is_second);
  if (!chain) return;
  opcode = *chain;
  operands = {last.operands[0], last.operands[1], operands[is_second ? 0 : 1]};
  drafts_.pop_back();
  code_->origins.pop_back();
}

// Appends the value to the constants, if there is one.
bool Emitter::fold(Opcode opcode, Type type, const std::array<Operand, 3>& operands) {
  std::deque<ColumnBuffer>& constants = code_->constant_storage;
  ColumnBuffer& out = constants.emplace_back();
  out.reset(type, block_rows);
  std::array<std::byte*, 4> places;
  for (std::size_t i = 0; i < operands.size(); ++i)
    places[i] = bytes_of(constants[operands[i].number].view());
  places[3] = bytes_of(out.view());
  const Instruction instruction{opcode, 3, 0, 1, 2};
  const bool failed = machine_.execute({&instruction, 1}, Frame{places.data(), block_rows, block_rows});
  if (failed) constants.pop_back();
  return !failed;
}

// The registers of the operands first, so that the value can take the place of one.
void Emitter::release(std::initializer_list<Operand> operands) {
  for (const Operand* operand = operands.begin(); operand != operands.end(); ++operand) {
    const bool repeated = std::find(operands.begin(), operand, *operand) != operand;
    const bool in_register = operand->place == Place::word_register || operand->place == Place::text_register;
    if (in_register && !repeated) registers(operand->place).free.push_back(operand->number);
  }
}

Operand Emitter::allocate(Type type) {
  const Place place = type == Type::text ? Place::text_register : Place::word_register;
  Registers& file = registers(place);
  if (file.free.empty()) return {place, file.count++, type};
  const std::uint32_t number = file.free.back();
  file.free.pop_back();
  return {place, number, type};
}

Emitter::Registers& Emitter::registers(Place place) {
  return place == Place::text_register ? texts_ : words_;
}

std::unique_ptr<const Code> Emitter::finish(Operand root, std::string_view text, const Node& origin) {
  const bool computed = root.place == Place::word_register || root.place == Place::text_register;
  if (!computed) {  // a column or a constant alone
    drafts_.push_back(
        {root.type == Type::text ? Opcode::copy_text : Opcode::copy_word, root, {root, root, root}});
    code_->origins.push_back({origin.offset, origin.length});
  }
  number_columns();
  number_constants();
  code_->type = root.type;
  code_->text = text;
  code_->word_registers = words_.count;
  code_->text_registers = texts_.count;
  for (const Draft& draft : drafts_) {
    code_->instructions.push_back({draft.opcode, place(draft.out), place(draft.operands[0]),
                                   place(draft.operands[1]), place(draft.operands[2])});
  }
  code_->instructions.back().out = code_->output();
  return std::move(code_);
}

void Emitter::number_columns() {
  std::vector<std::size_t>& slots = code_->slots;
  const auto columns = [&](auto visit) {
    for (const Draft& draft : drafts_) {
      for (const Operand& operand : draft.operands) {
        if (operand.place == Place::column) visit(operand);
      }
    }
  };
  columns([&](const Operand& operand) { slots.push_back(operand.number); });
  std::ranges::sort(slots);
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  code_->column_types.resize(slots.size());
  columns([&](const Operand& operand) { code_->column_types[place(operand)] = operand.type; });
}

// Those that were folded into others are not needed when the expression is evaluated.
void Emitter::number_constants() {
  constant_places_.assign(code_->constant_storage.size(), 0);
  std::vector<bool> numbered(constant_places_.size());
  for (const Draft& draft : drafts_) {
    for (const Operand& operand : draft.operands) {
      if (!is_constant(operand) || numbered[operand.number]) continue;
      numbered[operand.number] = true;
      constant_places_[operand.number] = static_cast<std::uint32_t>(code_->constants.size());
      code_->constants.push_back(bytes_of(code_->constant_storage[operand.number].view()));
    }
  }
}

// The order of places that Code describes.
std::uint32_t Emitter::place(const Operand& operand) const {
  const std::uint32_t first_register = code_->output() + 1;
  switch (operand.place) {
    case Place::column: {
      const auto found = std::ranges::lower_bound(code_->slots, std::size_t{operand.number});
      return static_cast<std::uint32_t>(found - code_->slots.begin());
    }
    case Place::word_register:
      return first_register + operand.number;
    case Place::text_register:
      return first_register + words_.count + operand.number;
    case Place::constant:
      return first_register + words_.count + texts_.count + constant_places_[operand.number];
  }
  return 0;
}

}  // namespace fanfold::expr

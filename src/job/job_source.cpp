// The binary form of a job's source: what rank zero sends to the other ranks.
#include "job/job.hpp"

namespace fanfold {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

void encode_pairs(ByteWriter& out, const Pairs& pairs) {
  out.varint(pairs.size());
  for (const auto& [key, text] : pairs) {
    out.text(key);
    out.text(text);
  }
}

bool decode_flag(ByteReader& in) {
  const std::uint8_t flag = in.u8();
  if (flag > 1) throw DecodeError("a job's source has a flag that is neither 0 nor 1");
  return flag == 1;
}

Pairs decode_pairs(ByteReader& in) {
  Pairs pairs(in.count(2));
  for (auto& [key, text] : pairs) {
    key = in.text();
    text = in.text();
  }
  return pairs;
}

}  // namespace

void encode(ByteWriter& out, const JobSource& source) {
  out.text(source.file);
  out.text(source.folder);
  out.text(source.text);
  out.u8(source.overrides.seed.has_value() ? 1 : 0);
  if (source.overrides.seed) out.varint(*source.overrides.seed);
  encode_pairs(out, source.overrides.run);
  encode_pairs(out, source.overrides.set);
  out.u8(source.overrides.commands ? 1 : 0);
  out.varint(source.inputs.size());
  for (const JobSource::Input& input : source.inputs) {
    out.text(input.key);
    out.text(*input.data);
    out.text(input.error);
  }
  out.u8(source.library.data ? 1 : 0);
  if (!source.library.data) return;
  out.text(*source.library.data);
  out.text(source.library.path);
  out.u8(static_cast<std::uint8_t>(source.library.level));
}

JobSource decode_job_source(ByteReader& in) {
  JobSource source;
  source.file = in.text();
  source.folder = in.text();
  source.text = in.text();
  if (decode_flag(in)) source.overrides.seed = in.varint();
  source.overrides.run = decode_pairs(in);
  source.overrides.set = decode_pairs(in);
  source.overrides.commands = decode_flag(in);
  for (std::size_t left = in.count(3); left > 0; --left) {
    std::string key(in.text());
    source.inputs.emplace_back(std::move(key), std::string(in.text()));
    source.inputs.back().error = in.text();
  }
  if (!decode_flag(in)) return source;
  source.library.data = std::make_shared<const std::string>(in.text());
  source.library.path = in.text();
  const std::uint8_t level = in.u8();
  if (level > static_cast<std::uint8_t>(CpuLevel::v4))
    throw DecodeError("a job's library has a level that is none");
  source.library.level = static_cast<CpuLevel>(level);
  return source;
}

}  // namespace fanfold

// The binary form of a job's source: what rank zero sends to the other ranks.
#include "job/job.hpp"

namespace fanfold {

void encode(ByteWriter& out, const JobSource& source) {
  out.text(source.file);
  out.text(source.folder);
  out.text(source.text);
  out.u8(source.overrides.seed.has_value() ? 1 : 0);
  if (source.overrides.seed) out.varint(*source.overrides.seed);
  out.varint(source.overrides.run.size());
  for (const auto& [key, text] : source.overrides.run) {
    out.text(key);
    out.text(text);
  }
  out.varint(source.inputs.size());
  for (const JobSource::Input& input : source.inputs) {
    out.text(input.key);
    out.text(input.data);
  }
}

JobSource decode_job_source(ByteReader& in) {
  JobSource source;
  source.file = in.text();
  source.folder = in.text();
  source.text = in.text();
  const std::uint8_t has_seed = in.u8();
  if (has_seed > 1) throw DecodeError("a job's source has a flag that is neither 0 nor 1");
  if (has_seed == 1) source.overrides.seed = in.varint();
  source.overrides.run.resize(in.count(2));
  for (auto& [key, text] : source.overrides.run) {
    key = in.text();
    text = in.text();
  }
  source.inputs.resize(in.count(2));
  for (JobSource::Input& input : source.inputs) {
    input.key = in.text();
    input.data = in.text();
  }
  return source;
}

}  // namespace fanfold

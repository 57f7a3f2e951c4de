#include "job/template.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <memory>

namespace fanfold {
namespace {

const std::vector<Template::Param> params = {{"n", Type::integer}, {"x", Type::real}, {"file", Type::text}};

TemplateContext context_of(std::int64_t n, double x, std::string file) {
  TemplateContext context;
  context.task = TaskIndex(12);
  context.seed = 0x7000000180000001;
  context.attempt = Attempt(2);
  context.rank = Rank(3);
  context.slot = 4;
  context.tmp = "/scratch/t 1";
  context.params = {n, x, std::move(file)};
  return context;
}

std::string rendered(std::string_view text, Template::Quoting quoting = Template::Quoting::none) {
  return Template(text, params, quoting).render(context_of(7, 0.5, "data/a b.tar.gz"));
}

struct Fault {
  std::size_t offset;
  std::string message;
  bool operator==(const Fault&) const = default;
};
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.offset << ": " << fault.message; }

Fault fault_of(std::string_view text) {
  try {
    const Template parsed(text, params);
    return {0, "no fault"};
  } catch (const TemplateError& error) {
    return {error.offset(), error.what()};
  }
}

TEST(Template, substitutes_params_and_built_in_names) {
  EXPECT_EQ(rendered("--n={n} --x={x}"), "--n=7 --x=0.5");
  EXPECT_EQ(rendered("{index} {attempt} {rank} {slot} {tmp}"), "12 2 3 4 /scratch/t 1");
  EXPECT_EQ(rendered("{seed} {seed31}"), "8070450538690379777 1");
}

TEST(Template, previews_what_is_known_before_a_task_runs) {
  const auto preview = [](std::string_view text, bool place_is_known) {
    return Template(text, params, Template::Quoting::shell)
        .preview(context_of(7, 0.5, "a b"), place_is_known);
  };
  EXPECT_EQ(preview("{n} {file} {attempt} {index} {rank:02d} {slot} {tmp}", false),
            "7 'a b' 2 12 {rank} {slot} {tmp}");
  EXPECT_EQ(preview("{n} {file} {attempt} {index} {rank:02d} {slot} {tmp}", true), "7 'a b' 2 12 03 4 {tmp}");
  EXPECT_EQ(preview("{env.FANFOLD_NO_SUCH_VARIABLE} {{", true), "{env.FANFOLD_NO_SUCH_VARIABLE} {");
}

TEST(Template, previews_no_environment_variable_for_it_may_be_a_secret) {
  ::setenv("FANFOLD_TEMPLATE_TEST", "from outside", 1);
  const Template text("{env.FANFOLD_TEMPLATE_TEST:>20} {env.FANFOLD_TEMPLATE_TEST}", params);
  EXPECT_EQ(text.preview(context_of(7, 0.5, ""), true),
            "{env.FANFOLD_TEMPLATE_TEST} {env.FANFOLD_TEMPLATE_TEST}");
  EXPECT_EQ(text.environment(), (std::vector<std::string>{"FANFOLD_TEMPLATE_TEST", "FANFOLD_TEMPLATE_TEST"}));
  ::unsetenv("FANFOLD_TEMPLATE_TEST");
}

TEST(Template, binds_values_to_statements) {
  const Template text("select 'it''s {{n}}', {n}, {x}, {file}, {file.stem}, {n:03d} -- no {{n}}", params,
                      Template::Quoting::sql);
  const Template::Bound bound = text.bind(context_of(7, 0.5, "a/b'c.txt"));
  EXPECT_EQ(bound.text, "select 'it''s {n}', :p0, :p1, :p2, :p3, :p4 -- no {n}");
  EXPECT_EQ(bound.values, (std::vector<Value>{std::int64_t{7}, 0.5, std::string("a/b'c.txt"),
                                              std::string("b'c"), std::string("007")}));
  EXPECT_EQ(text.preview(context_of(7, 0.5, "a/b'c.txt"), true),
            "select 'it''s {n}', 7, 0.5, 'a/b''c.txt', 'b''c', '007' -- no {n}");
}

TEST(Template, finds_values_in_quotes_and_comments_of_statements) {
  const auto fault = [](std::string_view text) -> std::string {
    try {
      const Template ignored(text, params, Template::Quoting::sql);
      return "";
    } catch (const TemplateError& error) {
      return error.what();
    }
  };
  for (const std::string_view text : {"'{n}'", "'it''s {n}'", "\"{n}\"", "$$ {n} $$", "$a$ $b$ {n} $a$"}) {
    EXPECT_EQ(fault(text), "'{n}' stands in quotes, but its value is bound to the statement: drop the quotes")
        << text;
  }
  for (const std::string_view text : {"-- {n}", "/* ' */ /* {n} */"}) {
    EXPECT_EQ(fault(text), "'{n}' stands in a comment, but its value is bound to the statement: take it out")
        << text;
  }
  for (const std::string_view text : {"'a' {n} 'b'", "'a''b'{n}", "\"a\".{n}", "-- it's\n{n}",
                                      "/* it's */ {n}", "$$it's$$ {n}", "$1 {n} $2"}) {
    EXPECT_EQ(fault(text), "") << text;
  }
  EXPECT_EQ(fault("{file:raw}"),
            "'{file:raw}' is not possible in SQL: values are bound to the statement, never pasted into it");
}

TEST(Template, encodes_parts_of_urls) {
  EXPECT_EQ(rendered("{n:url} {x:url}"), "7 0.5");
  EXPECT_EQ(Template("{file:url} {file.name:url}", params).render(context_of(0, 0, "a b/ü&~-._%")),
            "a%20b%2F%C3%BC%26~-._%25 %C3%BC%26~-._%25");
}

TEST(Template, knows_what_depends_on_the_execution) {
  for (const std::string_view text : {"{rank}", "a {slot}", "{tmp}/x"}) {
    EXPECT_TRUE(Template(text, params).depends_on_execution()) << text;
  }
  EXPECT_FALSE(Template("{n} {index} {seed} {attempt} {env.HOME} {{tmp}}", params).depends_on_execution());
}

TEST(Template, formats_as_std_format_does) {
  EXPECT_EQ(rendered("{n:03d}|{n:>4}|{n:x}"), "007|   7|7");
  EXPECT_EQ(rendered("{x:.3f}|{x:e}|{x:>6}|{x:*^7}|{x:6}|{x:06.2f}"),
            "0.500|5.000000e-01|   0.5|**0.5**|   0.5|000.50");
  EXPECT_EQ(rendered("{file:.4}|{index:04}|{attempt:>3}"), "data|0012|  2");
}

TEST(Template, knows_the_parts_of_paths) {
  EXPECT_EQ(rendered("{file.dir}|{file.name}|{file.stem}|{file.ext}"), "data|a b.tar.gz|a b.tar|.gz");
  const Template folder("{file.dir}/out", params);
  EXPECT_EQ(folder.render(context_of(1, 1, "plain.txt")), "./out");
}

TEST(Template, leaves_braces_alone_that_are_no_substitution) {
  for (const std::string text :
       {R"(awk '{print $1}')", R"({"a":{"b":1}})", "{a,b} {1..5} {} { k } {k { n; } {n,k}", "}}", "${n}",
        "${n:-{x}} ${file%.gz}", "find -exec rm {} +", "$n $ {n {{"}) {
    const std::string expected = text == "$n $ {n {{" ? "$n $ {n {" : text;
    EXPECT_EQ(rendered(text), expected);
  }
}

TEST(Template, takes_a_doubled_brace_for_one_and_what_closes_it) {
  EXPECT_EQ(rendered("{{n}} {{n} {{{n}}}"), "{n} {n} {7}");
  EXPECT_EQ(rendered(R"({{"a":{"n":{n}}}})"), R"({"a":{"n":7}})");
  EXPECT_EQ(rendered("awk '{{print}}'"), "awk '{print}'");
}

TEST(Template, names_what_it_does_not_know) {
  EXPECT_EQ(fault_of("a {fil} b"), (Fault{3, "unknown name 'fil' in braces; did you mean 'file'?"}));
  EXPECT_EQ(fault_of("awk '{print}'"),
            (Fault{6, "unknown name 'print' in braces; write {{ for a brace that is to stay"}));
  EXPECT_EQ(fault_of("{file.stm}"),
            (Fault{1, "unknown part 'stm' of 'file'; a path has stem, name, dir and ext"}));
  EXPECT_EQ(fault_of("{n.stem}"), (Fault{1, "'n' has no part 'stem': it is an integer, not a path"}));
  EXPECT_EQ(fault_of("{index.stem}"), (Fault{1, "'index' has no part 'stem'"}));
  EXPECT_EQ(fault_of("{env}"), (Fault{1, "'env' needs the name of a variable: {env.HOME}"}));
}

TEST(Template, checks_formats_when_it_is_parsed) {
  EXPECT_EQ(fault_of("{n:.3f}"), (Fault{3, "the format '.3f' does not fit an integer; try '05d' or '>8'"}));
  EXPECT_EQ(fault_of("é {x:d}"), (Fault{6, "the format 'd' does not fit a real; try '.3f', '.4e' or '>10'"}));
  EXPECT_EQ(fault_of("{file:d}"), (Fault{6, "the format 'd' does not fit a text; try '>10' or '.20'"}));
  EXPECT_EQ(fault_of("{n:999999999d}"), (Fault{3, "the format '999999999d' is wider than any line"}));
}

TEST(Template, reads_the_environment_when_it_is_rendered) {
  ::setenv("FANFOLD_TEMPLATE_TEST", "from outside", 1);
  EXPECT_EQ(rendered("{env.FANFOLD_TEMPLATE_TEST}"), "from outside");
  ::unsetenv("FANFOLD_TEMPLATE_TEST");
  try {
    rendered("{env.FANFOLD_TEMPLATE_TEST}");
    FAIL();
  } catch (const TemplateError& error) {
    EXPECT_STREQ(error.what(), "the environment variable FANFOLD_TEMPLATE_TEST is not set");
  }
}

TEST(Template, says_what_it_needs) {
  const Template parsed("{x} {n} {x:.1f} {tmp}", params);
  EXPECT_EQ(parsed.slots(), (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(parsed.uses_tmp());
  EXPECT_FALSE(parsed.is_constant());
  EXPECT_TRUE(Template("{{n}} ${x}", params).is_constant());
  EXPECT_FALSE(Template("{index}", params).uses_tmp());
  EXPECT_EQ(parsed.text(), "{x} {n} {x:.1f} {tmp}");
}

TEST(Template, lets_a_param_hide_a_built_in_name) {
  const Template parsed("{seed}", {{"seed", Type::integer}});
  TemplateContext context;
  context.seed = 99;
  context.params = {std::int64_t{5}};
  EXPECT_EQ(parsed.render(context), "5");
}

TEST(Text, of_reals_is_the_shortest_that_reads_back) {
  EXPECT_EQ(to_text(0.1), "0.1");
  EXPECT_EQ(to_text(2.0), "2.0");
  EXPECT_EQ(to_text(-0.0), "-0.0");
  EXPECT_EQ(to_text(1e-7), "1e-07");
  EXPECT_EQ(to_text(1e16), "1e+16");
  EXPECT_EQ(to_text(-std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(to_text(-std::numeric_limits<double>::infinity()), "-inf");
}

RC_GTEST_PROP(Text, of_a_real_reads_back, (double number)) {
  const std::string text = to_text(number);
  double read = 0;
  std::from_chars(text.data(), text.data() + text.size(), read);
  RC_ASSERT(read == number);
}

std::string output_of_shell(const std::string& command) {
  std::string output;
  const auto close = [](FILE* pipe) { ::pclose(pipe); };
  const std::unique_ptr<FILE, decltype(close)> pipe(::popen(command.c_str(), "r"), close);
  std::array<char, 4096> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    output.append(buffer.data(), count);
  }
  return output;
}

TEST(Shell, quotes_only_what_needs_it) {
  EXPECT_EQ(quote_for_shell("plain-1.5_@%+=:,./x"), "plain-1.5_@%+=:,./x");
  EXPECT_EQ(quote_for_shell(""), "''");
  EXPECT_EQ(quote_for_shell("two words"), "'two words'");
  EXPECT_EQ(quote_for_shell("it's"), R"('it'\''s')");
  EXPECT_EQ(rendered("cat {file} {file:raw} {n}", Template::Quoting::shell),
            "cat 'data/a b.tar.gz' data/a b.tar.gz 7");
}

TEST(Shell, gets_any_text_back_through_a_real_sh) {
  const Template parsed("printf %s {file}", params, Template::Quoting::shell);
  rc::check("sh prints what was substituted", [&] {
    const auto text =
        *rc::gen::container<std::string>(rc::gen::distinctFrom(rc::gen::arbitrary<char>(), '\0'));
    RC_ASSERT(output_of_shell(parsed.render(context_of(1, 1, text))) == text);
  });
  for (const std::string hostile : {"$(id)", "`id`", "a;b", "\n", "'", "\\", "--", "*", "a\nb'\"$x"}) {
    EXPECT_EQ(output_of_shell(parsed.render(context_of(1, 1, hostile))), hostile);
  }
}

}  // namespace
}  // namespace fanfold

// Our output against that of Python's Jinja2, case by case.
#include <sys/wait.h>

#include <array>
#include <cstdlib>
#include <random>

#include <gtest/gtest.h>

#include "jinja/case_files.hpp"
#include "jinja/environment.hpp"

namespace jhub::jinja::test {

void PrintTo(Case const& test_case, std::ostream* out) // GoogleTest finds it by its name
{
    *out << test_case.key;
}

namespace {

Options to_options(Json const& json)
{
    return {.trim_blocks = json.value("trim_blocks", false),
            .lstrip_blocks = json.value("lstrip_blocks", false),
            .keep_trailing_newline = json.value("keep_trailing_newline", false),
            .autoescape = json.value("autoescape", true)};
}

Result<std::string> render(Case const& test_case)
{
    Loader loader;
    loader.shipped = [&](std::string_view name) -> std::optional<std::string_view> {
        auto const found = test_case.files.find(name);
        return found == test_case.files.end() ? std::nullopt : std::optional<std::string_view>(found->second);
    };
    Environment environment(std::move(loader), to_options(test_case.options));
    Value const context = Value::from_json(test_case.context);
    return environment.render("main", *context.dict());
}

class Conformance : public testing::TestWithParam<Case> {};

TEST_P(Conformance, gives_what_jinja2_gives)
{
    static Json const expected = read_json("expected.json");
    Json const& wanted = expected.at(GetParam().key);
    Result<std::string> const result = render(GetParam());
    if (wanted.is_null()) {
        ASSERT_FALSE(result) << "rendered: " << *result;
        EXPECT_TRUE(std::ranges::any_of(
            GetParam().files, [&](auto const& file) { return result.error().message.starts_with(file.first + ":"); }))
            << "no file and line in front: " << result.error().message;
    } else {
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(*result, wanted.get<std::string>());
    }
}

INSTANTIATE_TEST_SUITE_P(Jinja, Conformance, testing::ValuesIn(read_cases()), [](auto const& info) {
    std::string name = info.param.key;
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c)))
            c = '_';
    return name;
});

// Damaged templates are refused or rendered; nothing else happens. The damage is the same in each run.
TEST(DamagedTemplates, neither_crash_nor_throw)
{
    static constexpr std::array<std::string_view, 12> splinters{"{{", "}}", "{%", "%}", "|", "(",
                                                                ")",  "[",  "*",  "'",  "-", ".x"};
    std::minstd_rand random(1);
    for (Case test_case : read_cases()) {
        std::string const whole = test_case.files["main"];
        for (int i = 0; i < 25 && !whole.empty(); ++i) {
            std::string damaged = whole;
            std::size_t const at = random() % damaged.size();
            if (i % 2)
                damaged.erase(at, 1 + random() % 4);
            else
                damaged.insert(at, splinters[random() % splinters.size()]);
            test_case.files["main"] = damaged;
            EXPECT_NO_THROW(static_cast<void>(render(test_case))) << damaged;
        }
    }
}

// The frozen outputs are those of the real one, where it is installed.
TEST(FrozenOutputs, are_those_of_the_installed_jinja2)
{
    int const status = std::system(("/usr/bin/python3 " + directory() + "/reference.py --check").c_str());
    constexpr int not_installed = 77;
    if (!WIFEXITED(status) || WEXITSTATUS(status) == not_installed || WEXITSTATUS(status) == 127)
        GTEST_SKIP() << "Python's jinja2 is not installed";
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

} // namespace
} // namespace jhub::jinja::test

#include "jinja/case_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/strings.hpp"

namespace jhub::jinja::test {
namespace {

std::string read_file(std::filesystem::path const& path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

Case parse_case(std::string const& file_name, std::string const& text, Json const& default_context)
{
    std::vector<std::string> const lines = split(text, '\n');
    Case result{
        .key = file_name + ": " + lines.front(), .context = default_context, .options = Json::object(), .files = {}};
    std::string part = "main";
    for (std::string const& line : std::span(lines).subspan(1)) {
        std::string_view const rest = std::string_view(line).substr(std::min(line.find(' ') + 1, line.size()));
        if (line.starts_with("@context "))
            result.context.update(Json::parse(rest));
        else if (line.starts_with("@options "))
            result.options = Json::parse(rest);
        else if (line.starts_with("@file "))
            part = rest;
        else if (line == "@main")
            part = "main";
        else if (auto const [entry, is_new] = result.files.try_emplace(part, line); !is_new)
            entry->second += "\n" + line;
    }
    return result;
}

} // namespace

std::string directory() { return std::string(JHUB_SOURCE_DIR) + "/tests/unit/jinja"; }

Json read_json(std::string const& name) { return Json::parse(read_file(directory() + "/cases/" + name)); }

std::vector<Case> read_cases()
{
    Json const default_context = read_json("context.json");
    std::vector<Case> cases;
    for (auto const& entry : std::filesystem::directory_iterator(directory() + "/cases")) {
        if (entry.path().extension() != ".txt")
            continue;
        std::string text = "\n" + read_file(entry.path());
        text.pop_back(); // the last newline of the file
        for (std::size_t at = text.find("\n== "); at != std::string::npos;) {
            std::size_t const next = text.find("\n== ", at + 4);
            cases.push_back(parse_case(entry.path().stem(), text.substr(at + 4, next - at - 4), default_context));
            at = next;
        }
    }
    return cases;
}

} // namespace jhub::jinja::test

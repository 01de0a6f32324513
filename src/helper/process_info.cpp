#include "helper/process_info.hpp"

#include <fcntl.h>

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "base/descriptor.hpp"

namespace jhub::helper {
namespace {

template <typename T> bool read_number(std::string_view text, T& value)
{
    return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
}

} // namespace

std::string read_small_file(std::string const& path, std::size_t most)
{
    std::string text(most, '\0');
    Descriptor const file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    ssize_t const size = file ? read(file.get(), text.data(), text.size()) : -1;
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
}

std::optional<ProcessFacts> parse_stat(std::string_view stat)
{
    // Field 2 is the command in brackets and may hold blanks and brackets itself: count from the last one.
    std::size_t const bracket = stat.rfind(')');
    if (bracket == std::string_view::npos)
        return std::nullopt;
    std::vector<std::string_view> fields; // fields[0] is field 3, the state
    for (std::size_t at = bracket + 1; at < stat.size();) {
        std::size_t const begin = stat.find_first_not_of(" \n", at);
        if (begin == std::string_view::npos)
            break;
        at = std::min(stat.find_first_of(" \n", begin), stat.size());
        fields.push_back(stat.substr(begin, at - begin));
    }
    ProcessFacts facts;
    if (fields.size() < 20 || !read_number(fields[1], facts.parent) || !read_number(fields[3], facts.session) ||
        !read_number(fields[19], facts.start_time))
        return std::nullopt;
    facts.state = fields[0].front();
    return facts;
}

std::optional<ProcessFacts> parse_process(std::string_view stat, std::string_view status)
{
    constexpr std::string_view uid_line = "\nUid:\t";
    std::size_t const uid = status.find(uid_line);
    auto facts = parse_stat(stat);
    if (!facts || uid == std::string_view::npos || !read_number(status.substr(uid + uid_line.size()), facts->uid))
        return std::nullopt;
    return facts;
}

std::optional<ProcessFacts> read_process(int pid)
{
    return parse_process(read_small_file(fmt::format("/proc/{}/stat", pid)),
                         read_small_file(fmt::format("/proc/{}/status", pid)));
}

std::string const& boot_id()
{
    static std::string const id = [] {
        std::string text = read_small_file("/proc/sys/kernel/random/boot_id");
        text.erase(std::min(text.find('\n'), text.size()));
        return text;
    }();
    return id;
}

} // namespace jhub::helper

#include "spawn/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/crypto.hpp"
#include "base/descriptor.hpp"
#include "base/encoding.hpp"
#include "base/guarded_file.hpp"
#include "base/strings.hpp"
#include "base/url.hpp"

namespace jhub::spawn {
namespace {

constexpr std::size_t longest_line = 2000;
constexpr std::size_t longest_file_name = 200;

// "+" is escaped in names, so no two servers share a file.
std::string file_name(std::string_view user_name, std::string_view server_name)
{
    std::string name = escape_name(user_name);
    if (!server_name.empty())
        name += "+" + escape_name(server_name);
    if (name.size() > longest_file_name)
        name = hex_encode(sha256(name));
    return name + ".log";
}

Descriptor opened(std::string const& path, int flags)
{
    return Descriptor(open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

std::size_t size_of(int file)
{
    struct stat facts{};
    return file >= 0 && fstat(file, &facts) == 0 ? static_cast<std::size_t>(facts.st_size) : 0;
}

std::string read_end(int file, std::size_t size)
{
    std::string end(std::min(size, OutputFile::tail_size), '\0');
    ssize_t const got = pread(file, end.data(), end.size(), static_cast<off_t>(size - end.size()));
    end.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return end;
}

std::string_view trim_end(std::string_view text)
{
    std::size_t const end = text.find_last_not_of(" \t\r\n");
    return end == std::string_view::npos ? std::string_view() : text.substr(0, end + 1);
}

// Without colours and the like: ESC [ … letter.
std::string without_escapes(std::string_view line)
{
    std::string plain;
    while (!line.empty()) {
        std::size_t const escape = std::min(line.find("\033["), line.size());
        plain += line.substr(0, escape);
        line.remove_prefix(escape);
        if (line.empty())
            break;
        std::size_t const end = line.find_first_not_of("0123456789;?", 2);
        line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    }
    return replace_all(std::move(plain), "\t", "    ");
}

} // namespace

Result<std::shared_ptr<OutputFile>> OutputFile::in_directory(std::string const& directory, std::string_view user_name,
                                                             std::string_view server_name)
{
    auto const cannot = [&directory](std::string_view why) {
        return fail(Errc::failed, fmt::format("Cannot keep the servers' output in {}: {}", directory, why));
    };
    auto const make = [](GuardedPlace const& place) -> Result<Descriptor> {
        if (mkdirat(place.directory.get(), place.name.c_str(), 0700) != 0 && errno != EEXIST)
            return fail(Errc::failed, strerror(errno));
        return Descriptor();
    };
    if (auto const made = at_guarded_place(directory, this_account(), make); !made)
        return cannot(made.error().message);
    struct stat facts{};
    if (lstat(directory.c_str(), &facts) != 0)
        return cannot(strerror(errno));
    if (!S_ISDIR(facts.st_mode) || facts.st_uid != geteuid() || (facts.st_mode & 022) != 0)
        return cannot("it must be a directory of the hub's account that nobody else can write to");
    return std::make_shared<OutputFile>(fmt::format("{}/{}", directory, file_name(user_name, server_name)));
}

void OutputFile::forget() { kept_.clear(); }

void OutputFile::trim()
{
    Descriptor const file = opened(path_, O_RDWR);
    std::size_t const size = size_of(file.get());
    if (size <= limit)
        return;
    kept_ = read_end(file.get(), size);
    // The server appends, so its next line stands at the new beginning. When even this fails the disk has trouble of
    // its own, and the next second brings the next try.
    if (ftruncate(file.get(), 0) != 0)
        kept_.clear();
}

std::string OutputFile::head() const
{
    Descriptor const file = opened(path_, O_RDONLY);
    std::string text(head_size, '\0');
    ssize_t const got = pread(file.get(), text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

std::string OutputFile::tail(std::size_t lines) const
{
    Descriptor const file = opened(path_, O_RDONLY);
    std::string text = kept_ + read_end(file.get(), size_of(file.get()));
    text.erase(0, text.size() - std::min(text.size(), tail_size));
    std::vector<std::string> all = split(trim_end(text), '\n');
    std::string result;
    for (std::size_t i = all.size() - std::min(all.size(), lines); i < all.size(); ++i) {
        if (!result.empty())
            result += '\n';
        result += printable(without_escapes(trim_end(all[i])), longest_line);
    }
    return result;
}

} // namespace jhub::spawn

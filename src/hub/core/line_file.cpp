#include "hub/core/line_file.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/guarded_file.hpp"
#include "base/log.hpp"

namespace jhub::hub {
namespace {

std::unexpected<Error> refused(std::string const& path, int number)
{
    return fail(Errc::failed, fmt::format("Cannot write to {}: {}.", path, std::strerror(number)));
}

} // namespace

Result<> LineFile::check(std::string const& path) { return LineFile(path).open(); }

LineFile::LineFile(LineFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), is_stream_(other.is_stream_),
      broken_(other.broken_)
{
}

LineFile::~LineFile()
{
    if (descriptor_ >= 0 && !is_stream_)
        ::close(descriptor_);
}

Result<> LineFile::open()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
    descriptor_ = -1;
    TRY(auto file, open_guarded(path_, {Opening::Access::append, Opening::Missing::is_made, 0600}));
    descriptor_ = file.release();
    return {};
}

bool LineFile::is_current() const
{
    struct stat opened{}, named{};
    return is_stream_ ||
           (descriptor_ >= 0 && ::fstat(descriptor_, &opened) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
            opened.st_ino == named.st_ino && opened.st_dev == named.st_dev);
}

Result<> LineFile::write(std::string_view text)
{
    if (!is_current())
        CHECK(open());
    while (!text.empty()) {
        auto const written = ::write(descriptor_, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return refused(path_, written < 0 ? errno : ENOSPC);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

void LineFile::append(std::string_view line)
{
    // What was left of a line that broke off does not spoil this one.
    auto const written = write(fmt::format("{}{}\n", broken_ ? "\n" : "", line));
    if (!written && !broken_)
        log::error("{} Lines are lost until that is mended.", written.error().message);
    if (written && broken_)
        log::info("Writing to {} again", path_);
    broken_ = !written;
}

} // namespace jhub::hub

#include "proxy/route_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "proxy/sockets.hpp"

namespace jhub::proxy {
namespace {

constexpr std::int64_t save_after_ms = 200;

std::unexpected<Error> cannot(std::string_view what, std::string const& path)
{
    return fail(Errc::failed, fmt::format("cannot {} {}: {}", what, printable(path), std::strerror(errno)));
}

Result<> write_whole(std::string const& path, std::string_view text)
{
    Descriptor const file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
    if (file.get() < 0)
        return cannot("write", path);
    while (!text.empty()) {
        ssize_t const written = write(file.get(), text.data(), text.size());
        if (written <= 0)
            return cannot("write", path);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (fsync(file.get()) != 0)
        return cannot("write", path);
    return {};
}

} // namespace

Result<> load_routes(std::string const& path, RouteTable& table)
{
    std::ifstream in(path, std::ios::binary);
    if (!in && errno == ENOENT)
        return {};
    if (!in)
        return cannot("read", path);
    std::string const text(std::istreambuf_iterator<char>(in), {});
    auto const refuse = [&](std::string_view why) {
        return fail(Errc::invalid_argument, fmt::format("{} is no routes file: {}", printable(path), why));
    };
    auto const saved = parse_json(text);
    if (!saved)
        return refuse(saved.error().message);
    if (!saved->is_array())
        return refuse("not a list");
    for (Json const& entry : *saved) {
        bool const whole = entry.is_object() && entry.contains("path") && entry["path"].is_string() &&
                           entry.contains("route") && entry["route"].is_object() && entry["route"].contains("target") &&
                           entry["route"]["target"].is_string();
        if (!whole)
            return refuse("an entry lacks path or route");
        auto const last_activity = parse_time(entry["route"].value("last_activity", ""));
        auto const route = table.add(entry["path"].get<std::string>(), entry["route"]);
        if (!route)
            return refuse(route.error().message);
        if (last_activity)
            (*route)->touch(std::chrono::floor<std::chrono::milliseconds>(*last_activity).time_since_epoch().count());
    }
    return {};
}

Result<> save_routes(std::string const& path, RouteTable const& table)
{
    std::string const temporary = path + ".new";
    CHECK(write_whole(temporary, table.saved()));
    if (std::rename(temporary.c_str(), path.c_str()) != 0)
        return cannot("replace", path);
    return {};
}

void RouteFile::table_changed()
{
    if (std::exchange(waiting_, true))
        return;
    loop_.timers().set(*this, loop_.now_ms() + save_after_ms);
}

void RouteFile::save_now()
{
    if (!std::exchange(waiting_, false))
        return;
    if (auto const saved = save_routes(path_, table_); !saved)
        log::error("{}", saved.error().message);
}

} // namespace jhub::proxy

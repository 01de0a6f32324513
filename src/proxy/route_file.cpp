#include "proxy/route_file.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/guarded_file.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"

namespace jhub::proxy {
namespace {

constexpr std::int64_t save_after_ms = 200;
constexpr std::int64_t try_again_after_ms = 5'000;

std::unexpected<Error> cannot(std::string_view what, std::string const& path)
{
    return fail(Errc::failed, fmt::format("cannot {} {}: {}", what, printable(path), std::strerror(errno)));
}

constexpr Opening opening{Opening::Access::read_and_write, Opening::Missing::is_made, 0600,
                          Opening::OfRoot::is_replaced};

Result<std::string> read_whole(int file, std::string const& path)
{
    std::string text;
    std::array<char, 65536> piece{};
    for (;;) {
        ssize_t const got = pread(file, piece.data(), piece.size(), static_cast<off_t>(text.size()));
        if (got < 0)
            return cannot("read", path);
        if (got == 0)
            return text;
        text.append(piece.data(), static_cast<std::size_t>(got));
    }
}

Result<> write_whole(int file, std::string_view text, std::string const& path)
{
    std::size_t done = 0;
    while (done < text.size()) {
        ssize_t const written = pwrite(file, text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (written <= 0)
            return cannot("write", path);
        done += static_cast<std::size_t>(written);
    }
    if (ftruncate(file, static_cast<off_t>(text.size())) != 0 || fsync(file) != 0)
        return cannot("write", path);
    return {};
}

bool is_entry(Json const& entry)
{
    return entry.is_object() && entry.contains("path") && entry["path"].is_string() && entry.contains("route") &&
           entry["route"].is_object() && entry["route"].contains("target") && entry["route"]["target"].is_string();
}

} // namespace

Result<> read_routes(std::string_view saved, std::string const& name, RouteTable& table)
{
    auto const refuse = [&](std::string_view why) {
        return fail(Errc::invalid_argument, fmt::format("{} is no routes file: {}", printable(name), why));
    };
    auto const list = parse_json(saved);
    if (!list)
        return refuse(list.error().message);
    if (!list->is_array())
        return refuse("not a list");
    for (Json const& entry : *list) {
        if (!is_entry(entry))
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

Result<RouteStore> RouteStore::open(std::string path, Account const& owner)
{
    TRY(Descriptor file, open_guarded(path, opening, owner));
    TRY(Descriptor copy, open_guarded(path + "~", opening, owner));
    return RouteStore(std::move(path), std::move(file), std::move(copy));
}

Result<> RouteStore::load(RouteTable& table) const
{
    TRY(std::string const text, read_whole(file_.get(), path_));
    TRY(std::string const other, read_whole(copy_.get(), path_ + "~"));
    if (text.empty() && other.empty())
        return {};
    auto const loaded = read_routes(text, path_, table);
    if (loaded || other.empty())
        return loaded;
    if (!read_routes(other, path_ + "~", table))
        return loaded;
    log::warning("{} was cut off while it was written; its copy is whole and was used", printable(path_));
    return {};
}

Result<> RouteStore::save(RouteTable const& table)
{
    std::string const text = table.saved();
    if (file_is_whole_)
        CHECK(write_whole(copy_.get(), text, path_ + "~"));
    bool const copy_is_written = std::exchange(file_is_whole_, false);
    CHECK(write_whole(file_.get(), text, path_));
    file_is_whole_ = true;
    return copy_is_written ? Result<>() : write_whole(copy_.get(), text, path_ + "~");
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
    auto const saved = store_.save(table_);
    bool const failed_before = std::exchange(failing_, !saved);
    if (saved) {
        if (failed_before)
            log::info("The routes are saved again");
        return;
    }
    if (!failed_before) // said once; the disk may stay full for long
        log::error("{}; trying again every few seconds", saved.error().message);
    waiting_ = true;
    loop_.timers().set(*this, loop_.now_ms() + try_again_after_ms);
}

} // namespace jhub::proxy

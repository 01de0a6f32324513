#include "base/trust.hpp"

#include <charconv>
#include <deque>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fmt/format.h>

namespace jhub {
namespace {

constexpr int most_links = 40; // as the kernel

using std::filesystem::path;

template <typename Number> void add_number(std::set<Number>& numbers, std::string const& text)
{
    Number number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error == std::errc() && end == text.data() + text.size())
        numbers.insert(number);
}

// Nobody should take a person's home for the sake of one file in it.
bool is_a_home(std::string const& place)
{
    return place == "/" || (place.starts_with("/home/") && place.find('/', 6) == std::string::npos);
}

TrustProblem writable(std::string const& place, std::string const& who, struct stat const& facts)
{
    bool const sticky = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) != 0;
    return {place, fmt::format("{} can write to {}", who, place),
            sticky || is_a_home(place) ? "" : "chmod -R go-w " + place};
}

// Others that can write there, sticky or not.
TrustProblem writers_of(std::string const& place, struct stat const& facts, TrustedAccounts const& trusted)
{
    if ((facts.st_mode & S_IWOTH) != 0)
        return writable(place, "everybody", facts);
    if ((facts.st_mode & S_IWGRP) != 0 && !trusted.groups.contains(facts.st_gid))
        return writable(place, fmt::format("the group number {}", facts.st_gid), facts);
    return {};
}

void put_in_front(std::deque<path>& rest, path const& more) { rest.insert(rest.begin(), more.begin(), more.end()); }

enum class Last : std::uint8_t { may_be_sticky, takes_nothing_new };

TrustProblem walk(std::string const& whole, TrustedAccounts const& trusted, Last last)
{
    std::deque<path> rest;
    put_in_front(rest, std::filesystem::absolute(whole));
    path at = "/";
    struct stat here{}; // of at
    int links = 0;
    while (!rest.empty()) {
        path const name = rest.front();
        rest.pop_front();
        if (name.empty() || name == ".")
            continue;
        if (name == "..") {
            at = at.parent_path();
            (void)::lstat(at.c_str(), &here);
            continue;
        }
        path const next = name == "/" ? path("/") : at / name;
        struct stat facts{};
        if (::lstat(next.c_str(), &facts) != 0) // then whoever can write here can make it
            return writers_of(at.string(), here, trusted);
        if (auto problem = problem_of(next.string(), facts, trusted))
            return problem;
        if (!S_ISLNK(facts.st_mode)) {
            at = next;
            here = facts;
            continue;
        }
        std::error_code error;
        path const target = std::filesystem::read_symlink(next, error);
        if (error || ++links > most_links)
            return {next.string(), fmt::format("{} is a link that leads nowhere", next.string()), ""};
        put_in_front(rest, target);
    }
    return last == Last::takes_nothing_new ? writers_of(at.string(), here, trusted) : TrustProblem{};
}

} // namespace

TrustedAccounts root_and_sudo(std::string const& sudo_uid, std::string const& sudo_gid)
{
    TrustedAccounts trusted;
    add_number(trusted.users, sudo_uid);
    add_number(trusted.groups, sudo_gid);
    return trusted;
}

TrustProblem problem_of(std::string const& place, struct stat const& facts, TrustedAccounts const& trusted)
{
    if (!trusted.users.contains(facts.st_uid))
        return {place, fmt::format("{} belongs to the account number {}", place, facts.st_uid),
                is_a_home(place) ? "" : "chown -R root:root " + place};
    bool const protects_entries = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) != 0;
    if (S_ISLNK(facts.st_mode) || protects_entries)
        return {};
    return writers_of(place, facts, trusted);
}

TrustProblem who_can_change(std::string const& path, TrustedAccounts const& trusted)
{
    return walk(path, trusted, Last::may_be_sticky);
}

TrustProblem who_can_add(std::string const& directory, TrustedAccounts const& trusted)
{
    return walk(directory, trusted, Last::takes_nothing_new);
}

} // namespace jhub

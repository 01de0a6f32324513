#include "config/file_trust.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <set>

#include <fmt/format.h>

namespace jhub::config {
namespace {

constexpr int most_links = 40; // as the kernel

using std::filesystem::path;

struct Trusted {
    std::set<std::string> users{"0"}, groups{"0"};
};

Trusted trusted(Environment const& environment)
{
    Trusted trusted;
    for (auto const& [variable, set] : {std::pair("SUDO_UID", &trusted.users), std::pair("SUDO_GID", &trusted.groups)})
        if (auto const found = environment.find(variable); found != environment.end())
            set->insert(found->second);
    return trusted;
}

std::string problem_of(path const& place, struct stat const& facts, Trusted const& trusted)
{
    if (!trusted.users.contains(std::to_string(facts.st_uid)))
        return fmt::format("{} belongs to the account number {}", place.string(), facts.st_uid);
    // Of a sticky directory only the owner of an entry, who is looked at in turn, can replace it.
    bool const protects_entries = S_ISDIR(facts.st_mode) && (facts.st_mode & S_ISVTX) != 0;
    if (S_ISLNK(facts.st_mode) || protects_entries)
        return {};
    if ((facts.st_mode & S_IWOTH) != 0)
        return fmt::format("everybody can write to {}", place.string());
    if ((facts.st_mode & S_IWGRP) != 0 && !trusted.groups.contains(std::to_string(facts.st_gid)))
        return fmt::format("the group number {} can write to {}", facts.st_gid, place.string());
    return {};
}

void put_in_front(std::deque<path>& rest, path const& more) { rest.insert(rest.begin(), more.begin(), more.end()); }

} // namespace

std::string who_can_change(std::string const& file, Environment const& environment)
{
    if (::geteuid() != 0)
        return {};
    Trusted const trusts = trusted(environment);
    std::deque<path> rest;
    put_in_front(rest, std::filesystem::absolute(file));
    path at = "/";
    int links = 0;
    while (!rest.empty()) {
        path const name = rest.front();
        rest.pop_front();
        if (name == "..") {
            at = at.parent_path();
            continue;
        }
        path const next = name == "/" ? path("/") : at / name;
        struct stat facts{};
        if (::lstat(next.c_str(), &facts) != 0) // nothing to read there either
            return {};
        if (auto problem = problem_of(next, facts, trusts); !problem.empty())
            return problem;
        if (!S_ISLNK(facts.st_mode)) {
            at = next;
            continue;
        }
        std::error_code error;
        path const target = std::filesystem::read_symlink(next, error);
        if (error || ++links > most_links)
            return fmt::format("{} is a link that leads nowhere", next.string());
        put_in_front(rest, target);
    }
    return {};
}

} // namespace jhub::config

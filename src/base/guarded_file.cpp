#include "base/guarded_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>

#include <fmt/format.h>

namespace jhub {
namespace {

constexpr int most_links = 40;  // as the kernel
constexpr int most_rounds = 16; // of opening what somebody else makes and removes meanwhile

std::string text_of(char const* variable)
{
    char const* const value = std::getenv(variable); // NOLINT: nobody sets these
    return value == nullptr ? "" : value;
}

TrustedAccounts trusted_for(Account const& account)
{
    TrustedAccounts trusted;
    if (::geteuid() == 0)
        trusted = root_and_sudo(text_of("SUDO_UID"), text_of("SUDO_GID"));
    auto const add = [&trusted](Account const& one) {
        trusted.users.insert(one.uid);
        trusted.groups.insert(one.gid);
    };
    add(account);
    auto const own = this_account();
    add(own);
    if (own.uid != 0)
        trusted.groups.insert(own.groups.begin(), own.groups.end());
    return trusted;
}

std::unexpected<Error> refused(std::string const& path, TrustProblem const& problem)
{
    std::string const advice =
        problem.remedy.empty()
            ? "Choose another place."
            : fmt::format("Choose another place, or, if that is the hub's own, mend it: `{}`.", problem.remedy);
    return fail(Errc::forbidden, fmt::format("{} is not used: {}. {}", path, problem.who, advice));
}

std::unexpected<Error> refused(std::string const& path, std::string const& why)
{
    return refused(path, TrustProblem{path, why, ""});
}

std::unexpected<Error> system_error(std::string const& path, int number)
{
    return fail(number == ENOENT ? Errc::not_found : Errc::failed,
                fmt::format("Cannot use {}: {}.", path, std::strerror(number)));
}

char const* kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "a directory";
    case S_IFIFO:
        return "a named pipe";
    case S_IFSOCK:
        return "a socket";
    case S_IFLNK:
        return "a symbolic link";
    default:
        return "a device";
    }
}

// What is wrong with a file that is there.
Result<> judge_file(GuardedPlace const& place, struct stat const& facts)
{
    if (!S_ISREG(facts.st_mode))
        return refused(place.path, fmt::format("it is {}, no file", kind_of(facts.st_mode)));
    if (auto const problem = problem_of(place.path, facts, place.trusted))
        return refused(place.path, problem);
    if (facts.st_nlink > 1)
        return refused(place.path, "it has a second name somewhere (a hard link)");
    return {};
}

enum class LinkAtEnd : std::uint8_t { is_no_file, is_followed };

// On the way to a file: what is left to do, and where this process has come to.
class Walk {
  public:
    Walk(std::string const& path, Account const& account, TrustedAccounts const& trusted)
        : path_(path), account_(account), trusted_(trusted),
          links_of_(::geteuid() == 0 ? root_and_sudo(text_of("SUDO_UID"), "").users : TrustedAccounts().users)
    {
    }

    Result<GuardedPlace> run(LinkAtEnd link_at_end)
    {
        std::error_code error;
        auto const whole = std::filesystem::absolute(path_, error);
        if (error || path_.empty() || path_.contains('\0'))
            return fail(Errc::invalid_argument, fmt::format("\"{}\" is no path of a file", path_));
        push(whole);
        at_ = Descriptor(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
        shown_ = "/";
        CHECK(judge_directory());
        while (rest_.size() > 1 || rest_.front() == ".." || (link_at_end == LinkAtEnd::is_followed && ends_in_link()))
            CHECK(step());
        return GuardedPlace{std::move(at_), rest_.front(), path_, trusted_};
    }

    // The directory in words, without a link in it.
    [[nodiscard]] std::string const& directory() const { return shown_; }
    // Whether the account can change what lies here.
    [[nodiscard]] bool in_its_hands() const { return in_its_hands_; }

  private:
    [[nodiscard]] bool ends_in_link() const
    {
        struct stat facts{};
        return ::fstatat(at_.get(), rest_.front().c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(facts.st_mode);
    }

    void push(std::filesystem::path const& more)
    {
        std::deque<std::string> names;
        for (auto const& name : more)
            if (!name.empty() && name != "/" && name != ".")
                names.push_back(name);
        rest_.insert(rest_.begin(), names.begin(), names.end());
        if (rest_.empty())
            rest_.emplace_back(".");
    }

    Result<> step()
    {
        std::string const name = rest_.front();
        rest_.pop_front();
        Descriptor next(::openat(at_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
        struct stat facts{};
        if (!next || ::fstat(next.get(), &facts) != 0)
            return system_error(path_, errno);
        if (S_ISLNK(facts.st_mode))
            return follow(next, name, facts);
        if (rest_.empty())
            rest_.emplace_back(".");
        at_ = std::move(next);
        auto const following =
            name == ".." ? std::filesystem::path(shown_).parent_path() : std::filesystem::path(shown_) / name;
        shown_ = following.string();
        if (!S_ISDIR(facts.st_mode))
            return system_error(path_, ENOTDIR);
        return judge_directory();
    }

    Result<> follow(Descriptor const& link, std::string const& name, struct stat const& facts)
    {
        std::string const place = (std::filesystem::path(shown_) / name).string();
        bool const its_own = ::geteuid() == account_.uid && facts.st_uid == account_.uid;
        if (!its_own && !links_of_.contains(facts.st_uid))
            return refused(path_, fmt::format("{} is a symbolic link of the account number {}", place, facts.st_uid));
        std::array<char, 4096> target{};
        ssize_t const size = ::readlinkat(link.get(), "", target.data(), target.size());
        if (size < 0 || size == static_cast<ssize_t>(target.size()) || ++links_ > most_links)
            return refused(path_, fmt::format("{} is a link that leads nowhere", place));
        std::filesystem::path const leads_to(std::string(target.data(), static_cast<std::size_t>(size)));
        push(leads_to);
        if (leads_to.is_absolute()) {
            at_ = Descriptor(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
            shown_ = "/";
        }
        return {};
    }

    Result<> judge_directory()
    {
        struct stat facts{};
        if (::fstat(at_.get(), &facts) != 0)
            return system_error(path_, errno);
        if (auto const problem = problem_of(shown_, facts, trusted_))
            return refused(path_, problem);
        bool const writable = (facts.st_mode & S_IWGRP) != 0 && (facts.st_mode & S_ISVTX) == 0;
        bool const of_its_group = writable && facts.st_gid != 0 && facts.st_gid == account_.gid;
        in_its_hands_ = in_its_hands_ || (account_.uid != 0 && (facts.st_uid == account_.uid || of_its_group));
        return {};
    }

    std::string const& path_;
    Account const& account_;
    TrustedAccounts const& trusted_;
    std::set<uid_t> links_of_;     // whose links are followed
    std::deque<std::string> rest_; // never empty; the last is the file's name
    Descriptor at_;
    std::string shown_; // the directory at_ in words
    int links_ = 0;
    bool in_its_hands_ = false;
};

int flags_of(Opening::Access access)
{
    switch (access) {
    case Opening::Access::read:
        return O_RDONLY;
    case Opening::Access::read_and_write:
        return O_RDWR;
    case Opening::Access::append:
        return O_WRONLY | O_APPEND;
    }
    return O_RDONLY;
}

constexpr int always = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

Result<Descriptor> make(GuardedPlace const& place, Opening const& how)
{
    Descriptor file(::openat(place.directory.get(), place.name.c_str(),
                             flags_of(how.access) | O_CREAT | O_EXCL | always, how.mode));
    if (!file && errno == EEXIST)
        return fail(Errc::conflict, fmt::format("{} changes all the time.", place.path));
    if (!file || ::fchmod(file.get(), how.mode) != 0)
        return system_error(place.path, errno);
    return file;
}

// Errc::conflict: what lies there has changed meanwhile.
Result<Descriptor> open_existing(GuardedPlace const& place, Opening const& how)
{
    struct stat facts{};
    int const directory = place.directory.get();
    if (::fstatat(directory, place.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return system_error(place.path, errno);
    CHECK(judge_file(place, facts)); // before opening, which does things to devices
    Descriptor file(::openat(directory, place.name.c_str(), flags_of(how.access) | always));
    bool const replaced = !file && errno == EACCES && how.of_root == Opening::OfRoot::is_replaced &&
                          facts.st_uid == 0 && ::geteuid() != 0 && ::unlinkat(directory, place.name.c_str(), 0) == 0;
    if (replaced || (!file && (errno == ELOOP || errno == ENXIO)))
        return fail(Errc::conflict, fmt::format("{} changes all the time.", place.path));
    if (!file || ::fstat(file.get(), &facts) != 0)
        return system_error(place.path, errno);
    CHECK(judge_file(place, facts));
    return file;
}

Result<Descriptor> open_at(GuardedPlace const& place, Opening const& how)
{
    auto file = open_existing(place, how);
    for (int round = 0; round < most_rounds && !file; ++round) {
        bool const may_be_made = file.error().code == Errc::not_found && how.missing == Opening::Missing::is_made;
        if (!may_be_made && file.error().code != Errc::conflict)
            break;
        file = may_be_made ? make(place, how) : open_existing(place, how);
    }
    return file;
}

using Act = std::function<Result<Descriptor>(GuardedPlace const&)>;

Result<Descriptor> act_at(std::string const& path, Account const& account, LinkAtEnd link_at_end, Act const& act)
{
    auto const trusted = trusted_for(account);
    Walk walk(path, account, trusted);
    TRY(auto const place, walk.run(link_at_end));
    if (::geteuid() != 0 || !walk.in_its_hands())
        return act(place);
    return act_as(account, [&] { return act_at(path, account, link_at_end, act); });
}

} // namespace

Result<Descriptor> at_guarded_place(std::string const& path, Account const& account,
                                    std::function<Result<Descriptor>(GuardedPlace const&)> const& act)
{
    return act_at(path, account, LinkAtEnd::is_no_file, act);
}

Result<Descriptor> open_guarded(std::string const& path, Opening const& how, Account const& account)
{
    return at_guarded_place(path, account, [&how](GuardedPlace const& place) { return open_at(place, how); });
}

Result<bool> look_at(std::string const& path, Account const& account)
{
    auto const trusted = trusted_for(account);
    Walk walk(path, account, trusted);
    auto const place = walk.run(LinkAtEnd::is_no_file);
    if (!place)
        return place.error().code == Errc::not_found ? Result<bool>(false) : std::unexpected(place.error());
    struct stat facts{};
    if (::fstatat(place->directory.get(), place->name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? Result<bool>(false) : system_error(path, errno);
    CHECK(judge_file(*place, facts));
    return true;
}

Result<std::string> resolve_guarded(std::string const& path, Account const& account)
{
    auto const trusted = trusted_for(account);
    Walk walk(path, account, trusted);
    TRY(auto const place, walk.run(LinkAtEnd::is_followed));
    return (std::filesystem::path(walk.directory()) / place.name).string();
}

Result<> remove_guarded(std::string const& path, Account const& account)
{
    auto const removed = at_guarded_place(path, account, [](GuardedPlace const& place) -> Result<Descriptor> {
        struct stat facts{};
        if (::fstatat(place.directory.get(), place.name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0)
            return system_error(place.path, errno);
        if (!S_ISSOCK(facts.st_mode))
            CHECK(judge_file(place, facts));
        if (::unlinkat(place.directory.get(), place.name.c_str(), 0) != 0)
            return system_error(place.path, errno);
        return Descriptor();
    });
    return removed ? Result<>{} : std::unexpected(removed.error());
}

Result<Descriptor> open_guarded_directory(std::string const& path, Account const& account)
{
    auto const open_it = [](GuardedPlace const& place) -> Result<Descriptor> {
        Descriptor directory(
            ::openat(place.directory.get(), place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        struct stat facts{};
        if (!directory || ::fstat(directory.get(), &facts) != 0)
            return system_error(place.path, errno);
        if (auto const problem = problem_of(place.path, facts, place.trusted))
            return refused(place.path, problem);
        return directory;
    };
    return act_at(path, account, LinkAtEnd::is_followed, open_it);
}

Result<> replace_content(Descriptor const& file, std::string_view text, std::string const& path)
{
    if (::ftruncate(file.get(), 0) != 0)
        return system_error(path, errno);
    std::size_t done = 0;
    while (done < text.size()) {
        ssize_t const written = ::pwrite(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return system_error(path, written < 0 ? errno : ENOSPC);
        done += static_cast<std::size_t>(written);
    }
    return {};
}

} // namespace jhub

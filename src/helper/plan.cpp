// The half of starting a process that may use memory: working out the plan, and putting reports into words.
#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "helper/child.hpp"

namespace jhub::helper {
namespace {

// Where Python looks when the environment has no PATH (os.defpath).
constexpr std::string_view default_path = "/bin:/usr/bin";

std::string_view variable(std::vector<std::pair<std::string, std::string>> const& env, std::string_view name,
                          std::string_view otherwise)
{
    std::string_view value = otherwise;
    for (auto const& [key, text] : env)
        if (key == name)
            value = text;
    return value;
}

std::vector<std::string> find_programs(std::string const& command, std::string_view path)
{
    if (command.contains('/'))
        return {command};
    std::vector<std::string> programs;
    for (std::size_t begin = 0; begin <= path.size();) {
        std::size_t const end = std::min(path.find(':', begin), path.size());
        std::string_view const directory = path.substr(begin, end - begin);
        programs.push_back(directory.empty() ? "./" + command : fmt::format("{}/{}", directory, command));
        begin = end + 1;
    }
    return programs;
}

// The path and its parents, innermost first, without "/".
std::vector<std::string> with_parents(std::string path)
{
    std::vector<std::string> list;
    while (path.size() > 1) {
        list.push_back(path);
        std::size_t const slash = path.rfind('/');
        if (slash == std::string::npos)
            break;
        path.erase(slash);
    }
    return list;
}

struct StageWords {
    Stage stage;
    std::string_view what;
};
constexpr std::array stage_words{
    StageWords{Stage::session, "opening a session of its own"},
    StageWords{Stage::streams, "opening its output"},
    StageWords{Stage::limits, "setting its limits"},
    StageWords{Stage::groups, "setting the account's groups"},
    StageWords{Stage::group_id, "changing to the account's group"},
    StageWords{Stage::user_id, "changing to the account"},
    StageWords{Stage::identity, "verifying that it is nobody else any more"},
    StageWords{Stage::privileges, "giving up further privileges"},
    StageWords{Stage::directory, "entering a directory"},
};

} // namespace

Result<Plan> make_plan(privileged::wire::Prepare const& command, privileged::Account const& account,
                       bool change_identity)
{
    if (command.argv.empty() || command.argv.front().empty())
        return fail(Errc::invalid_argument, "There is no command to run.");
    Plan plan;
    plan.change_identity = change_identity;
    plan.uid = account.uid;
    plan.gid = account.gid;
    plan.groups = account.group_ids;
    std::ranges::sort(plan.groups);
    plan.groups.erase(std::ranges::unique(plan.groups).begin(), plan.groups.end());
    plan.directories = with_parents(command.working_directory.empty() ? account.home : command.working_directory);
    if (command.working_directory == "/") // asked for, not fallen back to
        plan.directories = {"/"};
    if (command.create_working_directory)
        plan.create.assign(plan.directories.rbegin(), plan.directories.rend());
    plan.pam_service = command.pam_service;
    plan.user = command.user;
    plan.path = variable(command.env, "PATH", default_path);
    plan.programs = find_programs(command.argv.front(), plan.path);
    plan.argv = command.argv;
    for (auto const& [name, value] : command.env) {
        if (name.empty() || name.contains('='))
            return fail(Errc::invalid_argument, fmt::format("Not a name for an environment variable: {:?}", name));
        plan.env.push_back(fmt::format("{}={}", name, value));
    }
    return plan;
}

Error describe(Report report, std::string const& command, std::string const& path)
{
    char const* const known = strerrordesc_np(report.error);
    std::string const why = known != nullptr ? known : fmt::format("error {}", report.error);
    std::string const detail = fmt::format("stage {}, errno {}", static_cast<int>(report.stage), report.error);
    if (report.stage == Stage::interpreter)
        return {Errc::not_found,
                fmt::format("{} cannot run: the interpreter that its first line names does not exist.", command),
                detail};
    if (report.stage == Stage::command && report.error == ENOENT)
        return {Errc::not_found,
                command.contains('/') ? fmt::format("Command not found: {}", command)
                                      : fmt::format("Command not found: {} (PATH is {})", command, path),
                detail};
    if (report.stage == Stage::command && (report.error == EACCES || report.error == EPERM))
        return {Errc::forbidden, fmt::format("Permission denied trying to run {}", command), detail};
    if (report.stage == Stage::command)
        return {Errc::failed, fmt::format("Cannot run {}: {}", command, why), detail};
    auto const words = std::ranges::find(stage_words, report.stage, &StageWords::stage);
    return {Errc::failed,
            fmt::format("Cannot start {}: {} failed: {}", command, words == stage_words.end() ? "a step" : words->what,
                        why),
            detail};
}

} // namespace jhub::helper

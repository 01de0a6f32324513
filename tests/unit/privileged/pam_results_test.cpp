// Each result of PAM, in each phase of a login: what becomes of it. The modules are the system's own: pam_debug returns
// what it is told to; pam_exec, pam_deny, pam_succeed_if, pam_listfile and pam_time say no in their own ways.
#include "privileged/support.hpp"

#include <deque>
#include <filesystem>
#include <map>

namespace jhub::privileged {
namespace {

using namespace jhub::test;

constexpr PamOutcome in = PamOutcome::ok, no = PamOutcome::denied, broken = PamOutcome::unavailable,
                     unreachable = PamOutcome::unreachable;

struct Row {
    char const* result; // as pam_debug calls it
    PamOutcome authenticate, account;
};

// "ignore" alone decides nothing, and PAM denies then. What is not "broken" is refused, and counted as a failed login.
constexpr Row rows[]{
    {"success", in, in},
    {"auth_err", no, no},
    {"user_unknown", no, no},
    {"perm_denied", no, no},
    {"maxtries", no, no},
    {"acct_expired", no, no},
    {"new_authtok_reqd", no, no},
    {"authtok_expired", no, no},
    {"system_err", no, no},
    {"service_err", no, no},
    {"cred_insufficient", no, no},
    {"cred_unavail", no, no},
    {"cred_expired", no, no},
    {"cred_err", no, no},
    {"conv_err", no, no},
    {"conv_again", no, no},
    {"incomplete", no, no},
    {"session_err", no, no},
    {"authtok_err", no, no},
    {"authtok_recover_err", no, no},
    {"authtok_lock_busy", no, no},
    {"authtok_disable_aging", no, no},
    {"try_again", no, no},
    {"ignore", no, no},
    {"authinfo_unavail", unreachable, unreachable},
    {"abort", broken, broken},
    {"buf_err", broken, broken},
    {"open_err", broken, broken},
    {"symbol_err", broken, broken},
    {"module_unknown", broken, broken},
    {"bad_item", broken, broken},
    {"no_module_data", broken, broken},
};

class PamResults : public WithHelper {
  protected:
    void SetUp() override
    {
        SKIP_UNLESS_ROOT();
        WithHelper::SetUp();
    }
    PamAnswer log_in(PamService const& service, std::string password = "x", std::string user = "root")
    {
        auto answer = run(io, helper->authenticate({.service = service.name, .user = user, .password = password}));
        return answer.value_or(PamAnswer{PamOutcome::unavailable, {}, "no answer at all"});
    }
    // All results at once: each refusal is held back for half a second. The lines of the service, for one result.
    using Lines = std::function<std::string(std::string const& result)>;
    std::map<std::string, PamAnswer> of_each_result(Lines const& lines)
    {
        std::map<std::string, PamAnswer> answers;
        std::deque<PamService> services;
        for (auto const& row : rows) {
            services.emplace_back(lines(row.result));
            asio::co_spawn(io, helper->authenticate({.service = services.back().name, .user = "root", .password = "x"}),
                           [&answers, result = row.result](std::exception_ptr, Result<PamAnswer> answer) {
                               answers[result] =
                                   answer.value_or(PamAnswer{PamOutcome::unavailable, {}, "no answer at all"});
                           });
        }
        EXPECT_TRUE(eventually(io, [&] { return answers.size() == std::size(rows); }));
        return answers;
    }
    PamAnswer with_modules(std::string const& authenticate, std::string const& account = "pam_permit.so")
    {
        return log_in(PamService("auth required " + authenticate + "\naccount required " + account));
    }
};

TEST_F(PamResults, of_the_password_are_read_by_one_table)
{
    auto const answers = of_each_result([](std::string const& result) {
        return "auth required pam_debug.so auth=" + result + "\naccount required pam_permit.so";
    });
    for (auto const& row : rows) {
        PamAnswer const& answer = answers.at(row.result);
        EXPECT_EQ(answer.outcome, row.authenticate) << row.result << ": " << answer.reason;
        EXPECT_EQ(answer.reason.empty(), row.authenticate == in) << row.result;
    }
}

TEST_F(PamResults, of_the_account_are_read_by_the_same_table)
{
    auto const answers = of_each_result([](std::string const& result) {
        return "auth required pam_permit.so\naccount required pam_debug.so acct=" + result;
    });
    for (auto const& row : rows) {
        PamAnswer const& answer = answers.at(row.result);
        EXPECT_EQ(answer.outcome, row.account) << row.result << ": " << answer.reason;
        EXPECT_EQ(answer.reason.empty(), row.account == in) << row.result;
    }
}

TEST_F(PamResults, of_the_credentials_are_ignored)
{
    auto const answers = of_each_result([](std::string const& result) {
        return "auth required pam_debug.so cred=" + result + "\naccount required pam_permit.so";
    });
    for (auto const& row : rows)
        EXPECT_EQ(answers.at(row.result).outcome, in) << row.result;
}

TEST_F(PamResults, a_program_of_pam_exec_that_says_no_is_a_wrong_password)
{
    test::TemporaryDirectory const folder;
    std::string const program = folder.path + "/check";
    std::ofstream(program) << "#!/bin/sh\nread -r word || :\n[ \"$PAM_USER:$word\" = root:letmein ]\n";
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    PamService const asks("auth required pam_exec.so expose_authtok quiet " + program +
                          "\naccount required pam_permit.so");
    EXPECT_EQ(log_in(asks, "letmein").outcome, in);
    PamAnswer const wrong = log_in(asks, "wrong");
    EXPECT_EQ(wrong.outcome, no);
    EXPECT_EQ(wrong.reason, "System error (pam_exec says so when its program says no)");
    EXPECT_EQ(with_modules("pam_permit.so", "pam_exec.so quiet /bin/false").outcome, no) << "of the account";
    EXPECT_EQ(with_modules("pam_exec.so quiet /no/such/program").outcome, no) << "in doubt, too";
}

TEST_F(PamResults, every_other_way_to_say_no_is_a_wrong_password_too)
{
    for (char const* module : {"pam_deny.so", "pam_succeed_if.so quiet uid >= 1000",
                               "pam_listfile.so item=user sense=allow onerr=fail file=/no/such/file"})
        EXPECT_EQ(with_modules(module).outcome, no) << module;
    for (char const* module : {"pam_deny.so", "pam_succeed_if.so quiet uid >= 1000"})
        EXPECT_EQ(with_modules("pam_permit.so", module).outcome, no) << module;
}

TEST_F(PamResults, a_module_that_is_not_installed_is_no_wrong_password)
{
    PamAnswer const answer = with_modules("pam_no_such_module.so");
    EXPECT_EQ(answer.outcome, broken);
    EXPECT_EQ(answer.reason, "PAM broke down: Module is unknown");
}

} // namespace
} // namespace jhub::privileged

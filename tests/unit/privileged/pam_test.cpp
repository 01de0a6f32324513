// Logins through real PAM, with the system's pam_unix and with a module that misbehaves in every way we know.
#include "privileged/support.hpp"

namespace jhub::privileged {
namespace {

using namespace jhub::test;

std::string chaos(std::string const& mode)
{
    return "auth required " PAM_CHAOS_MODULE " " + mode + "\naccount required pam_permit.so";
}

class Login : public WithHelper {
  protected:
    void SetUp() override
    {
        SKIP_UNLESS_ROOT();
        WithHelper::SetUp();
    }
    PamAnswer log_in(PamService const& service, std::string user, std::string password, std::string otp = {})
    {
        return ask(
            {.service = service.name, .user = std::move(user), .password = std::move(password), .otp = std::move(otp)});
    }
    PamAnswer ask(PamRequest request)
    {
        auto answer = run(io, helper->authenticate(std::move(request)));
        EXPECT_TRUE(answer) << answer.error().message;
        return answer.value_or(PamAnswer{PamOutcome::unavailable, {}, "no answer at all"});
    }
    PamService const unix_{"auth required pam_unix.so nodelay\naccount required pam_unix.so"};
};

TEST_F(Login, the_right_password_logs_in_and_a_wrong_one_does_not)
{
    TemporaryAccount const ada(unique_name("jhtp"));
    PamAnswer const right = log_in(unix_, ada.name, "correct horse");
    EXPECT_EQ(right.outcome, PamOutcome::ok) << right.reason;
    EXPECT_EQ(right.canonical_user, ada.name);
    PamAnswer const wrong = log_in(unix_, ada.name, "wrong horse");
    EXPECT_EQ(wrong.outcome, PamOutcome::denied);
    EXPECT_EQ(wrong.reason, "wrong password");
    EXPECT_EQ(wrong.canonical_user, "");
}

TEST_F(Login, the_log_gets_the_reason_of_a_refusal)
{
    EXPECT_EQ(log_in(unix_, "no-such-account", "x").reason, "unknown account");
    TemporaryAccount const expired(unique_name("jhte"), "--expiredate 2001-01-01");
    PamAnswer const answer = log_in(unix_, expired.name, "correct horse");
    EXPECT_EQ(answer.outcome, PamOutcome::denied);
    EXPECT_TRUE(answer.reason.starts_with("locked or expired account: ")) << answer.reason;
    TemporaryAccount const shellless(unique_name("jhts"), "--shell /usr/sbin/nologin");
    EXPECT_EQ(log_in(unix_, shellless.name, "correct horse").reason,
              "no valid shell: the account's shell is /usr/sbin/nologin");
}

TEST_F(Login, accounts_are_not_checked_when_that_is_switched_off)
{
    TemporaryAccount const expired(unique_name("jhte"), "--expiredate 2001-01-01");
    EXPECT_EQ(
        ask({.service = unix_.name, .user = expired.name, .password = "correct horse", .check_account = false}).outcome,
        PamOutcome::ok);
}

TEST_F(Login, impossible_names_and_passwords_never_reach_a_module)
{
    PamService const accepts_all("auth required pam_permit.so\naccount required pam_permit.so");
    ASSERT_EQ(log_in(accepts_all, "root", "x").outcome, PamOutcome::ok);
    EXPECT_EQ(log_in(accepts_all, std::string(256, 'a'), "x").outcome, PamOutcome::denied);
    EXPECT_EQ(log_in(accepts_all, "", "x").outcome, PamOutcome::denied);
    EXPECT_EQ(log_in(accepts_all, "root", std::string(1025, 'x')).outcome, PamOutcome::denied);
    EXPECT_EQ(log_in(accepts_all, "root", std::string("x\0y", 3)).outcome, PamOutcome::denied);
    EXPECT_EQ(log_in(accepts_all, std::string("root\0", 5), "x").outcome, PamOutcome::denied);
    EXPECT_EQ(ask({.service = "../../tmp/evil", .user = "root", .password = "x"}).outcome, PamOutcome::denied);
}

TEST_F(Login, hidden_questions_get_the_password_then_the_one_time_password)
{
    PamService const asks_twice(chaos("ask_twice")); // wants "secret" and "123456"
    EXPECT_EQ(log_in(asks_twice, "root", "secret", "123456").outcome, PamOutcome::ok);
    EXPECT_EQ(log_in(asks_twice, "root", "secret", "654321").outcome, PamOutcome::denied);
    EXPECT_EQ(log_in(asks_twice, "root", "secret").outcome, PamOutcome::denied) << "there is no second answer";
}

TEST_F(Login, the_identity_is_what_pam_says_afterwards)
{
    EXPECT_EQ(log_in(PamService(chaos("rename")), "somebody", "x").canonical_user, "daemon-by-module");
}

TEST_F(Login, a_module_that_breaks_means_unavailable_and_never_a_wrong_password)
{
    for (char const* mode : {"crash", "exit", "abort", "close_all"}) {
        PamAnswer const answer = log_in(PamService(chaos(mode)), "root", "x");
        EXPECT_EQ(answer.outcome, PamOutcome::unavailable) << mode;
        EXPECT_FALSE(answer.reason.empty());
    }
    EXPECT_EQ(log_in(PamService(chaos("noise")), "root", "x").outcome, PamOutcome::ok) << "prints to stdout";
}

TEST_F(Login, a_module_that_hangs_is_killed_at_the_time_limit)
{
    PamService const hangs(chaos("hang"));
    auto const before = std::chrono::steady_clock::now();
    PamAnswer const answer = ask({.service = hangs.name, .user = "root", .password = "x", .timeout = 300ms});
    EXPECT_EQ(answer.outcome, PamOutcome::unavailable);
    EXPECT_EQ(answer.reason, "PAM did not answer in time");
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST_F(Login, hanging_logins_do_not_delay_others)
{
    PamService const hangs(chaos("hang"));
    int hanging = 0;
    for (int i = 0; i < 8; ++i) {
        ++hanging;
        asio::co_spawn(io,
                       helper->authenticate({.service = hangs.name, .user = "root", .password = "x", .timeout = 3s}),
                       [&hanging](std::exception_ptr, Result<PamAnswer> const&) { --hanging; });
    }
    TemporaryAccount const ada(unique_name("jhtp"));
    auto const before = std::chrono::steady_clock::now();
    EXPECT_EQ(log_in(unix_, ada.name, "correct horse").outcome, PamOutcome::ok);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
    EXPECT_EQ(hanging, 8);
    EXPECT_TRUE(eventually(io, [&] { return hanging == 0; }));
}

TEST_F(Login, too_many_hanging_logins_fill_the_queue_and_the_next_is_told_at_once)
{
    PamService const hangs(chaos("hang"));
    constexpr int capacity = 16 + 256;
    int refused = 0;
    int answered = 0;
    for (int i = 0; i < capacity + 3; ++i)
        asio::co_spawn(io,
                       helper->authenticate({.service = hangs.name, .user = "root", .password = "x", .timeout = 2s}),
                       [&](std::exception_ptr, Result<PamAnswer> const& answer) {
                           ++answered;
                           refused += answer && answer->reason == "too many logins at once" ? 1 : 0;
                       });
    EXPECT_TRUE(eventually(io, [&] { return refused == 3; }));
    EXPECT_TRUE(eventually(io, [&] { return answered == capacity + 3; }, 20s)) << answered;
    EXPECT_EQ(refused, 3);
}

TEST_F(Login, the_delay_after_a_failure_does_not_occupy_a_worker)
{
    PamService const slow(chaos("fail_slowly")); // asks for a delay of 1 s
    int answered = 0;
    auto const before = std::chrono::steady_clock::now();
    for (int i = 0; i < 64; ++i)
        asio::co_spawn(io, helper->authenticate({.service = slow.name, .user = "root", .password = "x"}),
                       [&](std::exception_ptr, Result<PamAnswer> const& answer) {
                           answered += answer && answer->outcome == PamOutcome::denied ? 1 : 0;
                       });
    EXPECT_TRUE(eventually(io, [&] { return answered == 64; }));
    auto const took = std::chrono::steady_clock::now() - before;
    EXPECT_GE(took, 500ms) << "PAM varies the delay by up to a half"; // pam_fail_delay(3)
    EXPECT_LT(took, 3500ms) << "64 delays of a second in 16 workers would take 4 s";
}

} // namespace
} // namespace jhub::privileged

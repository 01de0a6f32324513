// A PAM module that misbehaves; its argument says how. Only for tests.
#define PAM_SM_AUTH
#define PAM_SM_SESSION
#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

bool answers(pam_handle_t* handle, char const* expected)
{
    char* answer = nullptr;
    bool const right = pam_prompt(handle, PAM_PROMPT_ECHO_OFF, &answer, "Secret: ") == PAM_SUCCESS &&
                       answer != nullptr && std::strcmp(answer, expected) == 0;
    std::free(answer);
    return right;
}

int hang()
{
    for (;;)
        pause();
}

// A program of the module's own, in nobody's session, that outlives it; its number goes to the file.
void leave_daemon(char const* file)
{
    if (fork() != 0)
        return;
    setsid();
    if (fork() != 0)
        _exit(0);
    if (std::FILE* const out = std::fopen(file, "a"); out != nullptr) {
        std::fprintf(out, "%d\n", getpid());
        std::fclose(out);
    }
    hang();
}

} // namespace

extern "C" int pam_sm_authenticate(pam_handle_t* handle, int, int count, char const** arguments)
{
    std::string_view const mode = count > 0 ? arguments[0] : "";
    if (mode.starts_with("daemon")) {
        leave_daemon(arguments[1]);
        for (int i = 0; i < 500 && access(arguments[1], F_OK) != 0; ++i)
            usleep(1000);
    }
    if (mode == "crash" || mode == "daemon_and_crash")
        raise(SIGSEGV);
    if (mode == "daemon_and_hang")
        return hang();
    if (mode == "abort")
        std::abort();
    if (mode == "exit")
        std::exit(0);
    if (mode == "hang")
        return hang();
    if (mode == "close_all")
        return close_range(0, 1024, 0) == 0 ? PAM_SUCCESS : PAM_SYSTEM_ERR;
    if (mode == "broken")
        return PAM_AUTHINFO_UNAVAIL;
    if (mode == "rename")
        return pam_set_item(handle, PAM_USER, "daemon-by-module");
    if (mode == "fail_slowly")
        return pam_fail_delay(handle, 1'000'000), PAM_AUTH_ERR;
    if (mode == "ask_twice")
        return answers(handle, "secret") && answers(handle, "123456") ? PAM_SUCCESS : PAM_AUTH_ERR;
    std::puts("noise on standard output");
    return PAM_SUCCESS;
}

extern "C" int pam_sm_open_session(pam_handle_t* handle, int, int count, char const** arguments)
{
    std::string_view const mode = count > 0 ? arguments[0] : "";
    if (mode == "crash")
        raise(SIGSEGV);
    if (mode == "broken")
        return PAM_SESSION_ERR;
    // What real modules do to their process: some of it is for the server, some must not reach it.
    umask(027);
    signal(SIGUSR1, SIG_IGN);
    setenv("LEAK", "from the process", 1);
    pam_putenv(handle, "LEAK=from PAM");
    return open("/etc/shadow", O_RDONLY) >= 0 && chdir("/etc") == 0 ? PAM_SUCCESS : PAM_SYSTEM_ERR; // NOLINT: a leak
}

extern "C" int pam_sm_close_session(pam_handle_t*, int, int count, char const** arguments)
{
    return count > 0 && std::string_view(arguments[0]) == "cannot_close" ? PAM_SESSION_ERR : PAM_SUCCESS;
}

extern "C" int pam_sm_setcred(pam_handle_t*, int, int, char const**) { return PAM_SUCCESS; }

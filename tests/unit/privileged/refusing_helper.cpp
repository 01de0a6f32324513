// refuse-CALL: runs the helper under a filter that answers that system call with EPERM, in it and all it starts. Only
// for tests.
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <string>

int main(int, char** arguments)
{
    std::string const name = arguments[0];
    int const call = seccomp_syscall_resolve_name(name.substr(name.rfind('-') + 1).c_str());
    scmp_filter_ctx const filter = seccomp_init(SCMP_ACT_ALLOW);
    bool const loaded = call != __NR_SCMP_ERROR && filter != nullptr &&
                        seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) == 0 &&
                        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) == 0 && seccomp_load(filter) == 0;
    if (loaded)
        execv(JHUB_BINARY_DIR "/jupyterhub-helper", arguments);
    return 1;
}

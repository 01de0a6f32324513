#include "python/interpreter_trust.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::python {
namespace {

namespace fs = std::filesystem;

std::string variable(Environment const& environment, std::string_view name)
{
    auto const found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
}

// "home = /usr/bin" of a pyvenv.cfg: where the interpreter of a virtual environment finds its library.
std::string home_in(fs::path const& file)
{
    std::ifstream stream(file);
    std::string line;
    while (std::getline(stream, line)) {
        auto const equals = line.find('=');
        if (equals != std::string::npos && to_lower(trim(line.substr(0, equals))) == "home")
            return std::string(trim(line.substr(equals + 1)));
    }
    return {};
}

// Asks about one place after the other, until there is a problem.
class Search {
  public:
    explicit Search(TrustedAccounts trusted) : trusted_(std::move(trusted)) {}

    TrustProblem program(fs::path const& path)
    {
        file(path);
        std::error_code error;
        directories_.insert(fs::absolute(path).parent_path());
        directories_.insert(fs::canonical(path, error).parent_path());
        for (auto const& directory : std::set(directories_))
            for (auto const& config : {directory / "pyvenv.cfg", directory.parent_path() / "pyvenv.cfg"})
                virtual_environment(config);
        // Python goes up from there until it finds its library.
        for (auto const& directory : directories_)
            for (fs::path at = directory; !problem_; at = at.parent_path()) {
                libraries_of(at);
                if (at == at.parent_path())
                    break;
            }
        return problem_;
    }

  private:
    void file(fs::path const& path)
    {
        if (!problem_)
            problem_ = who_can_change(path, trusted_);
    }

    void virtual_environment(fs::path const& config)
    {
        std::error_code error;
        if (problem_ || !fs::exists(config, error))
            return;
        file(config);
        if (problem_)
            return;
        if (std::string const home = home_in(config); !home.empty()) {
            directories_.insert(fs::path(home));
            directories_.insert(fs::canonical(home, error));
        }
    }

    void libraries_of(fs::path const& prefix)
    {
        for (auto const* const name : {"lib", "lib64"}) {
            std::error_code error;
            for (auto const& entry : fs::directory_iterator(prefix / name, error)) {
                bool const is_library =
                    entry.path().filename().string().starts_with("python") && fs::exists(entry.path() / "os.py", error);
                if (is_library && !problem_)
                    library(entry.path());
            }
        }
    }

    void library(fs::path const& directory)
    {
        problem_ = who_can_add(directory.parent_path(), trusted_); // shared libraries, pythonXY.zip
        for (auto const* const part : {"", "encodings", "encodings/__pycache__", "lib-dynload", "__pycache__"}) {
            std::error_code error;
            fs::path const folder = *part == '\0' ? directory : directory / part;
            if (problem_ || !fs::exists(folder, error))
                continue;
            problem_ = who_can_add(folder, trusted_);
            for (auto const& entry : fs::directory_iterator(folder, error))
                if (entry.path().has_extension())
                    file(entry.path());
        }
    }

    TrustedAccounts trusted_;
    std::set<fs::path> directories_; // in which the program is thought to lie
    TrustProblem problem_;
};

} // namespace

Result<> check_interpreter(std::string const& interpreter, Environment const& environment)
{
    if (::geteuid() != 0)
        return {};
    auto const trusted = root_and_sudo(variable(environment, "SUDO_UID"), variable(environment, "SUDO_GID"));
    auto const problem = Search(trusted).program(interpreter);
    if (!problem)
        return {};
    return fail(Errc::forbidden,
                fmt::format("The Python interpreter {} is not run: {}, so somebody else decides what the hub runs as "
                            "root. {} another with JUPYTERHUB_PYTHON, or say that this is meant with "
                            "--JupyterHub.trust_config_file=True",
                            interpreter, problem.who,
                            problem.remedy.empty()
                                ? "Choose"
                                : fmt::format("Look at it, then give it to root ({}), choose", problem.remedy)));
}

} // namespace jhub::python

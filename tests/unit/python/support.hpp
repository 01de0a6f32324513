// A directory of its own for each test, and files in it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace jhub {

class TemporaryDirectory {
  public:
    TemporaryDirectory()
    {
        std::string pattern = (std::filesystem::temp_directory_path() / "jhub-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no temporary directory");
        path_ = pattern;
        before_ = std::filesystem::current_path();
        std::filesystem::current_path(path_);
    }
    ~TemporaryDirectory()
    {
        std::filesystem::current_path(before_);
        std::filesystem::remove_all(path_);
    }
    TemporaryDirectory(TemporaryDirectory const&) = delete;
    TemporaryDirectory& operator=(TemporaryDirectory const&) = delete;

    std::string write(std::string const& name, std::string const& text) const
    {
        auto const file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
        return file.string();
    }

    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_, before_;
};

} // namespace jhub

#include "proxy/handover.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

std::string read_from_start(int file)
{
    std::string text;
    std::array<char, 65536> piece{};
    ssize_t got = 0;
    while ((got = pread(file, piece.data(), piece.size(), static_cast<off_t>(text.size()))) > 0)
        text.append(piece.data(), static_cast<std::size_t>(got));
    return text;
}

Result<Descriptor> file_without_name(std::string_view text)
{
    Descriptor file(memfd_create("handover", MFD_CLOEXEC));
    std::size_t done = 0;
    while (file.get() >= 0 && done < text.size()) {
        ssize_t const written = pwrite(file.get(), text.data() + done, text.size() - done, static_cast<off_t>(done));
        if (written <= 0)
            break;
        done += static_cast<std::size_t>(written);
    }
    if (file.get() < 0 || done < text.size())
        return fail(Errc::failed, fmt::format("cannot write down what to hand over: {}", std::strerror(errno)));
    return file;
}

} // namespace

Result<Inherited> Inherited::receive(std::string const& numbers)
{
    auto const refuse = [] { return fail(Errc::invalid_argument, "what was handed over cannot be understood"); };
    std::vector<Descriptor> all;
    for (auto const& part : split(numbers, ',')) {
        auto const number = parse_number<int>(part);
        if (!number || *number <= STDERR_FILENO || fcntl(*number, F_SETFD, FD_CLOEXEC) != 0)
            return refuse();
        all.emplace_back(*number);
    }
    if (all.empty())
        return refuse();
    auto const description = parse_json(read_from_start(all.front().get()));
    if (!description || !description->is_object() || !description->contains("names") ||
        !description->at("names").is_array() || description->at("names").size() + 1 != all.size() ||
        !description->contains("routes") || !description->at("routes").is_string())
        return refuse();
    Inherited result;
    result.routes_ = description->at("routes").get<std::string>();
    for (std::size_t i = 1; i < all.size(); ++i) {
        Json const& name = description->at("names")[i - 1];
        if (!name.is_string())
            return refuse();
        result.descriptors_[name.get<std::string>()].push_back(std::move(all[i]));
    }
    return result;
}

std::vector<Descriptor> Inherited::take(std::string const& name)
{
    auto const found = descriptors_.find(name);
    if (found == descriptors_.end())
        return {};
    auto result = std::move(found->second);
    descriptors_.erase(found);
    return result;
}

Descriptor Inherited::take_one(std::string const& name)
{
    auto all = take(name);
    return all.empty() ? Descriptor() : std::move(all.front());
}

std::string Inherited::take_text(std::string const& name)
{
    Descriptor const file = take_one(name);
    return file.get() < 0 ? std::string() : read_from_start(file.get());
}

Result<> Legacy::keep(std::string name, std::string_view text)
{
    TRY(Descriptor file, file_without_name(text));
    descriptors.emplace_back(std::move(name), file.get());
    files.push_back(std::move(file));
    return {};
}

Result<Descriptor> describe(Legacy const& legacy)
{
    Json description{{"names", Json::array()}, {"routes", legacy.routes}};
    for (auto const& [name, number] : legacy.descriptors)
        description["names"].push_back(name);
    return file_without_name(description.dump());
}

} // namespace jhub::proxy

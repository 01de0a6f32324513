#include "base/packets.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace jhub {

ssize_t send_packet(int socket, std::string_view bytes, std::span<int const> descriptors, int flags)
{
    iovec data{const_cast<char*>(bytes.data()), bytes.size()}; // sendmsg does not write
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    if (descriptors.size() > most_descriptors) {
        errno = EINVAL;
        return -1;
    }
    if (!descriptors.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* const part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
    }
    return sendmsg(socket, &message, flags | MSG_NOSIGNAL);
}

ssize_t receive_packet(int socket, std::span<char> room, std::vector<int>& descriptors, int flags)
{
    iovec space{room.data(), room.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control;
    msghdr message{};
    message.msg_iov = &space;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    descriptors.clear();
    ssize_t const size = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    if (size < 0)
        return size;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        for (std::size_t i = 0; i < (part->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(part) + i * sizeof number, sizeof number);
            descriptors.push_back(number);
        }
    }
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
        return size;
    for (int const descriptor : descriptors)
        close(descriptor);
    descriptors.clear();
    errno = EMSGSIZE;
    return -1;
}

} // namespace jhub

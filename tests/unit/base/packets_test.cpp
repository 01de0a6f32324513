// Packets with file descriptors over a real socket pair.
#include "base/packets.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace jhub {
namespace {

class Packets : public testing::Test {
  protected:
    void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0); }
    void TearDown() override
    {
        for (int const end : ends)
            close(end);
        for (int const descriptor : received)
            close(descriptor);
    }
    int ends[2]{};
    std::string room = std::string(16, '\0');
    std::vector<int> received;
};

TEST_F(Packets, carry_bytes_and_descriptors)
{
    std::vector<int> const sent(most_descriptors, ends[0]);
    EXPECT_EQ(send_packet(ends[0], "hello", sent), 5);
    EXPECT_EQ(receive_packet(ends[1], room, received), 5);
    EXPECT_EQ(room.substr(0, 5), "hello");
    ASSERT_EQ(received.size(), most_descriptors);
    EXPECT_NE(fcntl(received.front(), F_GETFD) & FD_CLOEXEC, 0);
    EXPECT_EQ(send_packet(ends[0], "x", one_or_none(-1)), 1);
    std::vector<int> none;
    EXPECT_EQ(receive_packet(ends[1], room, none), 1);
    EXPECT_TRUE(none.empty());
}

TEST_F(Packets, that_do_not_fit_leave_no_descriptor_behind)
{
    int const next = dup(ends[0]);
    close(next);
    EXPECT_EQ(send_packet(ends[0], std::string(17, 'x'), one_or_none(ends[0])), 17);
    EXPECT_EQ(receive_packet(ends[1], room, received), -1);
    EXPECT_EQ(errno, EMSGSIZE);
    EXPECT_TRUE(received.empty());
    int const again = dup(ends[0]);
    EXPECT_EQ(again, next) << "the lowest free number is still free";
    close(again);
    std::vector<int> const too_many(most_descriptors + 1, ends[0]);
    EXPECT_EQ(send_packet(ends[0], "x", too_many), -1);
    EXPECT_EQ(receive_packet(ends[1], room, received, MSG_DONTWAIT), -1);
    EXPECT_EQ(errno, EAGAIN);
}

} // namespace
} // namespace jhub

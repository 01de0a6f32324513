// Stands in for a single-user server: answers every request on the address that the hub gave it, and starts at once.
#include <cstdlib>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int main()
{
    char const* const url = std::getenv("JUPYTERHUB_SERVICE_URL"); // http://127.0.0.1:PORT/user/NAME/
    if (url == nullptr)
        return 1;
    std::string const text = url;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<unsigned short>(std::atoi(text.c_str() + text.find(':', 7) + 1)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int const listener = socket(AF_INET, SOCK_STREAM, 0);
    int const yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 64) != 0)
        return 1;
    std::string const answer = "HTTP/1.1 200 OK\r\nX-JupyterHub-Version: 5.5.1\r\nContent-Length: 2\r\n"
                               "Content-Type: application/json\r\nConnection: close\r\n\r\n{}";
    while (true) {
        int const peer = accept(listener, nullptr, nullptr);
        char request[4096];
        if (peer >= 0 && read(peer, request, sizeof request) > 0)
            (void)!write(peer, answer.data(), answer.size());
        close(peer);
    }
}

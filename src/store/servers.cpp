#include "store/servers.hpp"

#include "store/session.hpp"

namespace jhub::store {

std::int64_t insert_server(Transaction& transaction, model::ServerRow const& server)
{
    return transaction.session().insert("servers", {{"proto", server.proto},
                                                    {"ip", server.ip},
                                                    {"port", server.port},
                                                    {"base_url", server.base_url},
                                                    {"cookie_name", server.cookie_name}});
}

bool delete_server(Transaction& transaction, std::int64_t id)
{
    return transaction.session().execute("DELETE FROM servers WHERE id = :id", {id}) > 0;
}

} // namespace jhub::store

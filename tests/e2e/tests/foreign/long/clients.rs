//! The other clients.

use crate::clients::{Client, call_all_clients, client};

const CLIENTS: &[Client] = &[
    client("group-chat", "group-chat --version 1"),
    Client { extra: "&second=yes", ..client("codelab", "codelab --version 1 --kind room") },
    Client { extra: "&code=tea-and-cake", ..client("broadcast", "broadcast --code yes") },
    client("create-room", "create-room"),
    Client { extra: "&call=yes", ..client("join-room", "join-room") },
    client("join-room", "join-room"),
    client("mdn-chat", "mdn-chat"),
    client("simple-peer-rooms", "simple-peer-rooms"),
    client("uuid-dest", "uuid-dest"),
];

#[tokio::test]
async fn visavis_pages_meet_all_other_peoples_clients() {
    call_all_clients(CLIENTS).await;
}

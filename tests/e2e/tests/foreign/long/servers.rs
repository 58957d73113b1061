//! The other servers.

use crate::servers::{ServerCase, call_through_all, case};

const CASES: &[ServerCase] = &[
    case("group-chat --version 1", "group-chat", 2),
    case("group-chat --version 2", "group-chat", 2),
    case("codelab --version 2 --kind all", "codelab", 2),
    case("broadcast", "broadcast", 2).without_goodbye(),
    case("broadcast --code yes", "broadcast", 2).without_goodbye(),
    case("create-room", "create-room", 2).without_goodbye(),
    case("join-room", "join-room", 2).without_goodbye(),
    case("mdn-chat", "mdn-chat", 4),
    case("simple-peer-rooms", "simple-peer-rooms", 4).without_goodbye(),
    case("peerjs", "peerjs", 4),
    case("y-webrtc", "y-webrtc", 4),
    case("matchbox", "matchbox", 4),
    case("uuid-dest", "uuid-dest", 4),
];

#[tokio::test]
async fn visavis_pages_meet_through_every_kind_of_server() {
    call_through_all(CASES).await;
}

//! The other servers.

use crate::servers::{Place, meet_in, place};

const PLACES: &[Place] = &[
    place("group-chat --version 1", "group-chat", 2),
    place("group-chat --version 2", "group-chat", 2),
    place("codelab --version 2 --kind all", "codelab", 2),
    place("broadcast", "broadcast", 2).without_goodbye(),
    place("broadcast --code yes", "broadcast", 2).without_goodbye(),
    place("create-room", "create-room", 2).without_goodbye(),
    place("join-room", "join-room", 2).without_goodbye(),
    place("mdn-chat", "mdn-chat", 4),
    place("simple-peer-rooms", "simple-peer-rooms", 4).without_goodbye(),
    place("peerjs", "peerjs", 4),
    place("y-webrtc", "y-webrtc", 4),
    place("matchbox", "matchbox", 4),
];

#[tokio::test]
async fn ours_meet_through_every_kind_of_server() {
    meet_in(PLACES).await;
}

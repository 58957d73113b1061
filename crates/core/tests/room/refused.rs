//! What a browser refuses, and whom the tile names for it.

use super::*;

/// One who does not answer is waited for; but not where our own browser would not let them in.
#[test]
fn what_our_own_browser_refuses_is_not_blamed_on_the_other() {
    let (mut harness, _) = Harness::joined(&["a"]);
    assert_eq!(harness.connection(), (ConnectionState::Connecting, ConnectionReason::Waiting));
    let error = || OperationError { name: "OperationError".into() };
    {
        let refusal = ConnectionEvent::LocalDescriptionSet(Err(error()));
        let (mut harness, _) = Harness::joined(&["a"]);
        harness.event(0, refusal.clone());
        assert_eq!(harness.connection(), (ConnectionState::Connecting, ConnectionReason::Refused));
        // Each that is built in its place fares no better.
        for connection in 1..10 {
            while creations(&harness.wait(Duration::from_secs(1))).is_empty() {}
            harness.event(connection, refusal.clone());
            assert_eq!(harness.connection().1, ConnectionReason::Refused);
        }
        assert_eq!(harness.connection().0, ConnectionState::Failed);
    }
    {
        let (mut harness, _) = Harness::joined(&["a"]);
        harness.event(0, ConnectionEvent::CreationFailed);
        assert_eq!(harness.connection(), (ConnectionState::Failed, ConnectionReason::Blocked));
    }
    let refused = ConnectionEvent::RemoteDescriptionSet(Err(error()));
    harness.event(0, refused);
    assert_eq!(harness.connection(), (ConnectionState::Connecting, ConnectionReason::Incompatible));
}

#[test]
fn a_call_that_cannot_be_mended_says_so() {
    let mut harness = connected();
    harness.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Failed));
    while creations(&harness.wait(Duration::from_secs(1))).is_empty() {}
    assert_eq!(harness.connection(), (ConnectionState::Reconnecting, ConnectionReason::PathLost));
    let error = OperationError { name: "OperationError".into() };
    harness.event(1, ConnectionEvent::LocalDescriptionSet(Err(error)));
    assert_eq!(harness.connection(), (ConnectionState::Reconnecting, ConnectionReason::Refused));
}

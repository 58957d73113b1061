//! What a browser refuses, and whom the tile names for it.

use super::*;

/// One who does not answer is waited for; but not where our own browser would not let them in.
#[test]
fn what_our_own_browser_refuses_is_not_blamed_on_the_other() {
    let (mut stage, _) = Stage::joined(&["a"]);
    assert_eq!(stage.connection(), (ConnectionState::Connecting, ConnectionReason::Waiting));
    let error = || OperationError { name: "OperationError".into() };
    {
        let refusal = ConnectionEvent::LocalDescriptionSet(Err(error()));
        let (mut stage, _) = Stage::joined(&["a"]);
        stage.event(0, refusal.clone());
        assert_eq!(stage.connection(), (ConnectionState::Connecting, ConnectionReason::Refused));
        // Each that is built in its place fares no better.
        for connection in 1..10 {
            while creations(&stage.wait(Duration::from_secs(1))).is_empty() {}
            stage.event(connection, refusal.clone());
            assert_eq!(stage.connection().1, ConnectionReason::Refused);
        }
        assert_eq!(stage.connection().0, ConnectionState::Failed);
    }
    {
        let (mut stage, _) = Stage::joined(&["a"]);
        stage.event(0, ConnectionEvent::CreationFailed);
        assert_eq!(stage.connection(), (ConnectionState::Failed, ConnectionReason::Blocked));
    }
    let refused = ConnectionEvent::RemoteDescriptionSet(Err(error()));
    stage.event(0, refused);
    assert_eq!(stage.connection(), (ConnectionState::Connecting, ConnectionReason::Incompatible));
}

#[test]
fn a_call_that_cannot_be_mended_says_so() {
    let mut stage = connected();
    stage.event(0, ConnectionEvent::ConnectionStateChange(PeerConnectionState::Failed));
    while creations(&stage.wait(Duration::from_secs(1))).is_empty() {}
    assert_eq!(stage.connection(), (ConnectionState::Reconnecting, ConnectionReason::PathLost));
    let error = OperationError { name: "OperationError".into() };
    stage.event(1, ConnectionEvent::LocalDescriptionSet(Err(error)));
    assert_eq!(stage.connection(), (ConnectionState::Reconnecting, ConnectionReason::Refused));
}

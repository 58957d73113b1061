//! Messages as a server and its client have them, with names and numbers of our own. Where there are bytes, Google's
//! implementation made them from the same text by LiveKit's own definitions.

use std::io::Read as _;

use flate2::read::GzDecoder;

use super::*;

/// Frames of servers.
const RESPONSES: &[&str] = &[
    r#"{"join":{"room":{"sid":"RM_a","name":"tea","emptyTimeout":300,"creationTime":"1790000000","enabledCodecs":[{"mime":"audio/opus"},{"mime":"video/VP8"}],"departureTimeout":20,"creationTimeMs":"1790000000123"},"participant":{"sid":"PA_a","identity":"ann","joinedAt":"1790000000","name":"Ann","permission":{"canSubscribe":true,"canPublish":true,"canPublishData":true,"canPublishSources":["CAMERA","MICROPHONE"]},"joinedAtMs":"1790000000123"},"otherParticipants":[{"sid":"PA_b","identity":"bob","state":"ACTIVE","tracks":[{"sid":"TR_v","type":"VIDEO","width":1280,"height":720,"simulcast":true,"source":"CAMERA","layers":[{"width":320,"height":180,"bitrate":160000,"ssrc":3141592653,"rid":"q"},{"quality":"MEDIUM","width":640,"height":360,"spatialLayer":1,"rid":"h"}],"mimeType":"video/VP8","mid":"2","codecs":[{"mimeType":"video/VP8","mid":"2","cid":"c","videoLayerMode":"ONE_SPATIAL_LAYER_PER_STREAM"}],"stream":"camera","version":{"unixMicro":"1790000000123456"},"audioFeatures":["TF_NO_DTX"]}],"version":4,"isPublisher":true,"attributes":{"hand":"up"}}],"serverVersion":"1.13.5","iceServers":[{"urls":["turn:192.0.2.1:3478","stun:192.0.2.1:3478"],"username":"u","credential":"c"}],"subscriberPrimary":true,"clientConfiguration":{"resumeConnection":"DISABLED","forceRelay":"ENABLED"},"pingTimeout":15,"pingInterval":5,"serverInfo":{"version":"1.13.5","protocol":17,"nodeId":"ND_x"},"sifTrailer":"c2lm","fastPublish":true}}"#,
    r#"{"refreshToken":"a.b.c"}"#,
    r#"{"offer":{"type":"offer","sdp":"v=0\r\n","id":129,"midToTrackId":{"1":"TR_a","2":"TR_v"}}}"#,
    r#"{"trickle":{"candidateInit":"{\"candidate\":\"\"}","target":"SUBSCRIBER","final":true}}"#,
    r#"{"update":{"participants":[{"sid":"PA_b","identity":"bob","state":"DISCONNECTED","disconnectReason":"SERVER_SHUTDOWN"}]}}"#,
    r#"{"trackPublished":{"cid":"{c}","track":{"sid":"TR_a","source":"MICROPHONE","muted":true}}}"#,
    r#"{"leave":{"reason":"STATE_MISMATCH","action":"RECONNECT","regions":{"regions":[{"region":"r","url":"wss://r.example","distance":"-7"}]}}}"#,
    r#"{"speakersChanged":{"speakers":[{"sid":"PA_b","level":0.125,"active":true}]}}"#,
    r#"{"connectionQuality":{"updates":[{"participantSid":"PA_b","quality":"EXCELLENT","score":4.5}]}}"#,
    r#"{"streamStateUpdate":{"streamStates":[{"participantSid":"PA_b","trackSid":"TR_v","state":"PAUSED"}]}}"#,
    r#"{"subscribedQualityUpdate":{"trackSid":"TR_v","subscribedQualities":[{"enabled":true},{"quality":"HIGH"}],"subscribedCodecs":[{"codec":"vp8","qualities":[{"enabled":true},{"quality":"MEDIUM"}]}]}}"#,
    r#"{"subscriptionPermissionUpdate":{"participantSid":"PA_b","trackSid":"TR_v","allowed":true}}"#,
    r#"{"trackUnpublished":{"trackSid":"TR_v"}}"#,
    r#"{"trackSubscribed":{"trackSid":"TR_v"}}"#,
    r#"{"pong":"1790000000123"}"#,
    r#"{"pongResp":{"lastPingTimestamp":"1790000000123","timestamp":"1790000000124"}}"#,
    r#"{"reconnect":{"iceServers":[{"urls":["stun:192.0.2.1:3478"]}],"serverInfo":{"protocol":17},"lastMessageSeq":9}}"#,
    r#"{"subscriptionResponse":{"trackSid":"TR_v","err":"SE_TRACK_NOTFOUND"}}"#,
    r#"{"requestResponse":{"requestId":3,"reason":"NOT_ALLOWED","message":"no","addTrack":{"cid":"c"}}}"#,
    r#"{"roomMoved":{"room":{"name":"two"},"token":"a.b.c","participant":{"sid":"PA_a"}}}"#,
    r#"{"mediaSectionsRequirement":{"numAudios":1,"numVideos":2}}"#,
    r#"{"mute":{"sid":"TR_a","muted":true}}"#,
    r#"{"roomUpdate":{"room":{"numParticipants":2,"numPublishers":1}}}"#,
];

/// Frames of clients.
const REQUESTS: &[&str] = &[
    r#"{"answer":{"type":"answer","sdp":"v=0\r\n","id":129}}"#,
    r#"{"trickle":{"candidateInit":"{}","target":"SUBSCRIBER"}}"#,
    r#"{"addTrack":{"cid":"c","type":"VIDEO","width":1280,"height":720,"muted":true,"source":"SCREEN_SHARE","layers":[{"quality":"HIGH","width":1280,"height":720,"bitrate":1700000}],"simulcastCodecs":[{"codec":"vp8","cid":"c"}],"stream":"screen"}}"#,
    r#"{"mute":{"sid":"TR_a","muted":true}}"#,
    r#"{"subscription":{"trackSids":["TR_v"],"subscribe":true,"participantTracks":[{"participantSid":"PA_b","trackSids":["TR_v"]}]}}"#,
    r#"{"trackSetting":{"trackSids":["TR_v"],"disabled":true,"width":320,"height":180,"fps":15,"priority":1}}"#,
    r#"{"leave":{"reason":"CLIENT_INITIATED"}}"#,
    r#"{"subscriptionPermission":{"allParticipants":true}}"#,
    r#"{"syncState":{"answer":{"type":"answer","sdp":"v=0\r\n"},"subscription":{},"publishTracks":[{"cid":"c","track":{"sid":"TR_a"}}],"dataChannels":[{"label":"_reliable","id":1,"target":"SUBSCRIBER"}],"trackSidsDisabled":["TR_v"]}}"#,
    r#"{"simulate":{"switchCandidateProtocol":"TCP"}}"#,
    r#"{"ping":"1790000000123"}"#,
    r#"{"pingReq":{"timestamp":"1790000000123","rtt":"7"}}"#,
    r#"{"updateMetadata":{"name":"Ann","attributes":{"hand":"up"},"requestId":4}}"#,
];

#[test]
fn frames_are_written_and_read_again() {
    for text in RESPONSES {
        assert_eq!(response_text(&response_bytes(text).unwrap()).as_deref(), Ok(*text));
    }
    for text in REQUESTS {
        assert_eq!(request_text(&request_bytes(text).unwrap()).as_deref(), Ok(*text));
    }
}

#[test]
fn half_a_frame_is_an_error_or_a_shorter_frame() {
    for text in RESPONSES {
        let bytes = response_bytes(text).unwrap();
        for length in 0..bytes.len() {
            let read = response_text(&bytes[..length]);
            assert!(
                read.as_ref().map_or(true, |read| read.len() < text.len()),
                "{length} of {text}: {read:?}"
            );
        }
    }
}

#[test]
fn bytes_of_other_people() {
    let leave = b"\x42\x04\x10\x06\x18\x02";
    assert_eq!(
        response_text(leave).as_deref(),
        Ok(r#"{"leave":{"reason":"STATE_MISMATCH","action":"RECONNECT"}}"#)
    );
    let offer = b"\x1a\x1a\x0a\x05offer\x12\x03v=0\x18\x81\x01\x22\x09\x0a\x011\x12\x04TR_a";
    let text = r#"{"offer":{"type":"offer","sdp":"v=0","id":129,"midToTrackId":{"1":"TR_a"}}}"#;
    assert_eq!(response_text(offer).as_deref(), Ok(text));
    assert_eq!(response_bytes(text).as_deref(), Ok(&offer[..]));
    let sources = b"\x2a\x0e\x0a\x0c\x0a\x04PA_a\x5a\x04\x4a\x02\x01\x02";
    let text = r#"{"update":{"participants":[{"sid":"PA_a","permission":{"canPublishSources":["CAMERA","MICROPHONE"]}}]}}"#;
    assert_eq!(response_text(sources).as_deref(), Ok(text));
    assert_eq!(response_bytes(text).as_deref(), Ok(&sources[..]));
}

#[test]
fn what_we_do_not_know_is_skipped_but_not_sent() {
    assert_eq!(response_text(b"\xda\x01\x02\x0a\x00").as_deref(), Ok("{}"), "an answer about a data track");
    assert_eq!(request_bytes(r#"{"addTrack":{"cip":"c"}}"#), Err("\"addTrack.cip\" is unknown".to_owned()));
    assert_eq!(request_bytes("[]"), Err("must be an object".to_owned()));
}

#[test]
fn packets_of_data_channels() {
    let text = r#"{"user":{"payload":"hi","topic":"chat"},"participantIdentity":"ann","destinationIdentities":["bob"],"sequence":7,"participantSid":"PA_a"}"#;
    let bytes = b"\x12\x0a\x12\x02hi\x22\x04chat\x22\x03ann\x2a\x03bob\x80\x01\x07\x8a\x01\x04PA_a";
    assert_eq!(data_packet_bytes(text).as_deref(), Ok(&bytes[..]));
    assert_eq!(data_packet_text(bytes).as_deref(), Ok(text));
    assert!(data_packet_text(b"\x12\x03\x12\x01\xff").is_err(), "it is no text");
}

#[test]
fn what_is_asked_for_in_the_url() {
    let text = r#"{"clientInfo":{"sdk":"JS","protocol":17,"browser":"Firefox"},"connectionSettings":{"autoSubscribe":true},"participantAttributes":{"a":"ä?>"},"publisherOffer":{"type":"offer","sdp":"v=0\r\n"},"reconnectReason":"RR_SIGNAL_DISCONNECTED"}"#;
    let gunzip = |bytes: &[u8]| {
        let mut out = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut out).ok().map(|_| out)
    };
    for compression in [Compression::None, Compression::Gzip] {
        let parameter = join_request_parameter(text, compression).unwrap();
        assert!(!parameter.contains(['+', '/', '=']));
        assert_eq!(join_request_text(&parameter, gunzip).as_deref(), Ok(text));
        assert_eq!(join_request_text(parameter.trim_end_matches("%3D"), gunzip).as_deref(), Ok(text));
    }
    assert_eq!(join_request_text("?", gunzip), Err("is not base64".to_owned()));
    assert_eq!(join_request_text("CAESAA==", gunzip), Err("is not gzip".to_owned()));
}

//! What a connection is told before anybody is at its other end: that somebody like us, who sends nothing, answers its offer, or has
//! made it.
//!
//! Once it has had an answer, be it a provisional one (RFC 8829 section 4.1.10.1), a browser makes all that a call needs: transports,
//! encoders and decoders. Nobody can have the certificate and the credentials that it is told, so that nothing connects. The answer that
//! counts then changes a connection that is there. Between two Chromiums, from the click to pictures on both sides, over no distance
//! and with nothing else to do: 155 ms without that, 128 if the newcomer's is prepared so, and 75 if both are and the two offers
//! are exchanged ([`super::derived_answer`]).
//!
//! Firefox refuses provisional answers, and could not use them: it keeps the certificate that it was told first (153).

use visavis_signaling::{SdpType, SessionDescription, Source};

use super::remote_media::RemoteMedia;

/// Lines of candidates, of tracks, and of sections that are only there if they are bundled.
const LEFT_OUT: [&str; 5] = ["a=candidate:", "a=end-of-candidates", "a=ssrc", "a=msid:", "a=bundle-only"];
/// The certificate and the credentials of nobody (RFC 8122 section 5, RFC 8839 section 5.4).
const FINGERPRINT: &str = "a=fingerprint:sha-256 6E:6F:62:6F:64:79:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00";
const ICE_UFRAG: &str = "a=ice-ufrag:none";
const ICE_PWD: &str = "a=ice-pwd:nobodynobodynobodynobody";

/// An answer to our own offer.
pub(super) fn provisional_answer(offer: &str) -> String {
    mirrored(offer, "a=setup:active")
}

/// Our own offer, as if they had made it, and the sections in which our sources are sent back.
pub(crate) fn mirrored_offer(offer: &str) -> (SessionDescription, Vec<(Source, Option<String>)>) {
    let sdp = mirrored(offer, "a=setup:actpass");
    let adopted = RemoteMedia::adoptable(&sdp);
    (SessionDescription { sdp_type: SdpType::Offer, sdp }, adopted)
}

fn mirrored(offer: &str, setup: &str) -> String {
    let mut sdp = String::with_capacity(offer.len());
    for line in offer.lines().map(str::trim_end) {
        if LEFT_OUT.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        let media = line.strip_prefix("m=").and_then(|media| media.split_once(" 0 "));
        let line = match line.split_once(':').map_or(line, |(name, _)| name) {
            "a=setup" => setup,
            "a=fingerprint" => FINGERPRINT,
            "a=ice-ufrag" => ICE_UFRAG,
            "a=ice-pwd" => ICE_PWD,
            "a=sendrecv" => "a=recvonly",
            _ => line,
        };
        match media {
            // An offer may leave the port to the first section (RFC 8843 section 7.2.1); in an answer that would be a refusal.
            Some((kind, rest)) => push(&mut sdp, &["m=", kind, " 9 ", rest]),
            None => push(&mut sdp, &[line]),
        }
    }
    sdp
}

fn push(sdp: &mut String, parts: &[&str]) {
    parts.iter().chain(&["\r\n"]).for_each(|part| sdp.push_str(part));
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\na=group:BUNDLE 0 1\r\nm=audio 52352 X 111\r\na=candidate:1\r\na=end-of-candidates\r\n\
                         a=setup:actpass\r\na=mid:0\r\na=ice-ufrag:ours\r\na=ice-pwd:secret\r\na=fingerprint:sha-256 AA\r\n\
                         a=sendrecv\r\na=msid:a b\r\n\
                         a=ssrc:1 cname:a\r\nm=application 0 X webrtc-datachannel\r\na=bundle-only\r\na=mid:1\r\n\
                         a=setup:actpass\r\n";

    #[test]
    fn a_mirrored_description_has_no_tracks_and_no_credentials_of_ours() {
        let expected = format!(
            "v=0\r\na=group:BUNDLE 0 1\r\nm=audio 52352 X 111\r\na=setup:active\r\na=mid:0\r\n\
             a=ice-ufrag:none\r\na=ice-pwd:nobodynobodynobodynobody\r\n{FINGERPRINT}\r\na=recvonly\r\n\
             m=application 9 X webrtc-datachannel\r\na=mid:1\r\na=setup:active\r\n"
        );
        assert_eq!(provisional_answer(OFFER), expected);
        let (offer, _) = mirrored_offer(OFFER);
        assert_eq!(offer.sdp_type, SdpType::Offer);
        assert_eq!(offer.sdp, expected.replace("active", "actpass"));
    }
}

//! The answer that the other side would give, made from the offer that they have made.
//!
//! If each of two has the other's offer, neither has to wait for an answer: an answer says nothing that an offer has not said
//! (credentials, fingerprint, candidates, what is sent), except who begins the DTLS handshake (RFC 5763 section 5), which
//! their ids decide, and which formats are in use, which are those that both offers have. Both have begun as the controlling
//! side of ICE, and settle that between them (RFC 8445 section 7.3.1.1).
//!
//! It works for two browsers of one kind. Header extensions that have different numbers in the two offers are refused in an
//! answer (Chromium: "RTP extension ID reassignment not supported"; Firefox: "extmap not present in offer"), and without them
//! media is not told apart nor congestion seen; so where they differ, and where the first choice of formats does, somebody
//! answers as usual. Both sides come to the same conclusion, since both look at the same two offers.

use visavis_signaling::{SdpType, SessionDescription};

use super::sections::split_sections;

/// One section of a description, line by line.
type Lines<'a> = Vec<&'a str>;

/// Their answer to `own`, made from their offer. `None` if somebody must answer.
pub(super) fn derive(own: &str, theirs: &str, we_begin_dtls: bool) -> Option<SessionDescription> {
    let (own, theirs) = (sections(own), sections(theirs));
    let (session, media) = theirs.split_first()?;
    if own.len() != theirs.len() || media.is_empty() {
        return None;
    }
    let setup = if we_begin_dtls { "a=setup:passive" } else { "a=setup:active" };
    let mut sdp = String::new();
    write(&mut sdp, session, setup);
    for (own, theirs) in own.get(1..)?.iter().zip(media) {
        write_section(&mut sdp, own, theirs, setup)?;
    }
    Some(SessionDescription { sdp_type: SdpType::Answer, sdp })
}

/// The lines of the session, and those of each media section.
fn sections(sdp: &str) -> Vec<Lines<'_>> {
    split_sections(sdp).into_iter().map(|part| part.lines().map(str::trim_end).collect()).collect()
}

fn write(sdp: &mut String, lines: &[&str], setup: &str) {
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let line = if line.starts_with("a=setup:") { setup } else { line };
        [line, "\r\n"].iter().for_each(|part| sdp.push_str(part));
    }
}

/// Their section, with the formats that both sides have. `None` if it is not the same section of ours.
fn write_section(sdp: &mut String, own: &[&str], theirs: &[&str], setup: &str) -> Option<()> {
    let ([kind, _, protocol, own_formats @ ..], [their_kind, port, _, formats @ ..]) =
        (&*words(own.first()?), &*words(theirs.first()?))
    else {
        return None;
    };
    if kind != their_kind || own_formats.first() != formats.first() {
        return None;
    }
    if !["a=mid:", "a=extmap:"].iter().all(|name| same(&values(own, name), &values(theirs, name))) {
        return None;
    }
    let is_common = |format: &str| own_formats.contains(&format) && is_same_format(own, theirs, format);
    let common: Vec<&str> = formats.iter().filter(|format| is_common(format)).copied().collect();
    if common.first() != formats.first() {
        return None;
    }
    // An offer may leave the port to the first section (RFC 8843 section 7.2.1); in an answer that would be a refusal.
    let port = if *port == "0" { "9" } else { port };
    [kind, " ", port, " ", protocol].iter().for_each(|part| sdp.push_str(part));
    common.iter().for_each(|format| [" ", format].iter().for_each(|part| sdp.push_str(part)));
    sdp.push_str("\r\n");
    let is_kept = |line: &&&str| {
        **line != "a=bundle-only" && format_of(line).is_none_or(|format| common.contains(&format))
    };
    let kept: Lines<'_> = theirs.iter().skip(1).filter(is_kept).copied().collect();
    write(sdp, &kept, setup);
    Some(())
}

/// Whether a format means the same in both offers, and so does the one that it repairs (`apt` of RFC 4588 section 8.1).
fn is_same_format(own: &[&str], theirs: &[&str], format: &str) -> bool {
    let ours = meaning(own, format);
    let repaired = ours.iter().find_map(|line| line.split(' ').nth(1)?.strip_prefix("apt="));
    ours == meaning(theirs, format)
        && repaired.is_none_or(|of| of != format && is_same_format(own, theirs, of))
}

/// The lines that say what a format is.
fn meaning<'a>(lines: &[&'a str], format: &str) -> Lines<'a> {
    let says = |line: &&&str| !line.starts_with("a=rtcp-fb:") && format_of(line) == Some(format);
    lines.iter().filter(says).copied().collect()
}

/// Whether both have the same lines, in whatever order.
fn same(some: &[&str], others: &[&str]) -> bool {
    some.len() == others.len() && some.iter().all(|line| others.contains(line))
}

/// The format that a line describes.
fn format_of(line: &str) -> Option<&str> {
    let value = ["a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"].iter().find_map(|name| line.strip_prefix(name))?;
    value.split(' ').next().filter(|format| *format != "*")
}

/// What follows the name in the lines that have it.
fn values<'a>(lines: &[&'a str], name: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|line| line.strip_prefix(name)).collect()
}

fn words<'a>(line: &&'a str) -> Vec<&'a str> {
    line.split(' ').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n";

    fn offer(of: &str, extensions: &str, formats: &str) -> String {
        format!(
            "{SESSION}m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\na=setup:actpass\r\na=ice-ufrag:{of}\r\n\
             {extensions}a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n\
             m=video 0 UDP/TLS/RTP/SAVPF 96 {formats}\r\na=bundle-only\r\na=mid:1\r\na=setup:actpass\r\n\
             a=ice-ufrag:{of}\r\na=rtcp-fb:* nack\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n\
             a=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\na=rtcp-fb:98 nack\r\na=rtpmap:99 rtx/90000\r\n\
             a=fmtp:99 apt=98\r\n"
        )
    }

    #[test]
    fn contains_what_they_have_offered() {
        let answer = derive(&offer("ours", "", "97"), &offer("them", "", "97"), true).unwrap().sdp;
        assert_eq!(answer.matches("a=setup:passive\r\n").count(), 2);
        assert_eq!(answer.matches("a=ice-ufrag:them\r\n").count(), 2);
        assert!(answer.contains("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\n"), "{answer}");
        assert!(answer.contains("a=rtcp-fb:* nack\r\n"));
        let answer = derive(&offer("ours", "", "97"), &offer("them", "", "97"), false).unwrap().sdp;
        assert_eq!(answer.matches("a=setup:active\r\n").count(), 2);
    }

    #[test]
    fn has_only_what_both_have() {
        let answer = derive(&offer("ours", "", "97"), &offer("them", "", "97 98 99"), true).unwrap().sdp;
        assert!(answer.contains("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"), "{answer}");
        assert!(!answer.contains("98"), "{answer}");
        // The same number, for something else.
        let other = offer("them", "", "97 98 99").replace("VP9", "AV1");
        let answer = derive(&offer("ours", "", "97 98 99"), &other, true).unwrap().sdp;
        assert!(answer.contains("SAVPF 96 97\r\n"), "what repairs it goes with it: {answer}");
    }

    /// Both sides must come to the same conclusion.
    #[test]
    fn somebody_answers_where_browsers_differ() {
        let ours = offer("ours", "a=extmap:1 urn:a\r\na=extmap:2 urn:b\r\n", "97");
        let order = offer("them", "a=extmap:2 urn:b\r\na=extmap:1 urn:a\r\n", "97");
        assert!(derive(&ours, &order, true).is_some());
        let numbers = offer("them", "a=extmap:2 urn:a\r\na=extmap:1 urn:b\r\n", "97");
        let fewer = offer("them", "a=extmap:1 urn:a\r\n", "97");
        let other_first = ours.replace("SAVPF 96 97", "SAVPF 97 96");
        let other_meaning = ours.replace("VP8", "H264");
        let other_mid = ours.replace("a=mid:1", "a=mid:video");
        let one_section = ours.split("m=video").next().unwrap().to_owned();
        for theirs in
            [&*numbers, &fewer, &other_first, &other_meaning, &other_mid, &one_section, "", "v=0\r\n"]
        {
            assert_eq!(derive(&ours, theirs, true), None, "{theirs}");
            assert_eq!(derive(theirs, &ours, false), None, "{theirs}");
        }
    }
}

//! Which tokens of descriptions (RFC 8866) and candidates (RFC 8839) are not private.

/// Tokens of the grammar, which are never private. Names and parameters of codecs come from the descriptions of our own
/// browser ([`SdpTokens`]).
const KNOWN_TOKENS: &str = "IN,IP4,IP6,audio,video,application,UDP,TLS,RTP,SAVPF,DTLS,SCTP,webrtc-datachannel,candidate,\
    end-of-candidates,fingerprint,sha-256,ice-ufrag,ice-pwd,ice-options,trickle,ice-lite,setup,actpass,active,passive,mid,\
    group,BUNDLE,msid,msid-semantic,WMS,sendrecv,sendonly,recvonly,inactive,rtcp,rtcp-mux,rtcp-rsize,rtpmap,fmtp,rtcp-fb,\
    extmap,extmap-allow-mixed,ssrc,ssrc-group,FID,bundle-only,sctp-port,max-message-size,udp,tcp,TCP,typ,host,srflx,prflx,\
    relay,raddr,rport,tcptype,so,generation,network-id,network-cost,ufrag,tool,visavis,content,slides,visavis-refusal,\
    blocked,too-large,untrusted";
/// Types of lines that hold free text: session name, information, URI, e-mail, telephone, key.
const FREE_TEXT_TYPES: [&str; 6] = ["s", "i", "u", "e", "p", "k"];
/// Attributes and fields whose value is a secret, or a part of one.
const CREDENTIALS: [&str; 3] = ["ice-ufrag", "ice-pwd", "ufrag"];
/// How lines about codecs and extensions begin.
const CODEC_LINES: [&str; 5] = ["m=", "a=rtpmap:", "a=fmtp:", "a=rtcp-fb:", "a=extmap:"];
/// Digits of the longest number in a description: a session id (RFC 8866 section 5.2) or an SSRC.
const MAX_DIGITS: usize = 20;

/// Whether it is a description, a line of one, or a candidate.
pub(super) fn is_description(text: &str) -> bool {
    ["v=", "a=", "candidate:"].iter().any(|begin| text.starts_with(begin))
}

/// The tokens of our own browser's descriptions in lines about codecs.
#[derive(Default)]
pub(super) struct SdpTokens(Vec<String>);

impl SdpTokens {
    /// Collects the tokens of a description of our own browser: its lines about codecs hold no names of people.
    pub(super) fn collect(&mut self, sdp: &str) {
        for line in sdp.lines().filter(|line| is_about_codecs(line)) {
            for token in split_tokens(line).map(|(token, _)| token) {
                if !self.0.iter().any(|known| known == token) {
                    self.0.push(token.to_owned());
                }
            }
        }
    }

    /// The tokens of a line in order, each with its separator and whether it may stay in a report.
    pub(super) fn split<'a>(&self, line: &'a str) -> Vec<(&'a str, &'a str, bool)> {
        let codecs = is_about_codecs(line);
        // Numbers stay where it is known what they are.
        let (mut before, mut numbers) = ("", true);
        let mut tokens = Vec::new();
        for (place, (token, behind)) in split_tokens(line).enumerate() {
            let is_type = place == 0 && token.len() == 1 && behind == "=";
            let mark = token.is_empty() || matches!(token, "-" | "*");
            let known = is_type || mark || KNOWN_TOKENS.split(',').any(|known| known == token);
            let collected = codecs && self.0.iter().any(|collected| collected == token);
            let digits = token.len() <= MAX_DIGITS && token.bytes().all(|byte| byte.is_ascii_digit());
            // What a line is about.
            if place == 0 || before == "a" {
                numbers = if is_type { !FREE_TEXT_TYPES.contains(&token) } else { known || before != "a" };
            }
            let secret = CREDENTIALS.contains(&before);
            tokens.push((token, behind, !secret && (known || collected || (digits && numbers))));
            before = token;
        }
        tokens
    }
}

fn is_about_codecs(line: &str) -> bool {
    CODEC_LINES.iter().any(|begin| line.starts_with(begin))
}

/// Tokens, each with its separator: white space, the marks that end the type of a line and an attribute, and all marks
/// in a line about codecs.
fn split_tokens(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let (codecs, mut begins) = (is_about_codecs(line), true);
    let ends = move |c: char| {
        let mark = matches!(c, ':' | '=') && begins || codecs && matches!(c, ':' | '=' | '/' | ';' | ',');
        begins &= !(c == ':' || c.is_ascii_whitespace());
        mark || c.is_ascii_whitespace()
    };
    line.split_inclusive(ends).map(|part| {
        let token = part.strip_suffix([' ', '\r', '\n', '\t', ':', '=', '/', ';', ',']).unwrap_or(part);
        (token, part.get(token.len()..).unwrap_or_default())
    })
}

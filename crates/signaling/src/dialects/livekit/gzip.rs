//! gzip (RFC 1952), for what goes into a URL: an offer of 20 KB there would be refused by many a proxy, which reads 8 KB of a
//! request's head. In a description each section says again what the one before has said, so the codes that DEFLATE (RFC 1951)
//! fixes beforehand do nearly as well as codes of its own. `CompressionStream` of browsers is not waited for.

/// The header: DEFLATE, no name, no time, an unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The shortest and the longest repetition, and how far back it may begin, in bytes.
const MIN_MATCH: usize = 3;
const MAX_MATCH: usize = 258;
const WINDOW: usize = 32 * 1024;
/// How many earlier places are tried for each repetition: with all of them an offer would be a hundredth shorter.
const MAX_TRIES: usize = 32;
/// Places are found by a hash of this many bits of the bytes there.
const HASH_BITS: u32 = 12;
/// No place.
const NONE: u32 = u32::MAX;

/// The bytes in one member of gzip.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    out.extend(deflate(bytes));
    out.extend(crc32(bytes).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

/// One block with the fixed codes (RFC 1951 section 3.2.6).
fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut out = Bits::default();
    // The last block, of this kind.
    out.push(0b011, 3);
    let mut seen = Seen::new(bytes);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let (length, distance) = seen.longest(at);
        if length < MIN_MATCH {
            out.push_literal(u32::from(*byte));
            seen.add(at);
            at += 1;
            continue;
        }
        out.push_repetition(length as u32, distance as u32);
        (at..at + length).for_each(|place| seen.add(place));
        at += length;
    }
    out.push_literal(256);
    out.finish()
}

/// Where bytes have been before.
struct Seen<'a> {
    bytes: &'a [u8],
    /// The last place of each hash, and the one before each place.
    last: Vec<u32>,
    before: Vec<u32>,
}

impl<'a> Seen<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, last: vec![NONE; 1 << HASH_BITS], before: Vec::with_capacity(bytes.len()) }
    }

    /// The hash of the bytes at a place, unless it is too near to the end.
    fn hash(&self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at + MIN_MATCH)?;
        let value = bytes.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        Some((value.wrapping_mul(0x9E37_79B1) >> (32 - HASH_BITS)) as usize)
    }

    /// Notes the next place.
    fn add(&mut self, at: usize) {
        let slot = self.hash(at).and_then(|hash| self.last.get_mut(hash));
        self.before.push(slot.map_or(NONE, |last| std::mem::replace(last, at as u32)));
    }

    /// How many bytes from here on have been before, at most, and how far back.
    fn longest(&self, at: usize) -> (usize, usize) {
        let here = self.bytes.get(at..).unwrap_or_default();
        let here = here.get(..MAX_MATCH).unwrap_or(here);
        let mut place = self.hash(at).and_then(|hash| self.last.get(hash)).copied();
        let mut best = (0, 0);
        for _ in 0..MAX_TRIES {
            let Some(start) = place.filter(|place| *place != NONE).map(|place| place as usize) else { break };
            if at - start > WINDOW {
                break;
            }
            let there = self.bytes.get(start..).unwrap_or_default();
            let length = here.iter().zip(there).take_while(|(a, b)| a == b).count();
            if length > best.0 {
                best = (length, at - start);
            }
            place = self.before.get(start).copied();
        }
        best
    }
}

/// Bits, from the lowest of each byte up.
#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.pending |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.pending as u8);
            self.pending >>= 8;
            self.count -= 8;
        }
    }

    /// A code, which begins with its highest bit.
    fn push_code(&mut self, code: u32, count: u32) {
        self.push(code.reverse_bits() >> (32 - count), count);
    }

    /// A byte, the end of the block (256), or a length.
    fn push_literal(&mut self, symbol: u32) {
        match symbol {
            0..=143 => self.push_code(0x30 + symbol, 8),
            144..=255 => self.push_code(0x190 + symbol - 144, 9),
            256..=279 => self.push_code(symbol - 256, 7),
            _ => self.push_code(0xc0 + symbol - 280, 8),
        }
    }

    fn push_repetition(&mut self, length: u32, distance: u32) {
        if length == MAX_MATCH as u32 {
            self.push_literal(285);
        } else {
            let (code, extra, count) = split(length - MIN_MATCH as u32, 2);
            self.push_literal(257 + code);
            self.push(extra, count);
        }
        let (code, extra, count) = split(distance - 1, 1);
        self.push_code(code, 5);
        self.push(extra, count);
    }

    fn finish(mut self) -> Vec<u8> {
        // Fills the last byte.
        self.push(0, 7);
        self.out
    }
}

/// The code of a length or distance, and the bits that follow it and their number (RFC 1951 section 3.2.5): numbers double after
/// every 2^`bits` codes.
fn split(number: u32, bits: u32) -> (u32, u32, u32) {
    let count = number.checked_ilog2().unwrap_or_default().saturating_sub(bits);
    ((count << bits) + (number >> count), number & ((1 << count) - 1), count)
}

/// The check of gzip (RFC 1952 section 8).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    fn gunzipped(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
        out
    }

    #[test]
    fn others_read_it() {
        let mut random = 1_u32;
        let noise = std::iter::repeat_with(|| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 24) as u8
        });
        let noise: Vec<u8> = noise.take(3000).collect();
        let mut texts: Vec<Vec<u8>> = ["", "a", "ab", "abcabcabcabc"].map(|text| text.into()).into();
        texts.extend((0..300).map(|length| vec![7; length]));
        // Repetitions of all lengths, from all distances.
        for distance in [1, 2, 3, 4, 5, 30, 257, 3000, 20_000, 32_768, 32_769, 40_000] {
            let mut text: Vec<u8> = noise.iter().copied().cycle().take(distance).collect();
            text.extend_from_within(..distance.min(600));
            texts.push(text);
        }
        texts.push(noise);
        for text in texts {
            assert_eq!(gunzipped(&gzip(&text)), text);
        }
    }

    #[test]
    fn an_offer_becomes_short() {
        let section =
            "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n";
        let offer = section.repeat(200);
        assert!(gzip(offer.as_bytes()).len() < offer.len() / 30);
    }
}

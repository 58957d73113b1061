//! Frames that are nearly right, made from right ones.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// The frame with one to three small changes; `pieces` mean something to its reader.
pub(crate) fn mutate(frame: &str, pieces: &[&str], random: &mut Random) -> String {
    let mut bytes = frame.as_bytes().to_vec();
    for _ in 0..=random.below(3) {
        let (from, len) = (random.below(bytes.len()), random.below(12));
        let to = (from + len).min(bytes.len());
        match random.below(4) {
            0 => drop(bytes.drain(from..to)),
            1 => bytes.splice(from..from, bytes[from..to].to_vec()).for_each(drop),
            2 => bytes.splice(from..to, pieces[random.below(pieces.len())].bytes()).for_each(drop),
            _ => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

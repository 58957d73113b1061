//! Names for rooms that nobody has thought of yet.

/// How much of chance goes into a name: 80 bits. The name is the only key to a room: whoever tries a million names a
/// second, against a million rooms, finds the first of them after 38,000 years.
pub const ROOM_NAME_BYTES: usize = 10;

/// Four bits. Letters that are read and heard in one way in most languages.
const CONSONANTS: [char; 16] =
    ['b', 'd', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'w', 'z'];
/// Two bits.
const VOWELS: [char; 4] = ['a', 'i', 'o', 'u'];

/// A name for a room, from bytes that nobody can guess: five words that can be said aloud, such as
/// `lusab-gutih-tugad-mutud-zojam`. Each has 16 bits: consonants and vowels in turns, as in the identifiers of
/// arXiv:0901.4016. Five real words would need a list of 65,536, which everybody would have to load.
pub fn generate_room_name(random: &[u8; ROOM_NAME_BYTES]) -> String {
    let mut name = String::new();
    for word in random.chunks_exact(2) {
        if !name.is_empty() {
            name.push('-');
        }
        let mut bits = word.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        for _ in 0..2 {
            name.extend([CONSONANTS[bits >> 12 & 15], VOWELS[bits >> 10 & 3]]);
            bits <<= 6;
        }
        name.push(CONSONANTS[bits >> 12 & 15]);
    }
    name
}

#[cfg(test)]
mod tests {
    use visavis_signaling::limits::MAX_ROOM_CHARS;
    use visavis_signaling::text::clean;

    use super::*;

    /// The digits of a name, each with how many there are of its kind.
    fn digits(name: &str) -> Vec<(usize, u32)> {
        let place =
            |all: &[char], c| all.iter().position(|known| *known == c).map(|at| (at, all.len().ilog2()));
        let letters = name.chars().filter(|c| *c != '-');
        letters.map(|c| place(&CONSONANTS, c).or_else(|| place(&VOWELS, c)).unwrap()).collect()
    }

    #[test]
    fn a_name_has_eighty_bits_and_none_is_lost() {
        let all: Vec<char> = CONSONANTS.into_iter().chain(VOWELS).collect();
        assert!(all.iter().enumerate().all(|(at, c)| !all[..at].contains(c)), "a letter is there twice");
        for seed in 0..=255_u8 {
            let random = std::array::from_fn(|at| seed.wrapping_mul(at as u8 * 2 + 1) ^ (at as u8) << 4);
            let name = generate_room_name(&random);
            let digits = digits(&name);
            assert_eq!(digits.iter().map(|(_, bits)| bits).sum::<u32>(), 80, "{name}");
            // What went in can be read off again: so every value has a name of its own.
            let number = digits.iter().fold(0, |number: u128, (digit, bits)| number << bits | *digit as u128);
            assert_eq!(number.to_be_bytes()[6..], random, "{name}");
        }
    }

    #[test]
    fn a_name_is_taken_as_it_is() {
        let name = generate_room_name(&[0, 1, 0x5a, 0xff, 0x80, 0, 0xff, 0xff, 0x12, 0x34]);
        assert!(name.starts_with("babad-"), "{name}");
        assert_eq!(clean(&name, MAX_ROOM_CHARS), name);
        let words: Vec<&str> = name.split('-').collect();
        let is_vowel = |(at, c): (usize, char)| VOWELS.contains(&c) == (at % 2 == 1);
        assert!(words.len() == 5);
        assert!(words.iter().all(|word| word.len() == 5 && word.char_indices().all(is_vowel)));
    }
}

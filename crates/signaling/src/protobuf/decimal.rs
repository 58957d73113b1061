//! `float` as a decimal number. Not by the formatting and parsing of the standard library: those find the shortest text that
//! is exact, with tables that are larger than all of this folder.

/// Beyond this, numbers are cut off. A power of two, so that it is a `float` itself.
const MAX: f64 = 1_099_511_627_776.0;
const MILLION: u64 = 1_000_000;

/// With at most six digits behind the point.
pub(super) fn text(value: f32) -> String {
    let millionths = (f64::from(value).clamp(-MAX, MAX) * MILLION as f64).round_ties_even() as i64;
    let size = millionths.unsigned_abs();
    let sign = if millionths < 0 { "-" } else { "" };
    // The leading one keeps the zeros behind the point.
    let fraction = (MILLION + size % MILLION).to_string().replacen('1', ".", 1);
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    [sign, &(size / MILLION).to_string(), fraction].concat()
}

/// A decimal number without an exponent; digits that [`text`] would not write are cut off.
pub(super) fn parse(text: &str) -> Option<f32> {
    let size = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = size.split_once('.').unwrap_or((size, "0"));
    let mut millionths = whole.parse::<u64>().ok()?.checked_mul(MILLION)?;
    let mut unit = MILLION;
    for digit in fraction.chars() {
        unit /= 10;
        millionths = millionths.checked_add(u64::from(digit.to_digit(10)?) * unit)?;
    }
    let size = (millionths as f64 / MILLION as f64).min(MAX) as f32;
    Some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_digits_as_it_takes() {
        let numbers = [
            (0.0, "0"),
            (-0.0, "0"),
            (0.125, "0.125"),
            (4.5, "4.5"),
            (-2.286_874_5, "-2.286875"),
            (0.000_001, "0.000001"),
            (0.000_000_4, "0"),
            (100.0, "100"),
            (16_777_216.0, "16777216"),
            (f32::MAX, "1099511627776"),
            (f32::NEG_INFINITY, "-1099511627776"),
            (f32::NAN, "0"),
        ];
        for (number, written) in numbers {
            assert_eq!(text(number), written);
        }
    }

    #[test]
    fn what_is_written_is_read_and_written_again() {
        // One of every few million bit patterns, and a prime apart so that the low bits differ.
        for bits in (0..=u32::MAX).step_by(999_983) {
            let written = text(f32::from_bits(bits));
            let read = parse(&written).unwrap();
            assert_eq!(text(read), written, "{bits:x}");
        }
    }

    #[test]
    fn what_is_no_number() {
        for text in ["", "-", ".5", "1e3", "0x1", "1.2.3", "1.-2", "--1", "99999999999999999999"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("4.484497547149658"), Some(4.484_497));
    }
}

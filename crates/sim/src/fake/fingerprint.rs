//! Fingerprints that tell which connection made them.

/// The name of a connection in place of the SHA-256 of its certificate: 32 bytes in hexadecimal.
pub(super) fn of_name(name: &str) -> String {
    let bytes = name.bytes().chain(std::iter::repeat(0)).take(32);
    bytes.map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// The name again. `None` if it is no SHA-256.
pub(super) fn name_of(fingerprint: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> =
        fingerprint.split(':').map(|byte| u8::from_str_radix(byte, 16).ok()).collect();
    let bytes = bytes.filter(|bytes| bytes.len() == 32)?;
    Some(bytes.into_iter().filter(|byte| *byte != 0).map(char::from).collect())
}

//! Bytes here are made by hand, from the documents of the format.

use super::*;
use crate::json;

static LEAF: Message = Message(&[
    Field::new(1, "yes", Kind::Bool),
    Field::new(2, "small", Kind::Int32),
    Field::new(3, "large", Kind::Int64),
    Field::new(4, "count", Kind::Uint32),
    Field::new(5, "total", Kind::Uint64),
    Field::new(6, "colour", Kind::Enum(&["RED", "GREEN", "", "BLUE"])),
    Field::new(7, "level", Kind::Float),
    Field::new(8, "name", Kind::String),
    Field::new(9, "blob", Kind::Bytes),
]);
static TREE: Message = Message(&[
    Field::new(1, "leaf", Kind::Message(&LEAF)),
    Field::repeated(2, "trees", Kind::Message(&TREE)),
    Field::new(3, "names", Kind::Map),
    Field::repeated(4, "numbers", Kind::Int32),
    Field::repeated(5, "levels", Kind::Float),
    Field::repeated(6, "texts", Kind::String),
    Field::repeated(7, "flags", Kind::Bool),
    Field::repeated(200, "colours", Kind::Enum(&["RED", "GREEN"])),
]);

fn read(message: &Message, bytes: &[u8]) -> String {
    decode(message, bytes).unwrap().to_string()
}

fn write(message: &Message, text: &str) -> Vec<u8> {
    encode(message, &json::parse(text).unwrap()).unwrap()
}

/// They mean each other.
fn assert_both(message: &Message, bytes: &[u8], text: &str) {
    assert_eq!(read(message, bytes), text);
    assert_eq!(write(message, text), bytes, "{text}");
}

fn problem(message: &Message, bytes: &[u8]) -> String {
    decode(message, bytes).unwrap_err().to_string()
}

fn refusal(message: &Message, text: &str) -> String {
    encode(message, &json::parse(text).unwrap()).unwrap_err().to_string()
}

#[test]
fn whole_numbers_up_to_their_limits() {
    let minus = |low: u8| [low, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    assert_both(&LEAF, &[0x08, 1], r#"{"yes":true}"#);
    assert_both(&LEAF, &[0x10, 0x96, 1], r#"{"small":150}"#);
    assert_both(&LEAF, &[&[0x10], &minus(0xff)[..]].concat(), r#"{"small":-1}"#);
    assert_both(&LEAF, &[&[0x18], &minus(0xfe)[..]].concat(), r#"{"large":"-2"}"#);
    assert_both(&LEAF, &[0x10, 0xff, 0xff, 0xff, 0xff, 7], r#"{"small":2147483647}"#);
    assert_both(&LEAF, &[0x20, 0xff, 0xff, 0xff, 0xff, 15], r#"{"count":4294967295}"#);
    assert_both(&LEAF, &[&[0x28], &minus(0xff)[..]].concat(), r#"{"total":"18446744073709551615"}"#);
    let lowest = [0x18, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1];
    assert_both(&LEAF, &lowest, r#"{"large":"-9223372036854775808"}"#);
}

#[test]
fn longer_numbers_are_cut_off_as_others_do() {
    assert_eq!(read(&LEAF, &[0x10, 0x81, 0x80, 0x80, 0x80, 0x10]), r#"{"small":1}"#);
    assert_eq!(read(&LEAF, &[0x20, 0x81, 0x80, 0x80, 0x80, 0x10]), r#"{"count":1}"#);
    assert_eq!(read(&LEAF, &[0x08, 0x80, 0x80, 0x80, 0x80, 0x10]), r#"{"yes":true}"#);
    assert_eq!(read(&LEAF, &[0x10, 0x81, 0]), r#"{"small":1}"#, "a byte more than it needs");
    let eleven = [&[0x10][..], &[0x80; 10], &[0]].concat();
    assert_eq!(problem(&LEAF, &eleven), "has a number of more than 64 bits");
    let too_large = [&[0x10][..], &[0xff; 9], &[2]].concat();
    assert_eq!(problem(&LEAF, &too_large), "has a number of more than 64 bits");
}

#[test]
fn numbers_may_be_texts_and_texts_numbers() {
    assert_eq!(write(&LEAF, r#"{"large":5,"small":"5"}"#), [0x18, 5, 0x10, 5]);
    for text in [
        r#"{"small":2147483648}"#,
        r#"{"count":-1}"#,
        r#"{"total":-1}"#,
        r#"{"large":"9223372036854775808"}"#,
        r#"{"small":1.5}"#,
        r#"{"small":""}"#,
        r#"{"small":true}"#,
    ] {
        assert!(refusal(&LEAF, text).ends_with("\" must be a whole number within its limits"), "{text}");
    }
}

#[test]
fn enums_have_names_unless_they_are_new() {
    assert_both(&LEAF, &[0x30, 3], r#"{"colour":"BLUE"}"#);
    assert_both(&LEAF, &[0x30, 2], r#"{"colour":2}"#);
    assert_both(&LEAF, &[0x30, 9], r#"{"colour":9}"#);
    assert_both(&TREE, &[0xc2, 12, 3, 1, 0, 7], r#"{"colours":["GREEN","RED",7]}"#);
    assert_eq!(write(&LEAF, r#"{"colour":3}"#), [0x30, 3]);
    let negative = [&[0x30][..], &[0xff; 9], &[1]].concat();
    assert_both(&LEAF, &negative, r#"{"colour":-1}"#);
    for text in [r#"{"colour":"PINK"}"#, r#"{"colour":""}"#, r#"{"colour":true}"#] {
        assert_eq!(refusal(&LEAF, text), "\"colour\" must be one of the names, or a number");
    }
}

#[test]
fn texts_bytes_and_levels() {
    assert_both(&LEAF, b"\x42\x07testing", r#"{"name":"testing"}"#);
    assert_both(&LEAF, b"\x4a\x03\xff\x00a", r#"{"blob":"/wBh"}"#);
    assert_eq!(write(&LEAF, r#"{"blob":"_wBh"}"#), b"\x4a\x03\xff\x00a");
    assert_both(&LEAF, &[0x3d, 0, 0, 0x90, 0x40], r#"{"level":4.5}"#);
    assert_eq!(problem(&LEAF, b"\x42\x02\xc3\x28"), "\"name\" is not UTF-8");
    assert_eq!(refusal(&LEAF, r#"{"blob":"?"}"#), "\"blob\" must be base64");
    assert_eq!(refusal(&LEAF, r#"{"level":"much"}"#), "\"level\" must be a decimal number");
    assert_eq!(refusal(&LEAF, r#"{"name":7}"#), "\"name\" must be a text");
    assert_eq!(refusal(&LEAF, r#"{"yes":1}"#), "\"yes\" must be true or false");
}

#[test]
fn what_is_shown_is_what_was_sent() {
    assert_both(&LEAF, &[], "{}");
    assert_both(&LEAF, &[0x08, 0, 0x42, 0], r#"{"yes":false,"name":""}"#);
    assert_eq!(write(&LEAF, r#"{"yes":null,"name":null}"#), b"");
}

#[test]
fn lists_packed_or_not() {
    assert_both(&TREE, &[0x22, 3, 1, 0x96, 1], r#"{"numbers":[1,150]}"#);
    assert_eq!(read(&TREE, &[0x20, 1, 0x22, 2, 2, 3, 0x20, 4]), r#"{"numbers":[1,2,3,4]}"#);
    assert_both(&TREE, &[0x2a, 4, 0, 0, 0x90, 0x40], r#"{"levels":[4.5]}"#);
    assert_both(&TREE, b"\x32\x01a\x32\x00\x32\x01c", r#"{"texts":["a","","c"]}"#);
    assert_eq!(read(&TREE, &[0x22, 0]), "{}");
    assert_eq!(write(&TREE, r#"{"numbers":[],"texts":[],"names":{}}"#), b"");
    assert_eq!(problem(&TREE, &[0x22, 2, 1, 0x80]), "\"numbers\" is cut short");
    assert_eq!(refusal(&TREE, r#"{"numbers":1}"#), "\"numbers\" must be a list");
    assert!(refusal(&TREE, r#"{"numbers":[null]}"#).starts_with("\"numbers\" must be"));
    assert!(refusal(&LEAF, r#"{"small":[1]}"#).starts_with("\"small\" must be"));
}

#[test]
fn maps() {
    let bytes = b"\x1a\x06\x0a\x01a\x12\x01b\x1a\x06\x0a\x01c\x12\x01d";
    assert_both(&TREE, bytes, r#"{"names":{"a":"b","c":"d"}}"#);
    assert_eq!(read(&TREE, b"\x1a\x03\x0a\x01a\x1a\x03\x12\x01b"), r#"{"names":{"a":"","":"b"}}"#);
    let twice = decode(&TREE, b"\x1a\x06\x0a\x01a\x12\x01b\x1a\x06\x0a\x01a\x12\x01c").unwrap();
    assert_eq!(twice.at("names").at("a").as_text(), Some("c"), "the last one counts");
    assert_eq!(refusal(&TREE, r#"{"names":{"a":1}}"#), "\"names.a\" must be a text");
    assert_eq!(refusal(&TREE, r#"{"names":[]}"#), "\"names\" must be an object");
}

#[test]
fn messages_within_messages() {
    assert_both(&TREE, b"\x0a\x02\x08\x01\x12\x04\x0a\x02\x10\x05\x12\x00", {
        r#"{"leaf":{"yes":true},"trees":[{"leaf":{"small":5}},{}]}"#
    });
    let in_parts = b"\x0a\x02\x08\x01\x0a\x02\x10\x05\x0a\x02\x10\x06";
    assert_eq!(read(&TREE, in_parts), r#"{"leaf":{"yes":true,"small":6}}"#);
    assert_eq!(problem(&TREE, b"\x12\x05\x0a\x03\x42\x01\xff"), "\"trees.leaf.name\" is not UTF-8");
    assert_eq!(refusal(&TREE, r#"{"trees":[{"leaf":7}]}"#), "\"trees.leaf\" must be an object");
}

#[test]
fn what_is_unknown_is_skipped_and_never_written() {
    let unknown = b"\x78\x01\x79abcdefgh\x7a\x02ab\x7dabcd\xfa\xff\xff\xff\x0f\x00";
    assert_eq!(read(&LEAF, &[&unknown[..], b"\x08\x01"].concat()), r#"{"yes":true}"#);
    let other_wire_types = b"\x0a\x00\x0d\x00\x00\x00\x00\x45abcd\x38\x01";
    assert_eq!(read(&LEAF, other_wire_types), "{}");
    assert_eq!(refusal(&TREE, r#"{"leaf":{"maybe":1}}"#), "\"leaf.maybe\" is unknown");
}

#[test]
fn what_is_no_message() {
    for group in [0x0b, 0x0c, 0x7b, 0x7c, 0x0e, 0x0f] {
        assert_eq!(problem(&LEAF, &[group, 1, 1]), "has a value of an unknown wire type");
    }
    assert_eq!(problem(&LEAF, &[0x02, 0]), "has a field without a valid number");
    assert_eq!(problem(&LEAF, &[0x82, 0x80, 0x80, 0x80, 0x10, 0]), "has a field without a valid number");
    assert_eq!(problem(&LEAF, b"\x42\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01a"), "is cut short");
}

#[test]
fn half_a_message_is_an_error_or_a_shorter_one() {
    let text = r#"{"leaf":{"small":-1,"level":0.5,"name":"ä","blob":"/w=="},"names":{"a":"b"},"numbers":[1,2,300],"trees":[{"leaf":{"large":"7"}},{"texts":["x"]}]}"#;
    let whole = write(&TREE, text);
    assert_eq!(read(&TREE, &whole), text);
    let shorter =
        (0..whole.len()).filter_map(|length| decode(&TREE, &whole[..length]).ok()).collect::<Vec<_>>();
    assert_eq!(shorter.len(), 5, "one for each place between two fields: {shorter:?}");
    assert!(shorter.iter().all(|part| part.to_string().len() < text.len()));
}

#[test]
fn nesting_is_bounded() {
    let nested = |levels: u32| {
        (1..levels).fold(Vec::new(), |inner, _| {
            let length = u8::try_from(inner.len()).unwrap();
            [&[0x12, length][..], &inner].concat()
        })
    };
    let deepest = decode(&TREE, &nested(MAX_DEPTH)).unwrap();
    assert_eq!(encode(&TREE, &deepest).unwrap(), nested(MAX_DEPTH));
    assert!(problem(&TREE, &nested(MAX_DEPTH + 1)).ends_with("\" is nested too deeply"));
    let deeper = Json::Object(json::Fields::default()).with("trees", Json::List(vec![deepest]));
    assert!(encode(&TREE, &deeper).unwrap_err().to_string().ends_with("\" is nested too deeply"));
}

#[test]
fn values_are_counted() {
    let most = MAX_VALUES as usize;
    assert!(decode(&TREE, &b"\x12\x00".repeat(most)).is_ok());
    assert_eq!(problem(&TREE, &b"\x12\x00".repeat(most + 1)), "\"trees\" has too many values");
    let flags = |count: u32| {
        let length = [(count & 0x7f) as u8 | 0x80, (count >> 7 & 0x7f) as u8 | 0x80, (count >> 14) as u8];
        [&[0x3a][..], &length, &vec![1; count as usize]].concat()
    };
    assert!(decode(&TREE, &flags(MAX_VALUES)).is_ok());
    assert_eq!(problem(&TREE, &flags(MAX_VALUES + 1)), "\"flags\" has too many values");
    let within = [&[0x0a, 0x02, 0x08, 1], &flags(MAX_VALUES - 1)[..]].concat();
    assert_eq!(problem(&TREE, &within), "\"flags\" has too many values", "together with those within");
}

//! Tests of the values that a field accepts, and of how it shows them.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::detail::DetailField;
use crate::detail::new::NewField;
use crate::detail::options::OptionChanges;
use crate::fault::Faults;
use crate::time::Timestamp;
use crate::value::form::number;
use crate::value::sent::Value;

fn field(json: serde_json::Value) -> DetailField {
    let new: NewField = deserr::deserialize::<_, _, Faults>(json).unwrap();
    let id = "fld_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap();
    DetailField::new(id, &new, Timestamp::from_unix_millis(1))
}

fn of(kind: &str) -> DetailField {
    field(json!({"name": "F", "type": {"name": kind}}))
}

fn values(sent: serde_json::Value) -> Vec<Value> {
    serde_json::from_value(sent).unwrap()
}

/// Stores a value and returns it as it is shown.
fn through(field: &DetailField, sent: serde_json::Value) -> Result<serde_json::Value, &'static str> {
    let stored = field.to_stored(&values(json!([sent])), &[]).map_err(|wrong| wrong[0].reason.code)?;
    Ok(serde_json::to_value(&field.to_values(&stored)[0]).unwrap())
}

#[test]
fn value_that_does_not_fit_the_field_type_is_refused() {
    for (kind, sent, shown) in [
        ("TEXT", json!("=1+1"), json!("=1+1")),
        ("TEXT", json!("宮古 \u{200f}א"), json!("宮古 \u{200f}א")),
        ("TEXT", json!("ភាសា\u{200b}ខ្មែរ"), json!("ភាសា\u{200b}ខ្មែរ")),
        ("NUMBER", json!(12), json!(12)),
        ("NUMBER", json!("1.50"), json!(1.5)),
        ("NUMBER", json!("1e3"), json!(1000)),
        ("NUMBER", json!(-0.5), json!(-0.5)),
        ("NUMBER", json!("-0"), json!(0)),
        ("NUMBER", json!(999_999_999_999_999u64), json!(999_999_999_999_999u64)),
        ("NUMBER", json!("0.000000000000001"), json!(1e-15)),
        ("DATE", json!("2028-02-29"), json!("2028-02-29")),
        ("EMAIL", json!("A@X.example"), json!("a@x.example")),
        ("USER", json!("Amir@vendor.example"), json!("amir@vendor.example")),
        ("PHONE", json!("+81312345678"), json!("+81312345678")),
        ("URL", json!("HTTPS://x.example/a?b#c"), json!("HTTPS://x.example/a?b#c")),
        ("URL", json!("http://例え.example/"), json!("http://例え.example/")),
        ("BOOLEAN", json!(false), json!(false)),
        ("BOOLEAN", json!("TRUE"), json!(true)),
    ] {
        assert_eq!(through(&of(kind), sent.clone()), Ok(shown), "{kind} {sent}");
    }
    let long = "あ".repeat(256);
    for (kind, sent) in [
        ("TEXT", json!("")),
        ("TEXT", json!(long)),
        ("TEXT", json!("a\u{0}b")),
        ("TEXT", json!("a\nb")),
        ("TEXT", json!("M\u{fffd}ller")),
        ("TEXT", json!("a\u{202e}b")),
        ("TEXT", json!("\u{200b} \u{200b}")),
        ("EMAIL", json!("a\u{200b}b@x.example")),
        ("TEXT", json!("\u{feff}a")),
        ("TEXT", json!("a\u{2028}b")),
        ("TEXT", json!(" a")),
        ("TEXT", json!(1)),
        ("TEXT", json!(true)),
        ("NUMBER", json!("1e400")),
        ("NUMBER", json!("1e15")),
        ("NUMBER", json!("0.30000000000000004")),
        ("NUMBER", json!("0.1000000000000000001")),
        ("NUMBER", json!("9007199254740993")),
        ("NUMBER", json!(9_007_199_254_740_993u64)),
        ("NUMBER", json!("1e-16")),
        ("NUMBER", json!("1e-400")),
        ("NUMBER", json!("1000000000000000001e-4")),
        ("NUMBER", json!("0x1")),
        ("NUMBER", json!("1,5")),
        ("NUMBER", json!(" 1")),
        ("NUMBER", json!("NaN")),
        ("NUMBER", json!("")),
        ("NUMBER", json!(true)),
        ("DATE", json!("2026-02-30")),
        ("DATE", json!("2026-2-3")),
        ("DATE", json!("2026-02-03T00:00:00Z")),
        ("DATE", json!("+12026-02-03")),
        ("DATE", json!("2026- 1-02")),
        ("DATE", json!("+2026-1-02")),
        ("DATE", json!("-001-01-01")),
        ("DATE", json!("0000-01-01")),
        ("EMAIL", json!("a@")),
        ("USER", json!("amir")),
        ("PHONE", json!("0312345678")),
        ("PHONE", json!("+0312345678")),
        ("PHONE", json!("+81 3 1234 5678")),
        ("PHONE", json!("+1234567890123456")),
        ("PHONE", json!("+١٢٣")),
        ("URL", json!("ftp://x.example")),
        ("URL", json!("https://")),
        ("URL", json!("https:x.example")),
        ("URL", json!("javascript:alert(1)")),
        ("URL", json!("https://x.example/a b")),
        ("BOOLEAN", json!("yes")),
        ("BOOLEAN", json!(1)),
    ] {
        assert_eq!(through(&of(kind), sent.clone()), Err("invalid-value"), "{kind} {sent}");
    }
}

#[test]
fn refusal_names_the_character_that_is_its_cause() {
    for (kind, sent, detail) in [
        (
            "URL",
            "https://x.example/a b",
            "`https://x.example/a b` contains a space, so it is not a complete web address",
        ),
        (
            "URL",
            " https://x.example",
            "` https://x.example` contains a space, so it is not an address that begins",
        ),
        (
            "URL",
            "https://x.example ",
            "`https://x.example ` contains a space, so it is not a complete web address",
        ),
        (
            "URL",
            "https://x.example\u{200b}",
            r"`https://x.example\u{200B}` contains the invisible character `\u{200B}`,",
        ),
        ("URL", "https://", "`https://` is not a complete web address"),
        ("URL", "x.example", "`x.example` is not an address that begins with `https://` or `http://`"),
        ("EMAIL", "a@x.example\t", r"`a@x.example\t` contains a tab, so it is not an e-mail address"),
        ("USER", "a b@x.example", "`a b@x.example` contains a space, so it is not an e-mail address"),
        ("PHONE", "+81 312345678", "`+81 312345678` contains a space, so it is not a number such as"),
        (
            "PHONE",
            "+81\u{a0}312345678",
            r"`+81\u{A0}312345678` contains the space `\u{A0}`, so it is not a number",
        ),
        ("NUMBER", "1 000", "`1 000` contains a space, so it is not a number such as"),
        ("NUMBER", "12\u{202f}000", r"`12\u{202F}000` contains the space `\u{202F}`, so it is not a number"),
        ("DATE", "2026-01-31\n", r"`2026-01-31\n` contains a line break, so it is not a day of the form"),
        ("BOOLEAN", "true ", "`true ` contains a space, so it is not `true` or `false`"),
        ("BOOLEAN", "yes", "`yes` is not `true` or `false`"),
        ("TEXT", "a\tb", r"`a\tb` contains a tab: remove it"),
        ("TEXT", "a\u{202e}b", r"`a\u{202E}b` contains the invisible character `\u{202E}`: remove it"),
        ("TEXT", "a\u{a0}", r"`a\u{A0}` must not begin or end with white space"),
    ] {
        let wrong = of(kind).to_stored(&values(json!([sent])), &[]).unwrap_err();
        assert!(wrong[0].detail.starts_with(detail), "{kind}: {}", wrong[0].detail);
    }
}

#[test]
fn canonically_equal_values_are_stored_and_found_alike() {
    let choice = field(json!({"name": "F", "type": {"name": "SELECT", "options": ["Bu\u{308}ro"]}}));
    for (field, composed, decomposed) in [
        (of("TEXT"), "B\u{fc}ro", "Bu\u{308}ro"),
        (of("URL"), "https://x.example/b\u{fc}ro", "https://x.example/bu\u{308}ro"),
        (of("USER"), "j\u{f6}rg@x.example", "jo\u{308}rg@x.example"),
        (choice, "B\u{fc}ro", "Bu\u{308}ro"),
    ] {
        let [one, other] =
            [composed, decomposed].map(|text| field.find(&Value::Text(text.to_owned())).unwrap());
        assert_eq!(one, other, "{composed}");
        assert_eq!(through(&field, json!(decomposed)), Ok(json!(composed)));
    }
}

#[test]
fn options_match_by_exact_label_and_retired_values_are_kept() {
    let mut field =
        field(json!({"name": "F", "type": {"name": "MULTISELECT", "options": ["A", "B", "C", "D"]}}));
    let to_stored = |field: &DetailField, sent, before: &[StoredValue]| {
        let codes =
            |wrong: Vec<FieldError>| wrong.iter().map(|wrong| (wrong.value, wrong.reason.code)).collect();
        field.to_stored(&values(sent), before).map_err(|wrong| -> Vec<_> { codes(wrong) })
    };
    let both = vec![StoredValue::Option(1), StoredValue::Option(3)];
    assert_eq!(to_stored(&field, json!(["C", "A"]), &[]), Ok(both.clone()));
    let wrong = [(Some(0), "unknown-option"), (Some(2), "duplicate-value"), (Some(3), "invalid-value")];
    assert_eq!(to_stored(&field, json!(["a", "B", "B", 1]), &[]), Err(wrong.to_vec()));
    assert_eq!(to_stored(&field, json!(["a", "B", "B", 1, 2]), &[]), Err(vec![(None, "too-many-values")]));
    let change = json!([{"id": 3, "label": "Sea", "retired": true}]);
    let changes: OptionChanges = deserr::deserialize::<_, _, Faults>(change).unwrap();
    field.field_type = field.field_type.with(&changes).unwrap();
    assert_eq!(serde_json::to_value(field.to_values(&both)).unwrap(), json!(["A", "Sea"]));
    assert_eq!(to_stored(&field, json!(["A", "Sea"]), &both), Ok(both.clone()));
    assert_eq!(to_stored(&field, json!(["Sea"]), &[]), Err(vec![(Some(0), "retired-option")]));
}

#[test]
fn single_value_field_refuses_several_values() {
    let wrong = of("TEXT").to_stored(&values(json!(["a", "b"])), &[]).unwrap_err();
    assert_eq!((wrong[0].reason.code, wrong[0].value), ("too-many-values", None));
    assert_eq!(of("TEXT").to_stored(&[], &[]).unwrap(), []);
}

proptest! {
    #[test]
    fn unseen_character_anywhere_in_a_value_is_named(kind in 0usize..7, at in 0usize..8, c in "[ \\t\\n\\r\u{a0}\u{2003}\u{3000}\u{ad}\u{200b}\u{2060}\u{feff}]") {
        let (kind, value) = [
            ("URL", "https://x.example/a"),
            ("EMAIL", "aiko@x.example"),
            ("USER", "aiko@x.example"),
            ("PHONE", "+81312345678"),
            ("NUMBER", "12345.5"),
            ("DATE", "2026-01-31"),
            ("BOOLEAN", "true"),
        ][kind];
        let (before, after) = value.split_at(at.min(value.len()));
        let wrong = of(kind).to_stored(&values(json!([format!("{before}{c}{after}")])), &[]).unwrap_err();
        prop_assert!(wrong[0].detail.contains(" contains "), "{kind}: {}", wrong[0].detail);
    }

    #[test]
    fn stored_value_round_trips(text in "\\PC{0,20}", number in any::<f64>()) {
        for kind in ["TEXT", "NUMBER", "DATE", "EMAIL", "PHONE", "URL", "BOOLEAN", "USER"] {
            let field = of(kind);
            for sent in [json!(text), json!(number)] {
                if let Ok(shown) = through(&field, sent) {
                    prop_assert_eq!(through(&field, shown.clone()), Ok(shown));
                }
            }
        }
    }

    #[test]
    fn number_of_up_to_15_digits_is_stored_exactly(whole in 0u64..1_000_000_000_000_000, point in 0u32..15) {
        let text = match point {
            0 => whole.to_string(),
            point => {
                let digits = format!("{whole:015}");
                let (before, after) = digits.split_at(15 - point as usize);
                format!("{}.{after}", before.parse::<u64>().unwrap())
            }
        };
        let exact = match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text.clone(),
        };
        prop_assert_eq!(number(&text), Ok(exact));
    }
}

//! What the detail fields say of an entitlement: values as they are sent and shown, and as they are kept.

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike, NaiveDate};
use deserr::{Deserr, IntoValue, ValuePointerRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::detail::{Choice, DetailField, UNKNOWN_OPTION};
use crate::fault::{Faults, Invalid, quoted};
use crate::field_kind::FieldKind;
use crate::id::FieldId;
use crate::problem::Reason;
use crate::text::Email;
use crate::unicode::{deceives, is_refused_in_identifiers, is_unseen, lookup_form, nfc};

/// A value as it is sent and shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Truth(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text, also an option's label, a day, and whatever else is written as a text.
    Text(String),
}

impl Deserr<Faults> for Value {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let wrong = || {
            let detail = "must be a text, a number, or `true` or `false`";
            Faults::invalid(location, Invalid::new("wrong-type", detail))
        };
        match value {
            deserr::Value::String(text) => Ok(Self::Text(text)),
            deserr::Value::Boolean(truth) => Ok(Self::Truth(truth)),
            deserr::Value::Integer(number) => Ok(Self::Number(number.into())),
            deserr::Value::NegativeInteger(number) => Ok(Self::Number(number.into())),
            deserr::Value::Float(number) => {
                serde_json::Number::from_f64(number).map(Self::Number).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }
}

/// What a field says, or is to say: always a list; an empty one says nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct Values {
    /// The values.
    pub values: Vec<Value>,
}

/// A value as it is kept; its field says what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Kept {
    /// `true` or `false`.
    Truth(bool),
    /// An option, by its number.
    Option(u32),
    /// What is written as a text; a number, too, in its plain form.
    Text(String),
}

/// What all fields say. A field that says nothing is not here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Details(BTreeMap<FieldId, Vec<Kept>>);

impl Details {
    /// Whether no field says anything.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a field says.
    pub fn of(&self, field: FieldId) -> &[Kept] {
        self.0.get(&field).map_or(&[], Vec::as_slice)
    }

    /// The fields that say something else in `other`.
    pub fn differing(&self, other: &Self) -> Vec<FieldId> {
        let mut fields: Vec<FieldId> = self.0.keys().chain(other.0.keys()).copied().collect();
        fields.sort_unstable();
        fields.dedup();
        fields.retain(|field| self.of(*field) != other.of(*field));
        fields
    }

    /// The same, where somebody has some fields say other things.
    pub fn with(&self, said: &Said) -> Self {
        let mut details = self.clone();
        for (field, kept) in &said.0 {
            match kept.is_empty() {
                true => details.0.remove(field),
                false => details.0.insert(*field, kept.clone()),
            };
        }
        details
    }
}

/// What some fields are to say, judged, and as it is kept: what is empty says nothing any more.
#[derive(Debug, Clone)]
pub struct Said(Vec<(FieldId, Vec<Kept>)>);

/// There is no such field, for this caller.
pub const UNKNOWN_FIELD: Reason =
    Reason::rule("unknown-field", "there is no field of this name or id; fields are case-sensitive here");
/// The field is archived.
pub const ARCHIVED_FIELD: Reason =
    Reason::rule("archived-field", "the field is archived; its values are kept");
/// The field's values are not this caller's to change.
pub const NOT_EDITABLE: Reason = Reason::rule("field-not-editable", "you may not change this field's values");
/// The field is named more than once.
pub const FIELD_TWICE: Reason =
    Reason::rule("duplicate-field", "the field is named twice, by its name and by its id");
/// The field has one value only.
pub const TOO_MANY_VALUES: Reason = Reason::rule(
    "too-many-values",
    "only a field of type `MULTISELECT` has more than one value, and each option once",
);
/// The value is not of the field's type.
pub const INVALID_VALUE: Reason = Reason::rule("invalid-value", "the value is not one of the field's type");
/// The value is given twice.
pub const VALUE_TWICE: Reason = Reason::rule("duplicate-value", "the value is given more than once");
/// The option cannot be chosen any more.
pub const RETIRED_OPTION: Reason =
    Reason::rule("retired-option", "the option is retired: what has it keeps it, and nothing else gets it");

/// More than an entitlement holds: an item of DynamoDB has 400 KB, and so has the answer that is kept for repeats.
pub const TOO_LARGE: Reason = Reason::rule(
    "details-too-large",
    "all an entitlement's details have 64 KB at most, with those of archived fields, which are kept",
);

/// As many bytes the details of an entitlement take, about: 50 texts of the longest fit in any script.
const LARGEST: usize = 64 * 1024;

/// Why what a field is to say cannot be said.
#[derive(Debug, Clone)]
pub struct Wrong {
    /// The reason.
    pub reason: Reason,
    /// Which of the values, if it is one of them.
    pub value: Option<usize>,
    /// One sentence for people.
    pub detail: String,
}

impl Wrong {
    fn new(reason: Reason) -> Self {
        Self { reason, value: None, detail: reason.about.to_owned() }
    }
}

/// All fields there are, archived ones too.
#[derive(Debug)]
pub struct Fields {
    all: Vec<DetailField>,
    by_name: HashMap<String, usize>,
}

impl Fields {
    /// These fields.
    pub fn new(all: Vec<DetailField>) -> Self {
        let all = DetailField::in_order(all);
        let names = all.iter().enumerate().map(|(at, field)| (lookup_form(field.name.as_str()), at));
        // An id is always the id, though another field may be called so.
        let ids = all.iter().enumerate().map(|(at, field)| (field.id.to_string(), at));
        Self { by_name: names.chain(ids).collect(), all }
    }

    /// The field of this name, to the letter as it is seen, or of this id.
    fn named(&self, name: &str) -> Option<&DetailField> {
        self.all.get(*self.by_name.get(&lookup_form(name))?)
    }

    /// The field of this name or id, if somebody sees it.
    pub fn visible(&self, name: &str, actor: &Actor) -> Option<&DetailField> {
        self.named(name).filter(|field| field.archived_at.is_none() && field.is_visible_to(actor))
    }

    /// What somebody sees of some details, in the order of the fields.
    pub fn shown(&self, details: &Details, actor: &Actor) -> Vec<(&DetailField, Values)> {
        let visible =
            self.all.iter().filter(|field| field.archived_at.is_none() && field.is_visible_to(actor));
        let shown = visible.map(|field| (field, Values { values: field.show(details.of(field.id)) }));
        shown.filter(|(_, shown)| !shown.values.is_empty()).collect()
    }

    /// Of some fields those that somebody sees, archived ones too.
    pub fn visible_among(&self, fields: &[FieldId], actor: &Actor) -> Vec<FieldId> {
        let visible =
            |id: &FieldId| self.all.iter().any(|field| field.id == *id && field.is_visible_to(actor));
        fields.iter().copied().filter(visible).collect()
    }

    /// What somebody has some fields say, each by its name or id, of an entitlement whose details were these before.
    ///
    /// # Errors
    ///
    /// All that is wrong, each with the field as it was named, unless it is all together that is wrong.
    pub fn judge<'a>(
        &self,
        actor: &Actor,
        before: &Details,
        wanted: impl Iterator<Item = (&'a str, &'a [Value])>,
    ) -> Result<Said, Vec<(Option<&'a str>, Wrong)>> {
        let (mut said, mut wrong) = (Said(Vec::new()), Vec::new());
        for (name, values) in wanted {
            let field = match self.named(name).filter(|field| field.is_visible_to(actor)) {
                None => Err(UNKNOWN_FIELD),
                Some(field) if field.archived_at.is_some() => Err(ARCHIVED_FIELD),
                Some(field) if !field.is_editable_by(actor) => Err(NOT_EDITABLE),
                Some(field) if said.0.iter().any(|(named, _)| *named == field.id) => Err(FIELD_TWICE),
                Some(field) => Ok(field),
            };
            let field = match field {
                Ok(field) => field,
                Err(reason) => {
                    wrong.push((Some(name), Wrong::new(reason)));
                    continue;
                }
            };
            let kept = field.keep(values, before.of(field.id)).unwrap_or_else(|more| {
                wrong.extend(more.into_iter().map(|wrong| (Some(name), wrong)));
                Vec::new()
            });
            said.0.push((field.id, kept));
        }
        // Whoever makes it smaller does right.
        let size = self.size(&before.with(&said));
        if wrong.is_empty() && size > LARGEST && size > self.size(before) {
            wrong.push((None, Wrong::new(TOO_LARGE)));
        }
        if wrong.is_empty() { Ok(said) } else { Err(wrong) }
    }

    /// How many bytes details take, about, as they are shown, which is at least as much as they take as they are kept.
    fn size(&self, details: &Details) -> usize {
        let size = |field: Option<&DetailField>, kept: &Kept| match kept {
            Kept::Truth(_) => 5,
            Kept::Option(id) => {
                field.and_then(|field| field.option(*id)).map_or(8, |option| option.label.as_str().len())
            }
            Kept::Text(text) => text.len(),
        };
        let sizes = details.0.iter().map(|(id, kept)| {
            let field = self.all.iter().find(|field| field.id == *id);
            // A field's id has 40 bytes; a list, and what is in it, costs up to 4 more each.
            44 + kept.iter().map(|kept| 4 + size(field, kept)).sum::<usize>()
        });
        sizes.sum()
    }
}

impl DetailField {
    /// What is kept of the values that are sent, when `before` was.
    fn keep(&self, sent: &[Value], before: &[Kept]) -> Result<Vec<Kept>, Vec<Wrong>> {
        let several = self.field_type.name == FieldKind::Multiselect;
        if sent.len() > 1 && !several {
            return Err(vec![Wrong::new(TOO_MANY_VALUES)]);
        }
        let most = self.field_type.options.len();
        if several && sent.len() > most {
            let detail = format!("has {} values; the field has {most} options", sent.len());
            return Err(vec![Wrong { detail, ..Wrong::new(TOO_MANY_VALUES) }]);
        }
        let (mut kept, mut wrong) = (Vec::with_capacity(sent.len()), Vec::new());
        for (index, value) in sent.iter().enumerate() {
            let found = self.keep_one(value, before).and_then(|value| match kept.contains(&value) {
                true => Err(Wrong::new(VALUE_TWICE)),
                false => Ok(value),
            });
            match found {
                Ok(value) => kept.push(value),
                Err(found) => wrong.push(Wrong { value: Some(index), ..found }),
            }
        }
        // Options have an order of their own; as values they have none.
        kept.sort_by_key(|kept| match kept {
            Kept::Option(id) => *id,
            _ => 0,
        });
        if wrong.is_empty() { Ok(kept) } else { Err(wrong) }
    }

    /// What is kept of a value that somebody looks for: a retired option's, too.
    ///
    /// # Errors
    ///
    /// When it is not of the field's type.
    pub fn find(&self, sought: &Value) -> Result<Kept, Wrong> {
        let all: Vec<Kept> = self.field_type.options.iter().map(|option| Kept::Option(option.id)).collect();
        self.keep_one(sought, &all)
    }

    fn keep_one(&self, sent: &Value, before: &[Kept]) -> Result<Kept, Wrong> {
        if self.field_type.name.has_options() {
            return self.choose(sent, before);
        }
        let kept = match (self.field_type.name, sent) {
            (FieldKind::Boolean, Value::Truth(truth)) => Ok(Kept::Truth(*truth)),
            (FieldKind::Boolean, Value::Text(text)) => truth(text).map(Kept::Truth),
            (FieldKind::Boolean, Value::Number(_)) => Err("must be `true` or `false`".to_owned()),
            (FieldKind::Number, Value::Number(number)) => plain(number).map(Kept::Text),
            (FieldKind::Number, Value::Text(text)) => number(text).map(Kept::Text),
            (FieldKind::Number, Value::Truth(_)) => Err("must be a number".to_owned()),
            (_, Value::Truth(_) | Value::Number(_)) => Err("must be a text".to_owned()),
            (kind, Value::Text(text)) => written(kind, text).map(Kept::Text),
        };
        kept.map_err(|detail| Wrong { detail, ..Wrong::new(INVALID_VALUE) })
    }

    fn choose(&self, sent: &Value, before: &[Kept]) -> Result<Kept, Wrong> {
        let Value::Text(label) = sent else {
            return Err(Wrong {
                detail: "must be an option's label".to_owned(),
                ..Wrong::new(INVALID_VALUE)
            });
        };
        let (options, sought) = (&self.field_type.options, lookup_form(label));
        match options.iter().find(|option| lookup_form(option.label.as_str()) == sought) {
            Some(option) if option.retired && !before.contains(&Kept::Option(option.id)) => {
                Err(Wrong::new(RETIRED_OPTION))
            }
            Some(option) => Ok(Kept::Option(option.id)),
            None => {
                let alike = options.iter().find(|option| {
                    !option.retired && option.label.as_str().to_lowercase() == label.trim().to_lowercase()
                });
                let hint = alike.map(|option| format!("; {} is one", quoted(option.label.as_str())));
                let detail =
                    format!("{} is no option of the field{}", quoted(label), hint.unwrap_or_default());
                Err(Wrong { detail, ..Wrong::new(UNKNOWN_OPTION) })
            }
        }
    }

    fn option(&self, id: u32) -> Option<&Choice> {
        self.field_type.options.iter().find(|option| option.id == id)
    }

    /// What is shown of the values that are kept.
    fn show(&self, kept: &[Kept]) -> Vec<Value> {
        let label = |id: u32| self.option(id).map(|option| Value::Text(option.label.to_string()));
        let shown = kept.iter().filter_map(|kept| match kept {
            Kept::Truth(truth) => Some(Value::Truth(*truth)),
            Kept::Option(id) => label(*id),
            Kept::Text(text) if self.field_type.name == FieldKind::Number => {
                text.parse().ok().map(Value::Number)
            }
            Kept::Text(text) => Some(Value::Text(text.clone())),
        });
        shown.collect()
    }
}

fn truth(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{} is neither `true` nor `false`", quoted(text))),
    }
}

/// As many digits a number has: so many are kept exactly wherever it is read as binary floating point (IEEE 754).
const DIGITS: usize = 15;

/// A number as it is kept: without exponent, sign of nought or needless noughts.
fn plain(number: &serde_json::Number) -> Result<String, String> {
    let whole =
        number.as_i64().map(|whole| whole.to_string()).or(number.as_u64().map(|whole| whole.to_string()));
    let plain = whole.or(number.as_f64().map(|number| if number == 0.0 { 0.0 } else { number }.to_string()));
    let digits = |plain: &String| {
        let digits = plain.bytes().filter(u8::is_ascii_digit).count();
        digits - usize::from(plain.trim_start_matches('-').starts_with("0."))
    };
    plain.filter(|plain| digits(plain) <= DIGITS).ok_or_else(|| {
        format!("{} has more than {DIGITS} digits, before and after the point", quoted(&number.to_string()))
    })
}

/// A number that is written as a text, as JSON writes them (RFC 8259).
fn number(text: &str) -> Result<String, String> {
    let not = || format!("{} is not a number such as `12` or `-0.5`", quoted(text));
    let number: serde_json::Number = text.parse().map_err(|_| not())?;
    // Digits that binary floating point loses would be lost silently.
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // So would all of them of what is too small for it.
    let lost = number.as_f64() == Some(0.0) && !digits.trim_matches('0').is_empty();
    if lost || digits.trim_matches('0').len() > DIGITS {
        return Err(format!("{} has more than {DIGITS} digits, before and after the point", quoted(text)));
    }
    plain(&number)
}

/// A value that is written as a text, as it is kept.
fn written(kind: FieldKind, text: &str) -> Result<String, String> {
    const LONGEST: usize = 255;
    const LONGEST_URL: usize = 2048;
    let most = if kind == FieldKind::Url { LONGEST_URL } else { LONGEST };
    let text = &*nfc(text);
    let length = text.chars().count();
    if length == 0 || length > most {
        return Err(format!("has {length} characters; 1 to {most} are taken"));
    }
    // In running text there is more that may be there; but something must be seen.
    let refused = if kind == FieldKind::Text { deceives } else { is_refused_in_identifiers };
    if text.chars().any(|c| c.is_control() || refused(c))
        || text.chars().all(|c| c.is_whitespace() || is_unseen(c))
    {
        return Err("must not contain control characters, or characters that nobody sees".to_owned());
    }
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(format!("{} holds U+FFFD, which stands for what could not be read before", quoted(text)));
    }
    if text.trim() != text {
        return Err(format!("{} must not begin or end with white space", quoted(text)));
    }
    let not = |what: &str| Err(format!("{} is not {what}", quoted(text)));
    match kind {
        FieldKind::Date => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            // chrono takes spaces, signs and other lengths, too.
            Ok(date) if (1..=9999).contains(&date.year()) && date.to_string() == text => Ok(text.to_owned()),
            _ => not("a day of the form `2026-01-31`"),
        },
        FieldKind::Email | FieldKind::User => match text.parse::<Email>() {
            Ok(email) => Ok(email.folded().to_owned()),
            Err(_) => not("an e-mail address"),
        },
        FieldKind::Phone => {
            let digits = text.strip_prefix('+').unwrap_or_default();
            let good = (2..=15).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit())
                && !digits.starts_with('0');
            if good { Ok(text.to_owned()) } else { not("a number such as `+81312345678` (E.164)") }
        }
        FieldKind::Url => {
            let lower = text.to_ascii_lowercase();
            let web = lower.starts_with("https://") || lower.starts_with("http://");
            let good = web && !text.contains(char::is_whitespace) && url::Url::parse(text).is_ok();
            if good {
                Ok(text.to_owned())
            } else {
                not("an address that begins with `https://` or `http://`")
            }
        }
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detail::{NewField, OptionChanges};
    use crate::time::Timestamp;
    use proptest::prelude::*;
    use serde_json::json;

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

    /// What is shown of what is kept of a value.
    fn through(field: &DetailField, sent: serde_json::Value) -> Result<serde_json::Value, &'static str> {
        let kept = field.keep(&values(json!([sent])), &[]).map_err(|wrong| wrong[0].reason.code)?;
        Ok(serde_json::to_value(&field.show(&kept)[0]).unwrap())
    }

    #[test]
    fn a_value_is_of_its_fields_type_or_refused() {
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
    fn options_are_chosen_by_their_label_to_the_letter_and_what_is_retired_stays() {
        let mut field =
            field(json!({"name": "F", "type": {"name": "MULTISELECT", "options": ["A", "B", "C", "D"]}}));
        let keep = |field: &DetailField, sent, before: &[Kept]| {
            let codes =
                |wrong: Vec<Wrong>| wrong.iter().map(|wrong| (wrong.value, wrong.reason.code)).collect();
            field.keep(&values(sent), before).map_err(|wrong| -> Vec<_> { codes(wrong) })
        };
        let both = vec![Kept::Option(1), Kept::Option(3)];
        assert_eq!(keep(&field, json!(["C", "A"]), &[]), Ok(both.clone()));
        let wrong = [(Some(0), "unknown-option"), (Some(2), "duplicate-value"), (Some(3), "invalid-value")];
        assert_eq!(keep(&field, json!(["a", "B", "B", 1]), &[]), Err(wrong.to_vec()));
        assert_eq!(keep(&field, json!(["a", "B", "B", 1, 2]), &[]), Err(vec![(None, "too-many-values")]));
        let change = json!([{"id": 3, "label": "Sea", "retired": true}]);
        let changes: OptionChanges = deserr::deserialize::<_, _, Faults>(change).unwrap();
        field.field_type = field.field_type.with(&changes).unwrap();
        assert_eq!(serde_json::to_value(field.show(&both)).unwrap(), json!(["A", "Sea"]));
        assert_eq!(keep(&field, json!(["A", "Sea"]), &both), Ok(both.clone()));
        assert_eq!(keep(&field, json!(["Sea"]), &[]), Err(vec![(Some(0), "retired-option")]));
    }

    #[test]
    fn only_a_multiselect_has_several_values() {
        let wrong = of("TEXT").keep(&values(json!(["a", "b"])), &[]).unwrap_err();
        assert_eq!((wrong[0].reason.code, wrong[0].value), ("too-many-values", None));
        assert_eq!(of("TEXT").keep(&[], &[]).unwrap(), []);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_shown_and_kept_again_the_same(text in "\\PC{0,20}", number in any::<f64>()) {
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
        fn a_number_of_15_digits_is_kept_exactly(whole in 0u64..1_000_000_000_000_000, point in 0u32..15) {
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
            prop_assert_eq!(super::number(&text), Ok(exact));
        }
    }
}

//! Forms of request bodies, and how they are read.

use std::cell::RefCell;
use std::marker::PhantomData;

use deserr::{Deserr, ValuePointerRef};
use domain::fault::{collect, pointer};
use domain::{Fault, FaultPointer, Faults, Problem, ProblemKind};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::problem;

/// Reason why a body could not be read.
pub enum BodyError {
    /// The body has faults.
    Faults(Faults),
    /// The body was rejected before its content was read.
    Problem(Problem),
}

/// Form of a request body.
pub trait Body: Sized + Send + Sync {
    /// Maximum size in bytes.
    const LARGEST: usize = 256 * 1024;
    /// Media types that are accepted besides `application/json`.
    const ALSO: &'static [&'static str] = &[];

    /// Reads a body.
    ///
    /// # Errors
    ///
    /// All faults of the body, or the problem for which it was rejected unread.
    fn read(content_type: Option<&str>, bytes: &[u8]) -> Result<Self, BodyError>;

    /// Returns the JSON schema of the body; `None` if the operation takes no body.
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// A body in JSON.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Deserr<Faults> + JsonSchema + Send + Sync> Body for Json<T> {
    fn read(content_type: Option<&str>, bytes: &[u8]) -> Result<Self, BodyError> {
        check_type(content_type, bytes)?;
        parse(bytes).map(Self).map_err(BodyError::Faults)
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

/// No body; `{}` is accepted as well.
#[derive(Debug)]
pub struct Empty;

impl Body for Empty {
    fn read(content_type: Option<&str>, bytes: &[u8]) -> Result<Self, BodyError> {
        if !bytes.is_empty() {
            check_type(content_type, bytes)?;
            parse::<crate::http::parameters::Nothing>(bytes).map_err(BodyError::Faults)?;
        }
        Ok(Self)
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

/// Bytes that the operation parses itself; `T` describes their usual content for the API's description.
#[derive(Debug)]
pub struct Raw<T>(pub Vec<u8>, PhantomData<fn() -> T>);

impl<T: JsonSchema> Body for Raw<T> {
    fn read(_: Option<&str>, bytes: &[u8]) -> Result<Self, BodyError> {
        Ok(Self(bytes.to_vec(), PhantomData))
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

fn check_type(content_type: Option<&str>, bytes: &[u8]) -> Result<(), BodyError> {
    match bytes.is_empty() {
        true => Ok(()),
        false => media_type(content_type, &[]).map(|_| ()),
    }
}

/// Returns the media type that `Content-Type` names, if it is `application/json` or one of `also`. Without the header
/// it is `application/json`.
///
/// # Errors
///
/// 415 if the media type is another one.
pub fn media_type(content_type: Option<&str>, also: &[&'static str]) -> Result<&'static str, BodyError> {
    const JSON: &str = "application/json";
    let media =
        content_type.unwrap_or(JSON).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut known = std::iter::once(JSON).chain(also.iter().copied());
    known.clone().find(|known| *known == media).ok_or_else(|| {
        let first = known.next().unwrap_or_default();
        let known = known.fold(format!("`{first}`"), |known, media| format!("{known} or `{media}`"));
        let detail = format!("the body must be sent as `Content-Type: {}`", known.trim_matches('`'));
        BodyError::Problem(Problem::new(ProblemKind::MediaType, "unsupported-media-type", detail))
    })
}

/// Parses JSON. A name that occurs more than once in an object is a fault, because its value is ambiguous.
///
/// # Errors
///
/// All faults of the body.
pub fn parse<T: Deserr<Faults>>(bytes: &[u8]) -> Result<T, Faults> {
    let (value, mut faults) = strict_json(bytes)?;
    let parsed = collect(&mut faults, deserr::deserialize(value));
    parsed.filter(|_| faults.0.is_empty()).ok_or(faults)
}

/// Reads JSON. Returns it with a fault for each name that occurs more than once in an object, of which the first value
/// is kept; at most 500 such faults are listed.
///
/// # Errors
///
/// A fault if the bytes are not valid JSON.
pub fn strict_json(bytes: &[u8]) -> Result<(Value, Faults), Faults> {
    let unreadable =
        |code: &str, detail: &str| Faults(vec![Fault::new(FaultPointer::pointer(&[]), code, detail)]);
    match bytes {
        [] => return Err(unreadable("empty-body", "the body is empty: send a JSON object")),
        [0x1f, 0x8b, ..] => {
            return Err(unreadable("compressed", "the body is compressed: send it as plain text"));
        }
        _ => {}
    }
    let twice = RefCell::new(Vec::new());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = StrictJson { location: ValuePointerRef::Origin, twice: &twice }.deserialize(&mut deserializer);
    let read = read.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| {
        let detail = match error.is_eof() {
            true => "is not complete JSON".to_owned(),
            false => {
                let place = format!("line {}, column {}", error.line(), error.column());
                match error.to_string() {
                    why if why.starts_with("number out of range") => {
                        format!("has a number that is out of range, on {place}")
                    }
                    why if why.contains("surrogate") => format!("has half a surrogate pair, on {place}"),
                    _ => format!("cannot be read as JSON from {place} on"),
                }
            }
        };
        Faults(vec![Fault::new(FaultPointer::pointer(&[]), "invalid-json", detail)])
    })?;
    Ok((read, Faults(twice.into_inner())))
}

/// Deserializes a value and records the names that occur more than once in its objects.
#[derive(Clone, Copy)]
struct StrictJson<'a> {
    location: ValuePointerRef<'a>,
    twice: &'a RefCell<Vec<Fault>>,
}

impl StrictJson<'_> {
    fn note_twice(&self, name: &str) {
        let mut twice = self.twice.borrow_mut();
        if twice.len() < problem::LISTED {
            let at = FaultPointer::Pointer(pointer(self.location.push_key(name)));
            twice.push(Fault::new(at, "duplicate", "is given more than once"));
        }
    }
}

impl<'de> DeserializeSeed<'de> for StrictJson<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for StrictJson<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// A number without a fraction is an integer, however it is written (JSON Schema 2020-12): `1.0` and `1e3` are. A
    /// larger one than floating point represents exactly may have been written as another one, and stays as it is.
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        const BEYOND_EXACT: f64 = 9_007_199_254_740_992.0;
        let is_integer = value.fract() == 0.0 && value.abs() < BEYOND_EXACT;
        Ok(if is_integer { (value as i64).into() } else { value.into() })
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let location = self.location.push_index(list.len());
            match items.next_element_seed(StrictJson { location, ..self })? {
                Some(item) => list.push(item),
                None => return Ok(list.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let location = self.location.push_key(&name);
            let value = entries.next_value_seed(StrictJson { location, ..self })?;
            if map.contains_key(&name) {
                self.note_twice(&name);
            } else {
                map.insert(name, value);
            }
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_keys_are_reported_at_any_depth() {
        let (value, faults) =
            strict_json(br#"{"a": [{"b": 1, "b": 2}], "c~/": {}, "c~/": 1, "a": null}"#).unwrap();
        assert_eq!(value, serde_json::json!({"a": [{"b": 1}], "c~/": {}}));
        let places: Vec<_> = faults.0.into_iter().map(|fault| fault.at).collect();
        let at = |place: &str| FaultPointer::Pointer(place.to_owned());
        assert_eq!(places, [at("/a/0/b"), at("/c~0~1"), at("/a")]);
        for text in ["1 2", "{\"a\":}", "", "nul", "1e999", "\u{feff}1"] {
            assert!(strict_json(text.as_bytes()).is_err(), "{text}");
        }
        let plain = br#"[null, true, -1, 1, 1.5, "x", {"y": [[]]}]"#;
        assert_eq!(strict_json(plain).unwrap(), (serde_json::from_slice(plain).unwrap(), Faults::default()));
    }

    #[test]
    fn numbers_without_a_fraction_are_integers() {
        let read = |text: &str| strict_json(text.as_bytes()).unwrap().0;
        for (text, integer) in [
            ("1.0", 1_i64),
            ("1e0", 1),
            ("1E+3", 1000),
            ("1200e-2", 12),
            ("-2.50e1", -25),
            ("0.0", 0),
            ("-0.0", 0),
            ("1.00000000000000000000000000000000", 1),
            ("9007199254740991.0", 9_007_199_254_740_991),
            ("-9007199254740991.0", -9_007_199_254_740_991),
        ] {
            assert_eq!(read(text), serde_json::json!(integer), "{text}");
        }
        for text in [
            "1.5",
            "1e-3",
            "-0.1",
            "9007199254740992.0",
            "9007199254740993.0",
            "1e30",
            "18446744073709551616",
        ] {
            assert!(read(text).is_f64(), "{text}");
        }
        assert_eq!(read(r#"{"a": [{"b": 2.0}, 2.5]}"#), serde_json::json!({"a": [{"b": 2}, 2.5]}));
    }
}

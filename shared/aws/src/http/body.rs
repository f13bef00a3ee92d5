//! What a request's body may be.

use deserr::Deserr;
use domain::{At, Fault, Faults, Problem, Stage};
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// The most a body may have, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// Why a body was not read.
pub enum Unread {
    /// It has faults.
    Faults(Faults),
    /// It was not looked at.
    Problem(Problem),
}

/// A kind of body.
pub trait Body: Sized + Send + Sync {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// All its faults, or why it was not looked at.
    fn read(content_type: Option<&str>, bytes: &[u8]) -> Result<Self, Unread>;

    /// Its schema, if one is expected.
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// A JSON object.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: Deserr<Faults> + JsonSchema + Send + Sync> Body for Json<T> {
    fn read(content_type: Option<&str>, bytes: &[u8]) -> Result<Self, Unread> {
        let value = json(content_type, bytes)?;
        deserr::deserialize(value).map(Self).map_err(Unread::Faults)
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

/// Nothing; `{}` is nothing too.
#[derive(Debug)]
pub struct Empty;

impl Body for Empty {
    fn read(content_type: Option<&str>, bytes: &[u8]) -> Result<Self, Unread> {
        if !bytes.is_empty() {
            let value = json(content_type, bytes)?;
            deserr::deserialize::<crate::operation::Nothing, _, _>(value).map_err(Unread::Faults)?;
        }
        Ok(Self)
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

/// Bytes that the operation itself reads.
#[derive(Debug)]
pub struct Raw(pub Vec<u8>);

impl Body for Raw {
    fn read(_: Option<&str>, bytes: &[u8]) -> Result<Self, Unread> {
        Ok(Self(bytes.to_vec()))
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        schemars::Schema::try_from(serde_json::json!({ "type": "object" })).ok()
    }
}

fn json(content_type: Option<&str>, bytes: &[u8]) -> Result<serde_json::Value, Unread> {
    let media =
        content_type.map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    if !bytes.is_empty() && media.is_some_and(|media| media != "application/json") {
        let detail = "the body must be sent as `Content-Type: application/json`";
        return Err(Unread::Problem(Problem::new(Stage::MediaType, "unsupported-media-type", detail)));
    }
    serde_json::from_slice(bytes).map_err(|error| Unread::Faults(not_json(&error)))
}

/// The fault of bytes that are no JSON.
pub fn not_json(error: &serde_json::Error) -> Faults {
    let detail = match error.is_eof() {
        true => "is not complete JSON".to_owned(),
        false => format!("is not JSON from line {}, column {} on", error.line(), error.column()),
    };
    Faults(vec![Fault::new(At::pointer(&[]), "invalid-json", detail)])
}

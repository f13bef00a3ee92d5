//! License types in a query.

use deserr::{Deserr, IntoValue, ValuePointerRef};
use domain::{Faults, LicenseTypeCode, ParseError};
use schemars::JsonSchema;

/// Codes of license types in a query: 1 to 20, separated by commas.
#[derive(Debug, Clone)]
pub struct LicenseTypes(Vec<LicenseTypeCode>);

impl LicenseTypes {
    const MOST: usize = 20;

    /// Returns the codes.
    pub fn to_vec(&self) -> Vec<LicenseTypeCode> {
        self.0.clone()
    }
}

impl Deserr<Faults> for LicenseTypes {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let sent = String::deserialize_from_value(value, location)?;
        let count = sent.split(',').count();
        if count > Self::MOST {
            let detail = format!("has {count} codes, and at most {} are taken", Self::MOST);
            return Err(Faults::invalid(location, ParseError::new("too-many", detail)));
        }
        let (mut codes, mut faults) = (Vec::new(), Faults::default());
        for code in sent.split(',') {
            let invalid = match code.parse::<LicenseTypeCode>() {
                Ok(code) if codes.contains(&code) => {
                    ParseError::new("duplicate", format!("names `{code}` a second time"))
                }
                Ok(code) => {
                    codes.push(code);
                    continue;
                }
                Err(invalid) => invalid,
            };
            faults.0.extend(Faults::invalid(location, invalid).0);
        }
        if faults.0.is_empty() { Ok(Self(codes)) } else { Err(faults) }
    }
}

impl JsonSchema for LicenseTypes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LicenseTypes".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let code = generator.subschema_for::<LicenseTypeCode>();
        schemars::json_schema!({
            "type": "array", "items": code, "minItems": 1, "maxItems": Self::MOST, "uniqueItems": true,
        })
    }
}

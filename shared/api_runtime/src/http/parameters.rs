//! Path and query parameters that several operations share.

use deserr::Deserr;
use domain::Faults;
use schemars::JsonSchema;
use serde::Serialize;

/// Parameters of a path or query.
pub trait Parameters: Deserr<Faults> + JsonSchema + Send + Sync {}

impl<T: Deserr<Faults> + JsonSchema + Send + Sync> Parameters for T {}

/// No parameters.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Nothing {}

/// Path that names a partner.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct PartnerPath {
    /// Id of the partner: `prt_` and a lower-case UUIDv7.
    pub partner_id: domain::PartnerId,
}

/// Path that names an organization.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OrganizationPath {
    /// Id of the organization: `org_` and a lower-case UUIDv7.
    pub organization_id: domain::OrganizationId,
}

/// Declares the paths of an operation with several routes. Each is recognized by a parameter that only it has; a path
/// without such a parameter (`""`) comes last and matches all others.
#[macro_export]
macro_rules! paths {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$form_doc:meta])* $variant:ident($form:ty) = $parameter:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, schemars::JsonSchema)]
        #[schemars(untagged)]
        pub enum $name {
            $($(#[$form_doc])* $variant($form),)*
        }

        impl deserr::Deserr<domain::Faults> for $name {
            fn deserialize_from_value<V: deserr::IntoValue>(
                value: deserr::Value<V>,
                location: deserr::ValuePointerRef<'_>,
            ) -> Result<Self, domain::Faults> {
                let sent: serde_json::Value = value.into();
                $(if $parameter.is_empty() || sent.get($parameter).is_some() {
                    let sent = deserr::IntoValue::into_value(sent);
                    return <$form as deserr::Deserr<domain::Faults>>::deserialize_from_value(sent, location)
                        .map(Self::$variant);
                })*
                Err(domain::Faults::invalid(location, domain::ParseError::new("missing", "names nothing")))
            }
        }
    };
}

/// Query parameter that is `true` or `false`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub enum Switch {
    /// The option is on.
    True,
    /// The option is off; the default.
    #[default]
    False,
}

impl Switch {
    /// Returns true if the option is on.
    pub fn is_on(self) -> bool {
        self == Self::True
    }
}

/// Query that selects archived items.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArchivedQuery {
    /// Whether to return only archived items (`true`) or only those that are not archived (`false`, the default).
    #[deserr(default)]
    #[schemars(default)]
    pub archived: Switch,
}

/// Query that searches by name.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct NameFilter {
    /// Name to search for: 1 to 200 characters. Each of its words, in any order, must begin a word of the name, or
    /// adjacent words joined; in a script without spaces it may begin anywhere. Case, width, accents, umlauts, kana,
    /// marks and old forms of letters do not matter, and kana are found by their romanization. A word of 5 to 8 letters
    /// may have one typing error, a longer one two; digits match exactly. Company forms and connectors need not
    /// match. If absent, all names match.
    #[deserr(default)]
    pub name: Option<domain::NameQuery>,
}

//! Parameters of a path or query that several operations have.

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

/// A path that names a partner.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct PartnerPath {
    /// The partner.
    pub partner_id: domain::PartnerId,
}

/// A path that names an organization.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase")]
pub struct OrganizationPath {
    /// The organization.
    pub organization_id: domain::OrganizationId,
}

/// The paths of an operation with several routes, told apart by the parameter that only one of them has; a path that has
/// none of the others' (`""`) comes last.
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

/// A parameter that is on or off.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase)]
#[serde(rename_all = "camelCase")]
pub enum Switch {
    /// On.
    True,
    /// Off.
    #[default]
    False,
}

impl Switch {
    /// Whether it is on.
    pub fn is_on(self) -> bool {
        self == Self::True
    }
}

/// A query that may ask for what is archived.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArchivedQuery {
    /// Whether those are shown that are archived, and no others.
    #[deserr(default)]
    #[schemars(default)]
    pub archived: Switch,
}

/// A query that may name what is looked for.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct NameFilter {
    /// Part of its name, whatever the case, width, kana, accents, spaces and punctuation, with one edit forgiven
    /// from 4 characters on and two from 8.
    #[deserr(default)]
    pub name: Option<domain::NameQuery>,
}

impl NameFilter {
    /// Whether this name is wanted.
    pub fn wants(&self, name: &domain::Name) -> bool {
        self.name.as_ref().is_none_or(|query| query.matches(name).is_some())
    }
}

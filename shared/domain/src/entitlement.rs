//! Entitlements: ownership of a product by a person or an organization.

use std::fmt::Display;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::author::Author;
use crate::event::{EventKind, NewEvent};
use crate::fault::{ParseError, quoted};
use crate::id::{CustomerId, EntitlementId, ImportId, OrganizationId, ProductId, SubscriptionId};
use crate::party::Metadata;
use crate::text::{ExternalId, WITHOUT_CONTROLS, is_not, written_as_text};
use crate::time::Timestamp;
use crate::value::Details;

/// Owner of an entitlement: one person, or an organization and with it all of its customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Owner {
    /// Organization that owns the product, and with it all of its customers.
    #[serde(rename = "organizationId")]
    Organization(OrganizationId),
    /// Customer who owns the product.
    #[serde(rename = "customerId")]
    Customer(CustomerId),
}

/// Ownership of a product by a person or an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entitlement {
    /// Id of the entitlement.
    pub id: EntitlementId,
    /// Number by which people refer to the entitlement on the telephone, such as `E-PQE3-X9QZ-S4SB`.
    pub number: EntitlementNumber,
    /// Owner of the product. It never changes.
    #[serde(flatten)]
    pub owner: Owner,
    /// Product that is owned.
    pub product_id: ProductId,
    /// Vendor's own id for the entitlement; 1 to 100 characters, unique among entitlements. Absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<EntitlementExternalId>,
    /// Subscription that gives the entitlement, which starts and ends with the subscription. Absent if no
    /// subscription gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<SubscriptionId>,
    /// Time from which the product is owned; RFC 3339, UTC. Absent if it is owned from the creation on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Timestamp>,
    /// Time at which the ownership ends, exclusive; RFC 3339, UTC. Absent if it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// Time at which the entitlement was ended before `endsAt`: by an operator, or with its subscription, which was
    /// deactivated or whose order was cancelled; RFC 3339, UTC. Never before the start. Absent if it was not ended early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Time at which the store suspended the subscription that gives the entitlement; RFC 3339, UTC. Absent if it is not
    /// suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
    /// Time at which it last followed its subscription. It has a field of its own, because it is set without reading the
    /// entitlement, whose time of update must not go back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed_at: Option<Timestamp>,
    /// Values of the detail fields, including archived fields.
    #[serde(default, skip_serializing_if = "Details::is_empty")]
    pub details: Details,
    /// Last change of the details. Absent if they never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details_changed: Option<DetailsChange>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// Time and author of a change of details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailsChange {
    /// Time of the change; RFC 3339, UTC.
    pub at: Timestamp,
    /// Author of the change.
    pub by: Author,
    /// Import that made the change. Absent if it was not made by an import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import_id: Option<ImportId>,
}

/// Status of an entitlement at the time of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EntitlementStatus {
    /// The ownership has not started.
    Upcoming,
    /// The product is owned.
    Active,
    /// The subscription that gives the entitlement is suspended. The ownership has not ended.
    Suspended,
    /// The ownership has ended.
    Ended,
}

impl Entitlement {
    /// Returns the metadata with the time of the last write, also by its subscription.
    pub fn metadata(&self) -> Metadata {
        let updated_at = self.metadata.updated_at.max(self.followed_at.unwrap_or(self.metadata.updated_at));
        Metadata { updated_at, ..self.metadata }
    }

    /// Returns the status at an instant.
    pub fn status(&self, now: Timestamp) -> EntitlementStatus {
        let begun_at_least = self.starts_at.map_or(now, |start| start.max(now));
        if self.ended_at.is_some() || self.ends_at.is_some_and(|end| end <= begun_at_least) {
            EntitlementStatus::Ended
        } else if self.suspended_at.is_some() {
            EntitlementStatus::Suspended
        } else if self.starts_at.is_some_and(|start| start > now) {
            EntitlementStatus::Upcoming
        } else {
            EntitlementStatus::Active
        }
    }

    /// Returns the end of the entitlement if it is ended now: its start if it has not started.
    pub fn end_now(&self, now: Timestamp) -> Timestamp {
        now.max(self.starts_at.unwrap_or(self.metadata.created_at))
    }

    /// Returns an event about the entitlement. It concerns the organization that owns the product; if a person owns
    /// it, only the vendor.
    pub fn event(&self, kind: impl Into<EventKind>) -> NewEvent {
        let event = match self.owner {
            Owner::Organization(organization) => NewEvent::of_organization(kind, organization),
            Owner::Customer(_) => NewEvent::of_vendor(kind),
        };
        event.about(self.metadata)
    }
}

/// Number of an entitlement: `E-` and three groups of four symbols, from 31 letters and digits that are hard to
/// confuse. The last symbol is a check digit: a number with one wrong symbol, or with two symbols exchanged, is
/// invalid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntitlementNumber(String);

impl EntitlementNumber {
    const SYMBOLS: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
    const LENGTH: usize = 12;
    const INVALID: &str = "invalid-entitlement-number";

    /// Returns the number of an entitlement. It follows from the id by a hash, so that it does not reveal the id.
    pub fn of(id: EntitlementId) -> Self {
        let digest = Sha256::digest(id.to_string());
        let mut rest = digest.iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        let mut places: Vec<u128> = Vec::with_capacity(Self::LENGTH);
        for _ in 1..Self::LENGTH {
            places.push(rest % 31);
            rest /= 31;
        }
        places.push((31 - Self::sum(&places) % 31) % 31);
        let symbol = |place: &u128| usize::try_from(*place).ok().and_then(|place| Self::SYMBOLS.get(place));
        let symbols: String = places.iter().filter_map(symbol).map(|symbol| char::from(*symbol)).collect();
        Self(Self::grouped(&symbols))
    }

    /// Returns the sum of the symbols' values, each multiplied by its weight: 12 for the first, 1 for the last.
    /// Weights that differ modulo a prime detect every single error and every exchange, as in an ISBN-10 (ISO 2108).
    fn sum(places: &[u128]) -> u128 {
        (1..=12).rev().zip(places).map(|(weight, place)| weight * place).sum()
    }

    fn grouped(symbols: &str) -> String {
        let groups: Vec<String> =
            symbols.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
        format!("E-{}", groups.join("-"))
    }
}

impl Display for EntitlementNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl EntitlementNumber {
    /// Parses a number, in upper or lower case. Returns `None` if the text does not have the form of a number, and an
    /// error if only its check digit is wrong.
    fn read(text: &str) -> Option<Result<Self, ParseError>> {
        let number = text.to_ascii_uppercase();
        let symbols: String = number.chars().skip(2).filter(|c| *c != '-').collect();
        let value = |byte: u8| Self::SYMBOLS.iter().position(|symbol| *symbol == byte).map(|at| at as u128);
        let places = symbols.bytes().map(value).collect::<Option<Vec<u128>>>()?;
        if places.len() != Self::LENGTH || Self::grouped(&symbols) != number {
            return None;
        }
        Some(match Self::sum(&places) % 31 {
            0 => Ok(Self(number)),
            _ => {
                let detail = format!("{} is mistyped: its check character does not match", quoted(text));
                Err(ParseError::new(Self::INVALID, detail))
            }
        })
    }
}

impl FromStr for EntitlementNumber {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::read(text).unwrap_or_else(|| {
            Err(ParseError::new(Self::INVALID, is_not(text, "a number of the form `E-XXXX-XXXX-XXXX`")))
        })
    }
}

written_as_text!(EntitlementNumber, pattern = "^[Ee](-[2-9A-HJKMNP-Za-hjkmnp-z]{4}){3}$");

/// External id of an entitlement: 1 to 100 characters. To keep lookups unambiguous, it must not have the form of an
/// entitlement's id or number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntitlementExternalId(ExternalId);

impl EntitlementExternalId {
    /// Returns the external id.
    pub fn get(&self) -> &ExternalId {
        &self.0
    }
}

impl Display for EntitlementExternalId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for EntitlementExternalId {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match text.parse()? {
            EntitlementName::ExternalId(external_id) => Ok(external_id),
            EntitlementName::Id(_) | EntitlementName::Number(_) => {
                let detail = format!(
                    "{} has the form of an entitlement id or number; choose another external id",
                    quoted(text)
                );
                Err(ParseError::new("ambiguous-external-id", detail))
            }
        }
    }
}

written_as_text!(EntitlementExternalId, minLength = 1, maxLength = 100, pattern = WITHOUT_CONTROLS);

/// Identifier by which an entitlement can be looked up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntitlementName {
    /// Id of the entitlement.
    Id(EntitlementId),
    /// Number of the entitlement.
    Number(EntitlementNumber),
    /// Vendor's own id for the entitlement.
    ExternalId(EntitlementExternalId),
}

impl FromStr for EntitlementName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        // A text in the form of a number is a number or mistyped; it is never an external id.
        if let Some(number) = EntitlementNumber::read(text) {
            return number.map(Self::Number);
        }
        Ok(Self::ExternalId(EntitlementExternalId(text.parse()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(random: u128) -> EntitlementId {
        let id = uuid::Builder::from_unix_timestamp_millis(1_767_600_000_000, &[0; 10]).into_uuid().as_u128();
        EntitlementId::from(uuid::Uuid::from_u128(id | random & 0x3fff_ffff_ffff_ffff))
    }

    #[test]
    fn number_parses_in_any_letter_case_and_only_in_its_format() {
        let number = EntitlementNumber::of(id(1)).to_string();
        assert_eq!(number, "E-PQE3-X9QZ-S4SB");
        assert_eq!(number.to_lowercase().parse::<EntitlementNumber>().unwrap().to_string(), number);
        for bad in ["", "E-", "EPQE3X9QZS4SB", "E-PQE3X9QZ-S4SB", "E-PQE3-X9QZ-S4SB-", "F-PQE3-X9QZ-S4SB"] {
            assert_eq!(
                bad.parse::<EntitlementNumber>().unwrap_err().code,
                "invalid-entitlement-number",
                "{bad}"
            );
        }
    }

    #[test]
    fn external_id_that_looks_like_an_id_or_number_is_refused() {
        let (id, number) = (id(1).to_string(), EntitlementNumber::of(id(1)).to_string());
        for text in [&id, &number, &number.to_lowercase()] {
            assert_eq!(text.parse::<EntitlementExternalId>().unwrap_err().code, "ambiguous-external-id");
        }
        let mistyped = number.replace("E-P", "E-Q").parse::<EntitlementExternalId>();
        assert_eq!(mistyped.unwrap_err().code, "invalid-entitlement-number");
        assert!("E-4711".parse::<EntitlementExternalId>().is_ok());
        assert!(matches!("E-4711".parse(), Ok(EntitlementName::ExternalId(_))));
        assert_eq!("Bu\u{308}ro".parse::<EntitlementName>(), "B\u{fc}ro".parse());
    }

    #[test]
    fn status_is_active_from_start_inclusive_to_end_exclusive() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let mut entitlement = Entitlement {
            id: id(1),
            number: EntitlementNumber::of(id(1)),
            owner: Owner::Customer("cus_019b8c3e-5c00-7000-8000-000000000008".parse().unwrap()),
            product_id: "prd_019b8c3e-5c00-7000-8000-000000000007".parse().unwrap(),
            external_id: None,
            subscription_id: None,
            starts_at: Some(time("2026-01-01T00:00:00Z")),
            ends_at: Some(time("2027-01-01T00:00:00Z")),
            ended_at: None,
            suspended_at: None,
            followed_at: None,
            details: Details::default(),
            details_changed: None,
            metadata: Metadata::new(time("2025-12-01T00:00:00Z")),
        };
        for (now, status) in [
            ("2025-12-31T23:59:59.999Z", EntitlementStatus::Upcoming),
            ("2026-01-01T00:00:00Z", EntitlementStatus::Active),
            ("2026-12-31T23:59:59.999Z", EntitlementStatus::Active),
            ("2027-01-01T00:00:00Z", EntitlementStatus::Ended),
        ] {
            assert_eq!(entitlement.status(time(now)), status, "{now}");
        }
        // A suspended one has neither ended nor is it active.
        entitlement.suspended_at = Some(time("2026-05-01T00:00:00Z"));
        for (now, status) in [
            ("2026-06-01T00:00:00Z", EntitlementStatus::Suspended),
            ("2027-01-01T00:00:00Z", EntitlementStatus::Ended),
        ] {
            assert_eq!(entitlement.status(time(now)), status, "{now}");
        }
        entitlement.suspended_at = None;
        // Ended before its start, it ends at its start.
        assert_eq!(entitlement.end_now(time("2025-12-31T00:00:00Z")), time("2026-01-01T00:00:00Z"));
        assert_eq!(entitlement.end_now(time("2026-12-31T00:00:00Z")), time("2026-12-31T00:00:00Z"));
        let empty = Entitlement { ends_at: entitlement.starts_at, ..entitlement.clone() };
        assert_eq!(empty.status(time("2025-12-31T00:00:00Z")), EntitlementStatus::Ended);
        entitlement.ended_at = Some(time("2026-06-01T00:00:00Z"));
        assert_eq!(entitlement.status(time("2025-12-31T00:00:00Z")), EntitlementStatus::Ended);
    }

    proptest! {
        #[test]
        fn mistyped_or_swapped_characters_fail_the_checksum(random in any::<u128>(), at in 0usize..12, other in 0usize..12, symbol in 0usize..31) {
            let number = EntitlementNumber::of(id(random));
            prop_assert_eq!(&number.to_string().parse::<EntitlementNumber>().unwrap(), &number);
            let symbols: Vec<u8> = number.0.bytes().skip(2).filter(|byte| *byte != b'-').collect();
            let is_number = |symbols: &[u8]| EntitlementNumber::grouped(std::str::from_utf8(symbols).unwrap()).parse::<EntitlementNumber>().is_ok();
            let mut exchanged = symbols.clone();
            exchanged.swap(at, other);
            prop_assert_eq!(is_number(&exchanged), exchanged == symbols);
            let mut wrong = symbols.clone();
            wrong[at] = EntitlementNumber::SYMBOLS[symbol];
            prop_assert_eq!(is_number(&wrong), wrong == symbols);
        }
    }
}

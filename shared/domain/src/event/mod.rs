//! The record that every change leaves.

pub mod access;
pub mod catalog;
mod data;
pub mod entitlement;
pub mod kind;
pub mod order;
pub mod party;
pub mod service_request;
pub mod subscription;
pub mod system;

use serde::{Deserialize, Serialize};

use crate::author::Author;
use crate::id::{EventId, OrganizationId, PartnerId};
use crate::time::Timestamp;

pub use access::*;
pub use catalog::*;
pub use entitlement::*;
pub use kind::{EventKind, EventType};
pub use order::*;
pub use party::*;
pub use service_request::*;
pub use subscription::*;
pub use system::*;

/// Where an event is at home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogScope {
    /// With a partner.
    Partner(PartnerId),
    /// With an organization.
    Organization(OrganizationId),
    /// With the vendor: it concerns no party.
    Vendor,
}

/// What happened, and whom it concerns, before it is stored with its id, time and author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// The partner it concerns.
    pub partner_id: Option<PartnerId>,
    /// The organization it concerns.
    pub organization_id: Option<OrganizationId>,
}

impl NewEvent {
    /// Concerns nobody but the vendor.
    pub fn of_vendor(kind: impl Into<EventKind>) -> Self {
        Self { kind: kind.into(), partner_id: None, organization_id: None }
    }

    /// Concerns a partner.
    pub fn of_partner(kind: impl Into<EventKind>, partner: PartnerId) -> Self {
        Self { partner_id: Some(partner), ..Self::of_vendor(kind) }
    }

    /// Concerns an organization.
    pub fn of_organization(kind: impl Into<EventKind>, organization: OrganizationId) -> Self {
        Self { organization_id: Some(organization), ..Self::of_vendor(kind) }
    }

    /// Concerns a partner and a customer of it.
    pub fn of_both(kind: impl Into<EventKind>, partner: PartnerId, organization: OrganizationId) -> Self {
        Self { partner_id: Some(partner), organization_id: Some(organization), ..Self::of_vendor(kind) }
    }
}

/// An event as it is stored: never changed, never removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its id, which sorts by time.
    pub id: EventId,
    /// When it happened.
    pub time: Timestamp,
    /// Who made the change.
    pub actor: Author,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
    /// The partner it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// The organization it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
}

impl Event {
    /// A new event with its id, time and author.
    pub fn new(id: EventId, time: Timestamp, actor: Author, event: NewEvent) -> Self {
        let NewEvent { kind, partner_id, organization_id } = event;
        Self { id, time, actor, kind, partner_id, organization_id }
    }

    /// The log it is in.
    pub fn log_scope(&self) -> LogScope {
        match (self.partner_id, self.organization_id) {
            (Some(partner), _) => LogScope::Partner(partner),
            (None, Some(organization)) => LogScope::Organization(organization),
            (None, None) => LogScope::Vendor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::AuthorKind;

    #[test]
    fn serialized_event_matches_the_published_format() {
        let event = Event::new(
            "evt_019b8c3e-5c00-7000-8000-000000000009".parse().unwrap(),
            "2026-01-05T09:00:00Z".parse().unwrap(),
            Author { kind: AuthorKind::Partner, id: "auth0|7".to_owned(), email: None },
            NewEvent::of_partner(
                StoreLinked {
                    source_id: "src_019b8c3e-5c00-7000-8000-000000000003".parse().unwrap(),
                    account: "ec-4711".parse().unwrap(),
                },
                "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap(),
            ),
        );
        let written = serde_json::to_value(&event).unwrap();
        insta::assert_json_snapshot!(written, @r#"
        {
          "actor": {
            "id": "auth0|7",
            "type": "partner"
          },
          "data": {
            "account": "ec-4711",
            "sourceId": "src_019b8c3e-5c00-7000-8000-000000000003"
          },
          "id": "evt_019b8c3e-5c00-7000-8000-000000000009",
          "partnerId": "prt_019b8c3e-5c00-7000-8000-000000000001",
          "time": "2026-01-05T09:00:00.000Z",
          "type": "store.linked"
        }
        "#);
        assert_eq!(serde_json::from_value::<Event>(written).unwrap(), event);
    }
}

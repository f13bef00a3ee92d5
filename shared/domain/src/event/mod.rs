//! Events: the records that every change leaves.

pub mod access;
pub mod catalog;
mod data;
pub mod entitlement;
pub mod kind;
pub mod order;
pub mod party;
pub mod person;
pub mod service_request;
pub mod subscription;
pub mod system;

use serde::{Deserialize, Serialize};

use crate::author::Author;
use crate::id::{EventId, OrganizationId, PartnerId};
use crate::party::{Metadata, Version};
use crate::time::Timestamp;

pub use access::*;
pub use catalog::*;
pub use entitlement::*;
pub use kind::{EventKind, EventType};
pub use order::*;
pub use party::*;
pub use person::*;
pub use service_request::*;
pub use subscription::*;
pub use system::*;

/// Log that holds events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogScope {
    /// Log of a partner.
    Partner(PartnerId),
    /// Log of an organization.
    Organization(OrganizationId),
    /// Log of the vendor, for events that concern no party.
    Vendor,
}

/// Event before it is stored with its id, time and author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Type and data of the event.
    pub kind: EventKind,
    /// Partner that the event concerns, if any.
    pub partner_id: Option<PartnerId>,
    /// Organization that the event concerns, if any.
    pub organization_id: Option<OrganizationId>,
    /// Version of the object that the event is about, if it has one.
    pub version: Option<Version>,
    /// Time of the object's update, before which the event must not be dated: a clock may be behind the one that dated
    /// the object's previous event.
    pub not_before: Option<Timestamp>,
}

impl NewEvent {
    /// Creates an event that concerns no party; it is in the vendor's log.
    pub fn of_vendor(kind: impl Into<EventKind>) -> Self {
        Self { kind: kind.into(), partner_id: None, organization_id: None, version: None, not_before: None }
    }

    /// Creates an event that concerns a partner; it is in the partner's log.
    pub fn of_partner(kind: impl Into<EventKind>, partner: PartnerId) -> Self {
        Self { partner_id: Some(partner), ..Self::of_vendor(kind) }
    }

    /// Creates an event that concerns an organization; it is in the organization's log.
    pub fn of_organization(kind: impl Into<EventKind>, organization: OrganizationId) -> Self {
        Self { organization_id: Some(organization), ..Self::of_vendor(kind) }
    }

    /// Creates an event that concerns a partner, an organization, both or neither, and is in the logs of those; in the
    /// vendor's log if it concerns neither.
    pub fn of_parties(
        kind: impl Into<EventKind>,
        partner_id: Option<PartnerId>,
        organization_id: Option<OrganizationId>,
    ) -> Self {
        Self { partner_id, organization_id, ..Self::of_vendor(kind) }
    }

    /// Creates an event that concerns a partner and an organization; it is in the logs of both.
    pub fn of_both(kind: impl Into<EventKind>, partner: PartnerId, organization: OrganizationId) -> Self {
        Self { partner_id: Some(partner), organization_id: Some(organization), ..Self::of_vendor(kind) }
    }

    /// Sets the object that the event is about, as it is after the change.
    pub fn about(self, Metadata { version, updated_at, .. }: Metadata) -> Self {
        Self { version: Some(version), not_before: Some(updated_at), ..self }
    }
}

/// Stored event. It is never changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Id of the event; ids sort by time.
    pub id: EventId,
    /// Time of the event; RFC 3339, UTC.
    pub time: Timestamp,
    /// Author of the change.
    pub actor: Author,
    /// Type and data of the event.
    #[serde(flatten)]
    pub kind: EventKind,
    /// Version that the object of the event had after the change. Events of one object sort by it, as by their ids.
    /// Absent if the object has no version, or if the event changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Partner that the event concerns; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner_id: Option<PartnerId>,
    /// Organization that the event concerns; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrganizationId>,
}

impl Event {
    /// Creates an event with its id, time and author.
    pub fn new(id: EventId, time: Timestamp, actor: Author, event: NewEvent) -> Self {
        let NewEvent { kind, partner_id, organization_id, version, .. } = event;
        Self { id, time, actor, kind, version, partner_id, organization_id }
    }

    /// Returns the log in which the event is stored. If it concerns both a partner and an organization, that is the
    /// partner's log; the organization's log includes it through an index.
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
            Author { kind: AuthorKind::Partner, id: "mem_019b8c3e-5c00-7000-8000-000000000007".to_owned() },
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
            "id": "mem_019b8c3e-5c00-7000-8000-000000000007",
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

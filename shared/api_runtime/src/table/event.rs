//! Events, and the logs that contain them.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::event::EventType;
use domain::{Event, EventId, LicenseTypeCode, LogScope, OrganizationId, PartnerId, Timestamp};

use super::item::Entity;
use super::key::Key;
use super::pattern::{AccessPattern, Described, Index, ListPattern, given, patterns};

impl Entity for Event {
    const NAME: &'static str = "event";

    fn key(&self) -> Key {
        event_key(self.log_scope(), self.id)
    }

    fn by_key(&self) -> Option<Key> {
        let organization = self.organization_id?;
        Some(event_key(domain::LogScope::Organization(organization), self.id))
    }

    fn by_facet(&self) -> Option<Key> {
        let license_type = self.kind.license_type()?;
        Some(Key { pk: log_of_license_type(self.log_scope(), license_type), sk: self.id.to_string() })
    }
}

/// Finds the events of a log, by time, type and license types.
#[derive(Debug, Clone)]
pub struct History {
    /// Log to search. An organization's log contains every event that concerns it, including those stored in a
    /// partner's log.
    pub of: LogScope,
    /// If set, only events that concern this partner.
    pub partner: Option<PartnerId>,
    /// If set, only events at or after this time.
    pub from: Option<Timestamp>,
    /// If set, only events before this time.
    pub to: Option<Timestamp>,
    /// If set, only events of this type.
    pub event_type: Option<EventType>,
    /// Only events about one of these license types; all events if there are none.
    pub license_types: Vec<LicenseTypeCode>,
}

impl History {
    /// Returns histories that together have the same events, each of which finds its own without reading others: one for
    /// each license type if there are several. An organization's log is found by no license type, and is one part.
    pub fn parts(&self) -> Vec<Self> {
        match self.of {
            LogScope::Partner(_) | LogScope::Vendor if self.license_types.len() > 1 => {
                let types = self.license_types.iter();
                types.map(|one| Self { license_types: vec![one.clone()], ..self.clone() }).collect()
            }
            _ => vec![self.clone()],
        }
    }
}

impl AccessPattern for History {
    type Entity = Event;
    const DESCRIBED: Described = Described {
        name: "History",
        about: "the events of a log, by time, type and license types",
        place: "`LOG#<partner>` or `LOG#VENDOR` · `<event>`; in `by-key` `LOG#<organization>` · `<event>`; \
                in `by-facet` `LOG#<partner>#<type>` or `LOG#VENDOR#<type>` · `<event>`",
    };
}

impl ListPattern for History {
    fn index(&self) -> Index {
        match (self.of, self.license_types.as_slice()) {
            (LogScope::Organization(_), _) => Index::ByKey,
            (_, [_]) => Index::ByFacet,
            (_, _) => Index::Table,
        }
    }

    fn partition(&self) -> String {
        match (self.index(), self.license_types.as_slice()) {
            (Index::ByFacet, [license_type]) => log_of_license_type(self.of, license_type),
            _ => log(self.of),
        }
    }

    fn range(&self) -> (String, String) {
        given::<EventId>("", self.from, self.to)
    }

    fn filter(&self) -> Vec<(&'static [&'static str], Vec<AttributeValue>)> {
        let equals = |text: String| AttributeValue::S(text);
        let mut filter: Vec<(&'static [&'static str], _)> = Vec::new();
        if let Some(partner) = self.partner {
            filter.push((&["partnerId"], vec![equals(partner.to_string())]));
        }
        if let Some(event_type) = &self.event_type {
            filter.push((&["type"], vec![equals(event_type.to_string())]));
        }
        if !self.license_types.is_empty() && self.index() != Index::ByFacet {
            let types = self.license_types.iter().map(|license_type| equals(license_type.to_string()));
            filter.push((&["data", "licenseType"], types.collect()));
        }
        filter
    }
}

/// Finds the events of some types in an organization's log.
#[derive(Debug, Clone)]
pub struct EventsOfTypes(pub OrganizationId, pub &'static [&'static str]);

impl AccessPattern for EventsOfTypes {
    type Entity = Event;
    const DESCRIBED: Described = Described {
        name: "EventsOfTypes",
        about: "the events of some types in an organization's log",
        place: "in `by-key` `LOG#<organization>` · `<event>`",
    };
}

impl ListPattern for EventsOfTypes {
    fn index(&self) -> Index {
        Index::ByKey
    }

    fn partition(&self) -> String {
        log(LogScope::Organization(self.0))
    }

    fn range(&self) -> (String, String) {
        given::<EventId>("", None, None)
    }

    fn filter(&self) -> Vec<(&'static [&'static str], Vec<AttributeValue>)> {
        let types = self.1.iter().map(|one| AttributeValue::S((*one).to_owned()));
        vec![(&["type"], types.collect())]
    }
}

patterns! {
    /// an event
    lookup EventIn(log: LogScope, event: EventId) -> Event {
        event_key(*log, *event),
        "`LOG#<partner>`, `LOG#<organization>` or `LOG#VENDOR` · `<event>`"
    }
    custom History {}
    custom EventsOfTypes {}
}

/// Returns the key of an event in a log.
pub(super) fn event_key(home: LogScope, event: EventId) -> Key {
    Key::new(log(home), event.to_string())
}

/// Returns the partition of a log.
pub(super) fn log(home: LogScope) -> String {
    match home {
        LogScope::Partner(partner) => format!("LOG#{partner}"),
        LogScope::Organization(organization) => format!("LOG#{organization}"),
        LogScope::Vendor => "LOG#VENDOR".to_owned(),
    }
}

/// Returns the partition, in `by-facet`, of a log's events about one license type.
pub(super) fn log_of_license_type(home: LogScope, license_type: &LicenseTypeCode) -> String {
    format!("{}#{license_type}", log(home))
}

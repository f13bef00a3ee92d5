//! Typed ids. An id is a prefix that names the kind of object, an underscore and a lower-case UUIDv7 (RFC 9562), so
//! ids sort by the time at which they were generated.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use uuid::{Builder, ContextV7, Uuid};

use crate::fault::{ParseError, quoted};
use crate::text::written_as_text;
use crate::time::Timestamp;

/// Common interface of all typed ids.
pub trait Id: Sized + From<Uuid> {
    /// Prefix without the underscore, such as `prt`.
    const PREFIX: &'static str;

    /// Returns the smallest id that can be generated at `time` or later.
    fn first_at(time: Timestamp) -> Self {
        Self::from(first_at(time))
    }

    /// Returns an upper bound of the ids generated before `time`: it sorts after all of them and before every id
    /// generated at `time` or later.
    fn last_before(time: Timestamp) -> Self {
        Self::from(Uuid::from_u128(first_at(time).as_u128().saturating_sub(1)))
    }
}

fn first_at(time: Timestamp) -> Uuid {
    Builder::from_unix_timestamp_millis(time.unix_millis(), &[0; 10]).into_uuid()
}

fn parse(prefix: &str, text: &str) -> Result<Uuid, ParseError> {
    let uuid = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .and_then(|rest| Uuid::try_parse(rest).ok().filter(|uuid| uuid.hyphenated().to_string() == rest))
        .filter(|uuid| uuid.get_version_num() == 7);
    uuid.ok_or_else(|| {
        let detail = format!("{} is not an id of the form `{prefix}_` and a lower-case UUIDv7", quoted(text));
        ParseError::new("invalid-id", detail)
    })
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl Id for $name {
            const PREFIX: &'static str = $prefix;
        }

        impl $name {
            /// Returns the time at which the id was generated, to the millisecond.
            pub fn created_time(self) -> Timestamp {
                let (seconds, nanos) = self.0.get_timestamp().map_or((0, 0), |time| time.to_unix());
                Timestamp::from_unix_millis(seconds.saturating_mul(1000).saturating_add(u64::from(nanos) / 1_000_000))
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.hyphenated())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                parse($prefix, text).map(Self)
            }
        }

        written_as_text!(
            $name,
            pattern = concat!(
                "^", $prefix, "_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
            )
        );
    };
}

id!(
    /// Id of a partner.
    PartnerId,
    "prt"
);
id!(
    /// Id of a customer organization.
    OrganizationId,
    "org"
);
id!(
    /// Id of a customer, who is a person.
    CustomerId,
    "cus"
);
id!(
    /// Id of a partner's member.
    MemberId,
    "mem"
);
id!(
    /// Id of an access request; sorts by submission time.
    AccessRequestId,
    "arq"
);
id!(
    /// Id of an access grant.
    GrantId,
    "grt"
);
id!(
    /// Id of a service request; sorts by submission time.
    ServiceRequestId,
    "srq"
);
id!(
    /// Id of a webhook source.
    SourceId,
    "src"
);
id!(
    /// Id of a product.
    ProductId,
    "prd"
);
id!(
    /// Id of a detail field.
    FieldId,
    "fld"
);
id!(
    /// Id of an entitlement.
    EntitlementId,
    "ent"
);
id!(
    /// Id of an import of detail values.
    ImportId,
    "imp"
);
id!(
    /// Id of a subscription.
    SubscriptionId,
    "sub"
);
id!(
    /// Id of a site of an organization.
    SiteId,
    "sit"
);
id!(
    /// Id of a license assignment.
    AssignmentId,
    "asg"
);
id!(
    /// Id of a parked order; sorts by the time at which the order was parked.
    ParkedOrderId,
    "ord"
);
id!(
    /// Id of an event; sorts by the time of the event.
    EventId,
    "evt"
);

impl SubscriptionId {
    /// Returns the id of the entitlement that the subscription gives. Both ids have the same UUID.
    pub fn entitlement(self) -> EntitlementId {
        EntitlementId(self.0)
    }
}

/// Source of new ids. Ids from one source never repeat and, within one process, increase even while the clock stands
/// still.
#[derive(Debug)]
pub struct Ids(IdSource);

#[derive(Debug)]
enum IdSource {
    /// Millisecond of the last id, and the context that keeps ids of one millisecond in order.
    Random(Mutex<(u64, ContextV7)>),
    /// Number of the first id of every prefix, and the number of the next id by prefix.
    Counted { first: u64, given: Mutex<BTreeMap<&'static str, u64>> },
}

impl Ids {
    /// Creates a source of ids that cannot be guessed.
    pub fn random() -> Self {
        Self(IdSource::Random(Mutex::new((0, ContextV7::new()))))
    }

    /// Creates a deterministic source for the demo world and the tests: ids of each kind are counted from `first`, so
    /// every run generates the same ids.
    pub fn counted_from(first: u64) -> Self {
        Self(IdSource::Counted { first, given: Mutex::default() })
    }

    /// Generates an id of type `T` with `now` as its time.
    pub fn next<T: Id>(&self, now: Timestamp) -> T {
        T::from(self.of_kind(T::PREFIX, now))
    }

    /// Generates a UUIDv7 without a prefix.
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        self.of_kind("", now)
    }

    fn of_kind(&self, prefix: &'static str, now: Timestamp) -> Uuid {
        let millis = now.unix_millis();
        // The data behind a poisoned lock is still usable: it is plain and always consistent.
        match &self.0 {
            IdSource::Random(last) => {
                let nanos = u32::try_from(millis % 1000 * 1_000_000).unwrap_or_default();
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                // A context never returns a time before the latest it has seen; an id for an earlier `now` would get
                // that later time. So each millisecond gets a new context.
                if last.0 != millis {
                    *last = (millis, ContextV7::new());
                }
                Uuid::new_v7(uuid::Timestamp::from_unix(&last.1, millis / 1000, nanos))
            }
            IdSource::Counted { first, given } => {
                let mut given = given.lock().unwrap_or_else(PoisonError::into_inner);
                let count = given.entry(prefix).or_insert(*first);
                let mut bytes = [0; 10];
                let [_, _, tail @ ..] = &mut bytes;
                tail.copy_from_slice(&count.to_be_bytes());
                *count += 1;
                Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
            }
        }
    }
}

/// Returns 32 random hexadecimal characters that have never been returned before: they hold 122 bits of the operating
/// system's randomness.
#[expect(clippy::disallowed_methods, reason = "it names nothing, so nothing depends on it")]
pub fn nonce() -> String {
    Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_prefixed_lower_case_hyphenated_uuid_v7_parses() {
        let good = "prt_019b8c3e-5c00-7000-8000-000000000001";
        assert_eq!(good.parse::<PartnerId>().unwrap().to_string(), good);
        for bad in [
            "",
            "prt_",
            "019b8c3e-5c00-7000-8000-000000000001",
            "org_019b8c3e-5c00-7000-8000-000000000001",
            "PRT_019b8c3e-5c00-7000-8000-000000000001",
            "prt_019B8C3E-5c00-7000-8000-000000000001",
            "prt_019b8c3e5c0070008000000000000001",
            "prt_019b8c3e-5c00-4000-8000-000000000001",
            "prt_019b8c3e-5c00-7000-8000-000000000001 ",
        ] {
            assert_eq!(bad.parse::<PartnerId>().unwrap_err().code, "invalid-id", "{bad}");
        }
    }

    #[test]
    fn ids_rise_while_the_clock_stands_still() {
        let now = Timestamp::from_unix_millis(1_767_600_000_123);
        for ids in [Ids::random(), Ids::counted_from(1)] {
            let given: Vec<EventId> = (0..10_000).map(|_| ids.next(now)).collect();
            assert!(given.is_sorted_by(|a, b| a < b));
            assert!(given.iter().all(|id| *id >= EventId::first_at(now)));
        }
    }

    proptest! {
        #[test]
        fn generated_id_carries_the_current_time_after_any_earlier_id(times in proptest::collection::vec(0u64..4_000_000_000_000, 1..20)) {
            let ids = Ids::random();
            for millis in times {
                let now = Timestamp::from_unix_millis(millis);
                let id: EventId = ids.next(now);
                prop_assert!(id >= EventId::first_at(now) && id <= EventId::last_before(Timestamp::from_unix_millis(millis + 1)));
            }
        }

        #[test]
        fn ids_of_a_later_millisecond_sort_later(millis in 0u64..4_000_000_000_000, later in 1u64..100_000) {
            let (now, then) = (Timestamp::from_unix_millis(millis), Timestamp::from_unix_millis(millis + later));
            let id: EventId = Ids::random().next(now);
            prop_assert!(id >= EventId::first_at(now) && id < EventId::first_at(then));
            prop_assert!(id <= EventId::last_before(then) && id > EventId::last_before(now));
        }

        #[test]
        fn any_text_that_parses_round_trips(text in "\\PC*") {
            if let Ok(id) = text.parse::<PartnerId>() { prop_assert_eq!(id.to_string(), text); }
        }
    }
}

//! Items of the table. All keys of an entity, including those of the indexes, are derived from the whole entity, so
//! that no write leaves a stale one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::key::{Key, due_key};

/// An item, as the SDK represents it.
pub type Item = HashMap<String, AttributeValue>;

/// An entity that is stored in the table.
pub trait Entity: Serialize + DeserializeOwned + Send {
    /// Name of the entity, stored in each item as `entity` for consumers of the table's stream.
    const NAME: &'static str;
    /// Attribute that a stored item must have for `Change::require` to find it.
    const PROOF: &'static str = "pk";

    /// Returns the key in the table.
    fn key(&self) -> Key;

    /// Returns the key in the index `by-key`; `None` if the item is not in it.
    fn by_key(&self) -> Option<Key> {
        None
    }

    /// Returns the key in the index `by-facet`; `None` if the item is not in it.
    fn by_facet(&self) -> Option<Key> {
        None
    }

    /// Returns the time at which something must happen to the item next; `None` if nothing must.
    fn due(&self) -> Option<Timestamp> {
        None
    }

    /// Returns the time from which DynamoDB may delete the item; `None` if it must not.
    fn forget_at(&self) -> Option<Timestamp> {
        None
    }
}

/// Converts an entity to an item with all its keys.
///
/// # Errors
///
/// Fails only if the entity cannot be serialized.
pub fn to_item<E: Entity>(entity: &E) -> Result<Item, Error> {
    let mut item: Item = serde_dynamo::to_item(entity)?;
    let mut put = |name: &str, value: String| {
        item.insert(name.to_owned(), AttributeValue::S(value));
    };
    let key = entity.key();
    if let Some(due) = entity.due().map(|at| due_key(&key, at)) {
        put("duePk", due.pk);
        put("dueSk", due.sk);
    }
    put("pk", key.pk);
    put("sk", key.sk);
    put("entity", E::NAME.to_owned());
    if let Some(key) = entity.by_key() {
        put("keyPk", key.pk);
        put("keySk", key.sk);
    }
    if let Some(key) = entity.by_facet() {
        put("facetPk", key.pk);
        put("facetSk", key.sk);
    }
    if let Some(time) = entity.forget_at() {
        item.insert("ttl".to_owned(), AttributeValue::N(time.unix_seconds().to_string()));
    }
    Ok(item)
}

/// Converts an item to its entity.
///
/// # Errors
///
/// Fails if the item is not one of this entity.
pub fn from_item<E: Entity>(item: Item) -> Result<E, Error> {
    Ok(serde_dynamo::from_item(item)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::LicenseAssigned;
    use domain::{Author, AuthorKind, Event, Metadata, NewEvent, Partner};

    fn names(item: &Item) -> Vec<&str> {
        let mut names: Vec<&str> = item.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn item_holds_the_entity_and_all_its_index_keys() {
        let event = Event::new(
            "evt_019b8c3e-5c00-7000-8000-000000000005".parse().unwrap(),
            Timestamp::from_unix_millis(1_767_603_600_000),
            Author { kind: AuthorKind::Partner, id: "s".to_owned() },
            NewEvent::of_both(
                LicenseAssigned {
                    assignment_id: "asg_019b8c3e-5c00-7000-8000-000000000004".parse().unwrap(),
                    license_type: "edge-storage-1y".parse().unwrap(),
                    quantity: 3,
                },
                "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap(),
                "org_019b8c3e-5c00-7000-8000-000000000002".parse().unwrap(),
            ),
        );
        let item = to_item(&event).unwrap();
        assert_eq!(
            names(&item),
            [
                "actor",
                "data",
                "entity",
                "facetPk",
                "facetSk",
                "id",
                "keyPk",
                "keySk",
                "organizationId",
                "partnerId",
                "pk",
                "sk",
                "time",
                "type"
            ]
        );
        assert_eq!(from_item::<Event>(item).unwrap(), event);
    }

    #[test]
    fn flattened_entity_round_trips() {
        let partner = Partner {
            id: "prt_019b8c3e-5c00-7000-8000-000000000001".parse().unwrap(),
            name: "宮古".parse().unwrap(),
            external_id: None,
            deactivated_at: None,
            metadata: Metadata::new(Timestamp::from_unix_millis(1)),
        };
        let item = to_item(&partner).unwrap();
        assert_eq!(
            names(&item),
            ["createdAt", "entity", "facetPk", "facetSk", "id", "name", "pk", "sk", "updatedAt", "version"]
        );
        assert_eq!(from_item::<Partner>(item).unwrap(), partner);
    }
}

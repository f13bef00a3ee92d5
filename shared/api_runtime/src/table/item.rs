//! Items: what the table holds, and how each is found. All keys of an entity, those of the indexes too, are derived from the
//! whole entity, so that no write leaves a stale one behind.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::Error;
use super::key::{Key, due_key};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// Something the table holds.
pub trait Entity: Serialize + DeserializeOwned + Send {
    /// Its word, kept in each item as `entity` for those who read the stream.
    const NAME: &'static str;

    /// Where it is.
    fn key(&self) -> Key;

    /// Where it is in `by-key`, the other way in.
    fn by_key(&self) -> Option<Key> {
        None
    }

    /// Where it is in `by-facet`.
    fn by_facet(&self) -> Option<Key> {
        None
    }

    /// When something must happen to it next.
    fn due(&self) -> Option<Timestamp> {
        None
    }

    /// When DynamoDB may forget it.
    fn forget_at(&self) -> Option<Timestamp> {
        None
    }
}

/// The item of an entity, with all its keys.
///
/// # Errors
///
/// Never for our own types.
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

/// The entity of an item.
///
/// # Errors
///
/// When the item is not one of this entity.
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
            Author { kind: AuthorKind::Partner, id: "s".to_owned(), email: None },
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

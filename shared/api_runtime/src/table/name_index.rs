//! Index of names, by which organizations, partners and people are searched. A name has items for its parts, which are written
//! in the transaction that writes the name, and a record that the spellings of its words are still to be written. They are
//! more than fit a transaction: the call writes them afterwards, and the scheduled job again, so that none is missing.
//! When the name of a party is removed, they stay, because names share them; without a part, they lead to no name. The words of
//! a person's name must not stay: a minute after the name, the scheduled job removes the spellings of those that no other
//! name has.

use std::collections::BTreeMap;

use domain::search::index;
use domain::{Name, OrganizationId, PartnerId, Period, Timestamp};
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::item::Entity;
use super::key::Key;
use super::pattern::{AccessPattern, Described, Index, ListPattern, patterns, starting_with};

/// Names that are searched together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NameScope {
    /// The names of all organizations.
    Organizations,
    /// The names of all partners.
    Partners,
    /// The names of the organizations in a partner's directory.
    Directory(PartnerId),
    /// The names of all customers and members.
    People,
    /// The names of an organization's customers.
    Customers(OrganizationId),
}

impl NameScope {
    /// Maximum number of parts of a person's name, so that a change of it fits one transaction in all scopes.
    const MOST_PARTS_OF_PERSON: usize = 12;

    /// Returns the maximum number of parts of a name in this scope.
    fn most_parts(self) -> usize {
        match self {
            Self::People | Self::Customers(_) => Self::MOST_PARTS_OF_PERSON,
            Self::Organizations | Self::Partners | Self::Directory(_) => usize::MAX,
        }
    }
}

/// A person whose name is in the index of names.
pub trait NamedRecord {
    /// Returns the id of the record.
    fn record_id(&self) -> String;

    /// Returns the name of the person.
    fn name(&self) -> &Name;

    /// Returns the scopes in which the name is searched; none for a removed person.
    fn name_scopes(&self) -> Vec<NameScope>;
}

/// Part of a name, from which on a search text may match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamePart {
    /// Key of the item, which contains the part and the id of the organization or partner.
    #[serde(flatten)]
    pub at: Key,
    /// The whole name.
    pub name: Name,
}

impl NamePart {
    /// Returns the items of a name that this organization or partner has.
    pub fn all(scope: NameScope, id: impl std::fmt::Display, name: &Name) -> Vec<Self> {
        let parts = index::parts(name).into_iter().take(scope.most_parts());
        parts.map(|part| Self { at: name_part_key(scope, &part, &id), name: name.clone() }).collect()
    }

    /// Returns the id of the organization or partner that has the name.
    ///
    /// # Errors
    ///
    /// Fails only if the key contains no such id.
    pub fn id<I: std::str::FromStr>(&self) -> Result<I, Error> {
        let id = self.at.sk.rsplit_once('#').and_then(|(_, id)| id.parse().ok());
        id.ok_or_else(|| Error::Internal("a part of a name contains no id".to_owned()))
    }
}

impl Entity for NamePart {
    const NAME: &'static str = "name-part";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Spelling of a word of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NameSpelling {
    /// Key of the item, which contains the spelling.
    #[serde(flatten)]
    pub at: Key,
}

impl NameSpelling {
    /// Returns the word to which the spelling leads.
    pub fn word(&self) -> &str {
        index::word_of(&self.at.sk)
    }
}

impl Entity for NameSpelling {
    const NAME: &'static str = "spelling";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

/// Name whose spellings are still to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnspelledName {
    /// Key of the item, which contains the scope of the name and the id of the organization or partner.
    #[serde(flatten)]
    pub at: Key,
    /// The name.
    pub name: Name,
    /// Time from which the scheduled job writes the spellings.
    pub due_at: Timestamp,
}

impl UnspelledName {
    /// Returns the record of a name that this organization or partner has from now on.
    pub fn new(scope: NameScope, id: impl std::fmt::Display, name: &Name, now: Timestamp) -> Self {
        let at = unspelled_name_key(scope, id);
        Self { at, name: name.clone(), due_at: now.after(Period::minutes(1)) }
    }

    /// Returns the items of the spellings of the words of the name.
    ///
    /// # Errors
    ///
    /// Fails only if the key contains no scope.
    pub fn spellings(&self) -> Result<Vec<NameSpelling>, Error> {
        let scope = self.at.pk.strip_prefix(UNSPELLED);
        let scope = scope.ok_or_else(|| Error::Internal("a name to be spelled has no scope".to_owned()))?;
        let spellings = index::spellings(&self.name).into_iter();
        Ok(spellings
            .map(|spelling| NameSpelling { at: Key::new(format!("{SPELLINGS}{scope}"), spelling) })
            .collect())
    }
}

impl Entity for UnspelledName {
    const NAME: &'static str = "unspelled-name";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.due_at)
    }
}

/// Name that a person no longer has, and whose spellings are still to be removed where no other name has the word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormerName {
    /// Key of the item, which contains the scope of the name, the id of the person, and the time from which it is due.
    #[serde(flatten)]
    pub at: Key,
    /// Names among which the person was searched by this one.
    pub scope: NameScope,
    /// The name.
    pub name: Name,
    /// Time from which the scheduled job removes the spellings: after a concurrent call may have written them.
    pub due_at: Timestamp,
}

impl FormerName {
    /// Returns the record of a name that this person has no longer.
    pub fn new(scope: NameScope, id: impl std::fmt::Display, name: &Name, now: Timestamp) -> Self {
        let due_at = now.after(Period::minutes(1));
        Self { at: former_name_key(scope, id, due_at), scope, name: name.clone(), due_at }
    }

    /// Returns the words of the name that are found with edits, each with its spellings.
    pub fn words(&self) -> BTreeMap<String, Vec<NameSpelling>> {
        let mut words: BTreeMap<String, Vec<NameSpelling>> = BTreeMap::new();
        for spelling in index::spellings(&self.name) {
            let word = index::word_of(&spelling).to_owned();
            let at = Key::new(spellings_partition(self.scope), spelling);
            words.entry(word).or_default().push(NameSpelling { at });
        }
        words
    }
}

impl Entity for FormerName {
    const NAME: &'static str = "former-name";

    fn key(&self) -> Key {
        self.at.clone()
    }

    fn due(&self) -> Option<Timestamp> {
        Some(self.due_at)
    }
}

/// Finds the names with a part that begins with a text.
#[derive(Debug, Clone)]
pub struct NameParts(pub NameScope, pub String);

impl AccessPattern for NameParts {
    type Entity = NamePart;
    const DESCRIBED: Described = Described {
        name: "NameParts",
        about: "the names with a part that begins with a text",
        place: "`NAMES#<ORGANIZATIONS, PARTNERS, PEOPLE, partner or organization>` · `<part>#<organization, partner, customer or member>`",
    };
}

impl ListPattern for NameParts {
    fn index(&self) -> Index {
        Index::Table
    }

    fn partition(&self) -> String {
        names_partition(self.0)
    }

    fn range(&self) -> (String, String) {
        starting_with(&self.1)
    }
}

/// Finds the spellings that begin with a text.
#[derive(Debug, Clone)]
pub struct NameSpellings(pub NameScope, pub String);

impl AccessPattern for NameSpellings {
    type Entity = NameSpelling;
    const DESCRIBED: Described = Described {
        name: "NameSpellings",
        about: "the spellings of words of names that begin with a text",
        place: "`SPELLINGS#<ORGANIZATIONS, PARTNERS, PEOPLE, partner or organization>` · `<edits><letters>#<word>`",
    };
}

impl ListPattern for NameSpellings {
    fn index(&self) -> Index {
        Index::Table
    }

    fn partition(&self) -> String {
        spellings_partition(self.0)
    }

    fn range(&self) -> (String, String) {
        starting_with(&self.1)
    }
}

patterns! {
    custom NameParts {}
    custom NameSpellings {}
}

fn within(scope: NameScope) -> String {
    match scope {
        NameScope::Organizations => "ORGANIZATIONS".to_owned(),
        NameScope::Partners => "PARTNERS".to_owned(),
        NameScope::Directory(partner) => partner.to_string(),
        NameScope::People => "PEOPLE".to_owned(),
        NameScope::Customers(organization) => organization.to_string(),
    }
}

/// Returns the partition of the parts of names.
pub(super) fn names_partition(scope: NameScope) -> String {
    format!("NAMES#{}", within(scope))
}

/// Returns the partition of the spellings of words of names.
pub(super) fn spellings_partition(scope: NameScope) -> String {
    format!("{SPELLINGS}{}", within(scope))
}

/// Prefix of the partitions of spellings.
const SPELLINGS: &str = "SPELLINGS#";
/// Prefix of the partitions of the names whose spellings are still to be written.
const UNSPELLED: &str = "UNSPELLED#";

/// Returns the key of a part of a name that an organization or partner has.
pub(super) fn name_part_key(scope: NameScope, part: &str, id: impl std::fmt::Display) -> Key {
    Key::new(names_partition(scope), format!("{part}#{id}"))
}

/// Returns the key of a name whose spellings are still to be written.
pub(crate) fn unspelled_name_key(scope: NameScope, id: impl std::fmt::Display) -> Key {
    Key::new(format!("{UNSPELLED}{}", within(scope)), id.to_string())
}

/// Returns the key of a name that a person no longer has.
pub(super) fn former_name_key(scope: NameScope, id: impl std::fmt::Display, due_at: Timestamp) -> Key {
    Key::new(format!("FORMER_NAME#{}", within(scope)), format!("{id}#{due_at}"))
}

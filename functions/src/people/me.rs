//! The caller itself, as its token and its own record say.

use api_runtime::context::caller::CallerStatus;
use api_runtime::table::{CustomerById, MemberById, StaffBySubject};
use api_runtime::{Context, Failure, Output};
use domain::actor::ActorKind;
use domain::{
    Actor, Customer, Email, Language, Member, Metadata, Name, OrganizationId, PartnerId, PersonRef, Role,
    StaffRecord, TimeZone, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::record::PersonRecordView;
use crate::party::{Names, Party};

/// The caller's own record: the one that the role and party of its token select.
#[derive(Debug, Clone)]
pub(super) enum OwnRecord {
    Member(Member),
    Customer(Customer),
    Staff(StaffRecord),
}

impl OwnRecord {
    /// Reads the caller's own record consistently; `None` if there is none, or if the caller may do nothing.
    pub(super) async fn read(context: &Context<'_>) -> Result<Option<Self>, Failure> {
        let table = context.table;
        let Some(CallerStatus::Active(author)) = context.caller_status().await? else { return Ok(None) };
        Ok(match author.person() {
            Some(PersonRef::Member(id)) => table.get(&MemberById(id)).await?.map(Self::Member),
            Some(PersonRef::Customer(id)) => table.get(&CustomerById(id)).await?.map(Self::Customer),
            Some(PersonRef::Staff(subject)) => table.get(&StaffBySubject(subject)).await?.map(Self::Staff),
            None => None,
        })
    }

    fn view(self) -> OwnRecordView {
        match self {
            Self::Member(Member {
                id, name, disabled_at, erased_at, language, time_zone, metadata, ..
            }) => OwnRecordView {
                id: id.to_string(),
                state: OwnRecordState::of(disabled_at, erased_at),
                name: Some(name),
                language,
                time_zone,
                metadata,
            },
            Self::Customer(Customer {
                id,
                name,
                disabled_at,
                erased_at,
                language,
                time_zone,
                metadata,
                ..
            }) => OwnRecordView {
                id: id.to_string(),
                state: OwnRecordState::of(disabled_at, erased_at),
                name: Some(name),
                language,
                time_zone,
                metadata,
            },
            Self::Staff(StaffRecord { subject, name, erased_at, language, time_zone, metadata, .. }) => {
                let state = OwnRecordState::of(None, erased_at);
                OwnRecordView { id: subject, state, name, language, time_zone, metadata }
            }
        }
    }
}

/// State of the caller's own record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OwnRecordState {
    /// The record gives its rights.
    Active,
    /// The record gives no right until it is enabled.
    Disabled,
    /// The person was erased. The record of an operator or agent then has neither name nor e-mail, whatever the token states.
    Erased,
}

impl OwnRecordState {
    fn of(disabled_at: Option<Timestamp>, erased_at: Option<Timestamp>) -> Self {
        match (erased_at, disabled_at) {
            (Some(_), _) => Self::Erased,
            (None, Some(_)) => Self::Disabled,
            (None, None) => Self::Active,
        }
    }
}

/// The caller's own record, as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "OwnRecord")]
pub struct OwnRecordView {
    /// Id of the member or customer; subject of the token of the vendor's staff.
    id: String,
    /// State of the record.
    state: OwnRecordState,
    /// Display name; 1 to 200 characters. Absent if an operator or agent set none.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Name>,
    /// Language in which the person is addressed; a BCP 47 tag such as `ja`. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<Language>,
    /// IANA time zone in which the person is shown times, such as `Asia/Tokyo`. Absent if none was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<TimeZone>,
    /// Creation time, time of the last write, and version.
    #[serde(flatten)]
    metadata: Metadata,
}

/// The caller itself.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// Subject (`sub`) of the token.
    subject: String,
    /// Verified e-mail of the token; at most 254 bytes. Absent for a machine of the vendor without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    /// Role that the token states. A record may give less.
    role: Role,
    /// Partner of a partner's member, with its name. Absent for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
    /// Organization of a customer, with its name. Absent for others, and for a customer of no organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Party<OrganizationId>>,
    /// The caller's own record: the member of the token's partner, or the customer of the token's organization, with the
    /// verified e-mail; for the vendor's staff the record of the subject. Absent if there is none, or if it is disabled or erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<OwnRecordView>,
    /// All customers and members with the verified e-mail.
    records: Vec<PersonRecordView>,
    /// Operations that the role may call, by their ids. A person whose record is disabled or removed, or whose partner or
    /// organization is deactivated, may only call `get-me` and `export-my-data`.
    operations: Vec<String>,
}

impl Output for Me {}

impl Me {
    /// Returns the caller as it is shown.
    pub(super) fn new(
        actor: &Actor,
        own: Option<OwnRecord>,
        (names, records): (&Names, Vec<PersonRecordView>),
        operations: Vec<String>,
    ) -> Self {
        let (role, partner, organization) = match actor.kind {
            ActorKind::Operator => (Role::Operator, None, None),
            ActorKind::Agent => (Role::Agent, None, None),
            ActorKind::Partner { partner, admin: true } => (Role::PartnerAdmin, Some(partner), None),
            ActorKind::Partner { partner, admin: false } => (Role::PartnerMember, Some(partner), None),
            ActorKind::Customer { organization, manager: true } => (Role::ContactManager, None, organization),
            ActorKind::Customer { organization, manager: false } => (Role::Customer, None, organization),
        };
        Self {
            subject: actor.subject.clone(),
            email: actor.email.clone(),
            role,
            partner: partner.map(|partner| names.partner(partner)),
            organization: organization.map(|organization| names.organization(organization)),
            record: own.map(OwnRecord::view),
            records,
            operations,
        }
    }
}

impl Output for OwnRecordView {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        Some(self.metadata.version)
    }
}

impl From<OwnRecord> for OwnRecordView {
    fn from(own: OwnRecord) -> Self {
        own.view()
    }
}

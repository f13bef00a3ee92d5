//! Records of people, customers and members alike, as they are shown.

use api_runtime::table::{BatchResult, CustomerById, MemberById};
use api_runtime::{Context, Failure};
use domain::{Customer, Email, Member, Name, OrganizationId, PartnerId, PersonRef, PersonState};
use schemars::JsonSchema;
use serde::Serialize;

use crate::party::{Names, Party};

/// Record of a customer or member.
#[derive(Debug)]
pub(super) enum PersonRecord {
    Customer(Customer),
    Member(Member),
}

/// Kind of a person's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RecordKind {
    /// Customer of an organization, or of none.
    Customer,
    /// Member of a partner.
    Member,
}

/// Record of a customer or member, with its party.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Person")]
pub struct PersonRecordView {
    /// Kind of the record.
    #[serde(rename = "type")]
    kind: RecordKind,
    /// Id of the customer or member.
    id: String,
    /// Name of the person; 1 to 200 characters.
    name: Name,
    /// E-mail of the person; at most 254 bytes.
    email: Email,
    /// State of the record.
    state: PersonState,
    /// Whether the customer is a contact manager, or the member an admin.
    manager: bool,
    /// Organization of the customer, with its name. Absent for a member, and for a customer of no organization.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Party<OrganizationId>>,
    /// Partner of the member, with its name. Absent for a customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<Party<PartnerId>>,
}

impl PersonRecord {
    /// Returns the record of a person from the result of a read.
    pub(super) fn among(found: &BatchResult, person: &PersonRef) -> Result<Option<Self>, Failure> {
        Ok(match person {
            PersonRef::Customer(id) => found.get(&CustomerById(*id))?.map(Self::Customer),
            PersonRef::Member(id) => found.get(&MemberById(*id))?.map(Self::Member),
            PersonRef::Staff(_) => None,
        })
    }

    /// Returns the id of the record.
    pub(super) fn id(&self) -> String {
        match self {
            Self::Customer(customer) => customer.id.to_string(),
            Self::Member(member) => member.id.to_string(),
        }
    }

    /// Returns whether the person was not removed.
    pub(super) fn is_present(&self) -> bool {
        match self {
            Self::Customer(customer) => customer.removed_at.is_none(),
            Self::Member(member) => member.removed_at.is_none(),
        }
    }

    fn view(self, names: &Names) -> PersonRecordView {
        match self {
            Self::Customer(Customer { id, name, email, manager, disabled_at, organization_id, .. }) => {
                PersonRecordView {
                    kind: RecordKind::Customer,
                    id: id.to_string(),
                    name,
                    email,
                    state: PersonState::of(disabled_at),
                    manager,
                    organization: organization_id.map(|organization| names.organization(organization)),
                    partner: None,
                }
            }
            Self::Member(Member { id, name, email, admin, disabled_at, partner_id, .. }) => {
                PersonRecordView {
                    kind: RecordKind::Member,
                    id: id.to_string(),
                    name,
                    email,
                    state: PersonState::of(disabled_at),
                    manager: admin,
                    organization: None,
                    partner: Some(names.partner(partner_id)),
                }
            }
        }
    }
}

/// Returns records as they are shown. Reads the names of their parties together.
pub(super) async fn views(
    context: &Context<'_>,
    records: Vec<PersonRecord>,
) -> Result<Vec<PersonRecordView>, Failure> {
    let partners = records.iter().filter_map(|record| match record {
        PersonRecord::Member(member) => Some(member.partner_id),
        PersonRecord::Customer(_) => None,
    });
    let organizations = records.iter().filter_map(|record| match record {
        PersonRecord::Customer(customer) => customer.organization_id,
        PersonRecord::Member(_) => None,
    });
    let names = Names::of(context, partners, organizations).await?;
    Ok(records.into_iter().map(|record| record.view(&names)).collect())
}

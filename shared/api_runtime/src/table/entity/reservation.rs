//! What makes a value unique.

use domain::access::MemberRecord;
use domain::{
    Customer, CustomerId, ExternalId, Member, MemberId, Name, OrganizationId, PartnerId, ProductCode,
    ProductId, Site, SiteId, SourceId, StoreAccount,
};
use serde::{Deserialize, Serialize};

use super::Entity;
use crate::table::error::Error;
use crate::table::key::{self, Key};

/// Makes a value unique: the item's key is the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The value, as the reservation's key.
    #[serde(flatten)]
    pub at: Key,
    /// The id of what has the value.
    pub owner: String,
    /// Of a person's e-mail: whether a customer manages the organization's customers, a member the partner's members.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub manager: bool,
    /// Of a member's e-mail: how many members with it the partner had removed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removals: Option<u64>,
}

impl Reservation {
    /// Gives a customer its e-mail in its organization.
    pub fn email(customer: &Customer) -> Self {
        let at = key::customer_email(customer.organization_id, &customer.email);
        Self { at, owner: customer.id.to_string(), manager: customer.manager, removals: None }
    }

    /// Gives a member its e-mail in its partner, which had removed so many members with it before.
    pub fn member_email(member: &Member, removals: u64) -> Self {
        let at = key::member_email(member.partner_id, &member.email);
        Self { at, owner: member.id.to_string(), manager: member.admin, removals: Some(removals) }
    }

    /// Gives a customer an external id of its creator's, if it has one: an organization's, a partner's, or the vendor's.
    pub fn customer_external_id(customer: &Customer) -> Option<Self> {
        let at = key::customer_external_id(customer.created_by, customer.external_id.as_ref()?);
        Some(Self { at, owner: customer.id.to_string(), manager: false, removals: None })
    }

    /// Gives a product a name.
    pub fn product_name(name: &Name, owner: ProductId) -> Self {
        Self { at: key::product_name(name), owner: owner.to_string(), manager: false, removals: None }
    }

    /// Gives a product a code.
    pub fn product_code(code: &ProductCode, owner: ProductId) -> Self {
        Self { at: key::product_code(code), owner: owner.to_string(), manager: false, removals: None }
    }

    /// Gives a partner an external id of the vendor's.
    pub fn partner_external_id(external_id: &ExternalId, owner: PartnerId) -> Self {
        Self {
            at: key::partner_external_id(external_id),
            owner: owner.to_string(),
            manager: false,
            removals: None,
        }
    }

    /// Gives an organization an external id of its creator's: a partner's, or the vendor's.
    pub fn organization_external_id(
        giver: Option<PartnerId>,
        external_id: &ExternalId,
        owner: OrganizationId,
    ) -> Self {
        Self {
            at: key::organization_external_id(giver, external_id),
            owner: owner.to_string(),
            manager: false,
            removals: None,
        }
    }

    /// The partner that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a partner that has it.
    pub fn partner(&self) -> Result<PartnerId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a partner has is not a partner's".to_owned()))
    }

    /// The member that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a member that has it.
    pub fn member(&self) -> Result<MemberId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a member has is not a member's".to_owned()))
    }

    /// The record of the member that has the e-mail.
    ///
    /// # Errors
    ///
    /// When it is not a member that has it.
    pub fn member_record(&self) -> Result<MemberRecord, Error> {
        Ok(MemberRecord { id: self.member()?, removals: self.removals.unwrap_or_default() })
    }

    /// The customer that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a customer that has it.
    pub fn customer(&self) -> Result<CustomerId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a customer has is not a customer's".to_owned()))
    }

    /// Gives a site its address in its organization.
    pub fn site_url(site: &Site) -> Self {
        let at = key::site_url(site.organization_id, &site.url);
        Self { at, owner: site.id.to_string(), manager: false, removals: None }
    }

    /// Lets a site be its organization's first one on the new platform.
    pub fn first_migration(site: &Site) -> Self {
        Self {
            at: key::first_migration(site.organization_id),
            owner: site.id.to_string(),
            manager: false,
            removals: None,
        }
    }

    /// The site that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a site that has it.
    pub fn site(&self) -> Result<SiteId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a site has is not a site's".to_owned()))
    }

    /// The organization that has the value.
    ///
    /// # Errors
    ///
    /// When it is not an organization that has it.
    pub fn organization(&self) -> Result<OrganizationId, Error> {
        let owner = self.owner.parse();
        owner.map_err(|_| Error::Internal("what an organization has is not an organization's".to_owned()))
    }

    /// The product that has the value.
    ///
    /// # Errors
    ///
    /// When it is not a product that has it.
    pub fn product(&self) -> Result<ProductId, Error> {
        self.owner.parse().map_err(|_| Error::Internal("what a product has is not a product's".to_owned()))
    }

    /// Gives a partner an account at a store.
    pub fn store_account(source: SourceId, account: &StoreAccount, owner: PartnerId) -> Self {
        Self {
            at: key::store_account(source, account),
            owner: owner.to_string(),
            manager: false,
            removals: None,
        }
    }
}

impl Entity for Reservation {
    const NAME: &'static str = "reservation";

    fn key(&self) -> Key {
        self.at.clone()
    }
}

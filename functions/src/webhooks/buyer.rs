//! Buyers that messages name: by their account at the store or, if the source may name partners, by the partner itself.

use crate::party::UNKNOWN_PARTNER;
use api_runtime::Failure;
use api_runtime::table::{BatchGet, BatchResult, OwnerOfStoreAccount, PartnerById};
use domain::deactivation::DEACTIVATED_PARTNER;
use domain::{ErrorKind, Fault, ParseError, PartnerId, Source, StoreAccount};
use serde_json::Value;

pub(super) const NOT_ALLOWED: ErrorKind = ErrorKind::rule(
    "partner-not-allowed",
    "this source may not name partners: send `storeAccount` instead of `partnerId`",
);
pub(super) const NO_ACCOUNT: ErrorKind =
    ErrorKind::rule("account-required", "this source may not name partners: send `storeAccount`");

/// Buyer that a message names.
pub(super) struct NamedBuyer {
    /// Lookup of the partner to which the buyer's account at the store is linked.
    pub account: Option<OwnerOfStoreAccount>,
    partner: Option<PartnerById>,
}

/// Returns a fault if a message must have either `storeAccount` or `partnerId`, not both, or neither although
/// `may_be_direct` is false.
pub(super) fn check(sent: &Value, may_be_direct: bool) -> Option<(String, ParseError)> {
    let names = |name: &str| sent.get(name).is_some_and(|value| !value.is_null());
    match (names("storeAccount"), names("partnerId")) {
        (true, true) => Some((
            String::new(),
            ParseError::new("ambiguous", "must have either `storeAccount` or `partnerId`, not both"),
        )),
        (false, false) if sent.is_object() && !may_be_direct => {
            let invalid = ParseError::new("missing", "is required, unless `partnerId` is given");
            Some(("/storeAccount".to_owned(), invalid))
        }
        _ => None,
    }
}

impl NamedBuyer {
    pub(super) fn new(source: &Source, account: Option<StoreAccount>, partner: Option<PartnerId>) -> Self {
        let account = account.map(|account| OwnerOfStoreAccount(source.id, account));
        Self { account, partner: partner.map(PartnerById) }
    }

    /// Returns the field of `data` that names the buyer.
    pub(super) fn field(&self) -> &'static str {
        if self.account.is_some() { "storeAccount" } else { "partnerId" }
    }

    /// Adds the lookups of the account and the partner to a batch read.
    pub(super) fn want(&self, wanted: &mut BatchGet) {
        self.account.iter().for_each(|account| wanted.add(account));
        self.partner.iter().for_each(|partner| wanted.add(partner));
    }

    /// Returns the buying partner; `None` if its account is not linked to a partner yet, or if the organization itself
    /// is the buyer.
    ///
    /// # Errors
    ///
    /// Those of the table; the inner error is the fault of the buyer that the message names.
    pub(super) fn find(
        &self,
        source: &Source,
        found: &BatchResult,
    ) -> Result<Result<Option<PartnerId>, Fault>, Failure> {
        Ok(match (&self.account, &self.partner) {
            (Some(account), _) => {
                Ok(found.get(account)?.map(|reservation| reservation.owner_id()).transpose()?)
            }
            (None, Some(_)) if !source.may_name_partners => Err(NOT_ALLOWED.at(&[&"data", &"partnerId"])),
            (None, Some(partner)) => match found.get(partner)? {
                Some(known) if known.deactivated_at.is_some() => {
                    Err(DEACTIVATED_PARTNER.at(&[&"data", &"partnerId"]))
                }
                Some(known) => Ok(Some(known.id)),
                None => Err(UNKNOWN_PARTNER.at(&[&"data", &"partnerId"])),
            },
            (None, None) if source.may_name_partners => Ok(None),
            (None, None) => Err(NO_ACCOUNT.at(&[&"data", &"storeAccount"])),
        })
    }
}

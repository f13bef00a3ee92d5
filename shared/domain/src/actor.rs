//! Actors: callers with a verified token, and their roles. The token is the upper bound of what a caller may do.

use deserr::Deserr;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::author::{Author, AuthorKind};
use crate::fault::{Faults, quoted};
use crate::id::{CustomerId, MemberId, OrganizationId, PartnerId};
use crate::problem::Problem;
use crate::text::Email;
use crate::unicode::is_refused_in_identifiers;

/// Role that a route requires of its caller. Roles include each other: an admin is a member too, and a contact
/// manager is a customer too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Deserr)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, rename_all = camelCase)]
pub enum Role {
    /// Operators, who administer for the vendor.
    Operator,
    /// Agents, the vendor's support staff.
    Agent,
    /// Admins of a partner.
    PartnerAdmin,
    /// All members of a partner, including admins.
    PartnerMember,
    /// Contact managers of an organization.
    ContactManager,
    /// All customers, including contact managers.
    Customer,
}

impl Role {
    /// Returns whether the role is one of the vendor's staff.
    pub fn is_staff(self) -> bool {
        matches!(self, Self::Operator | Self::Agent)
    }

    /// Returns the role in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Agent => "agent",
            Self::PartnerAdmin => "partner admin",
            Self::PartnerMember => "partner member",
            Self::ContactManager => "contact manager",
            Self::Customer => "customer",
        }
    }
}

/// Kind of a person, and the party that the person acts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// Operator of the vendor.
    Operator,
    /// Agent of the vendor's support.
    Agent,
    /// Member of a partner.
    Partner {
        /// Partner that the member works for.
        partner: PartnerId,
        /// Whether the token states that the member is an admin.
        admin: bool,
    },
    /// Customer of an organization, or of none.
    Customer {
        /// Organization that the customer belongs to; `None` if the customer belongs to none.
        organization: Option<OrganizationId>,
        /// Whether the token states that the customer is a contact manager.
        manager: bool,
    },
}

/// Person, or machine of the vendor, whose token was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Subject (`sub`) that the issuer gave to the person: 1 to 255 characters.
    pub subject: String,
    /// E-mail that the issuer verified; only the vendor's staff and machines may have none.
    pub email: Option<Email>,
    /// Kind of the person, and the party that the person acts for.
    pub kind: ActorKind,
}

impl Actor {
    /// Reads the claims of a verified token. `claim` looks up a claim by its name; the names of Vouchsafe's own
    /// claims begin with `prefix`.
    ///
    /// # Errors
    ///
    /// One sentence for the caller if the claims do not describe a known kind of caller.
    pub fn from_claims<'a>(prefix: &str, claim: impl Fn(&str) -> Option<&'a str>) -> Result<Self, String> {
        let ours = |name: &str| claim(&format!("{prefix}{name}"));
        // A subject that looks like the id of a record would pass for that person in the history.
        let is_record = |sub: &str| sub.parse::<MemberId>().is_ok() || sub.parse::<CustomerId>().is_ok();
        let usable = |sub: &&str| {
            let length = sub.chars().count();
            (1..=255).contains(&length) && !sub.contains(is_refused_in_identifiers) && !is_record(sub)
        };
        let subject = claim("sub").filter(usable);
        let subject = subject.ok_or("the token has no usable `sub`")?.to_owned();
        let manager = match ours("manager") {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                return Err(format!(
                    "the claim `{prefix}manager` is {}, but must be `true` or `false`",
                    quoted(other)
                ));
            }
        };
        let no_org = || format!("the claim `{prefix}org` must be the id of a partner or organization");
        let kind = match ours("role") {
            Some("operator") => ActorKind::Operator,
            Some("agent") => ActorKind::Agent,
            Some("partner") => {
                let partner = ours("org").and_then(|org| org.parse().ok()).ok_or_else(no_org)?;
                ActorKind::Partner { partner, admin: manager }
            }
            Some("customer") => {
                let organization = match ours("org") {
                    Some(org) => Some(org.parse().map_err(|_| no_org())?),
                    None => None,
                };
                ActorKind::Customer { organization, manager: manager && organization.is_some() }
            }
            Some(other) => {
                return Err(format!(
                    "the claim `{prefix}role` is {}, but must be `operator`, `agent`, `partner` or `customer`",
                    quoted(other)
                ));
            }
            None => return Err(format!("the token has no claim `{prefix}role`")),
        };
        let verified = claim("email_verified") == Some("true");
        let email = claim("email").filter(|_| verified).and_then(|email| email.parse().ok());
        let staff = matches!(kind, ActorKind::Operator | ActorKind::Agent);
        if email.is_none() && !staff {
            return Err("the token has no verified e-mail".to_owned());
        }
        Ok(Self { subject, email, kind })
    }

    /// Returns whether the person has one of `roles`.
    pub fn has_one_of(&self, roles: &[Role]) -> bool {
        roles.iter().any(|role| match (role, self.kind) {
            (Role::Operator, kind) => kind == ActorKind::Operator,
            (Role::Agent, kind) => kind == ActorKind::Agent,
            (Role::PartnerAdmin, ActorKind::Partner { admin, .. }) => admin,
            (Role::PartnerMember, ActorKind::Partner { .. }) => true,
            (Role::ContactManager, ActorKind::Customer { manager, .. }) => manager,
            (Role::Customer, ActorKind::Customer { .. }) => true,
            _ => false,
        })
    }

    /// Returns whether the person works for the vendor.
    pub fn is_staff(&self) -> bool {
        matches!(self.kind, ActorKind::Operator | ActorKind::Agent)
    }

    /// Returns the organization of a customer; `None` for everyone else.
    pub fn organization(&self) -> Option<OrganizationId> {
        match self.kind {
            ActorKind::Customer { organization, .. } => organization,
            _ => None,
        }
    }

    /// Returns the verified e-mail.
    ///
    /// # Errors
    ///
    /// 404 for a caller without one, such as a machine of the vendor: nothing that is found by a person's e-mail
    /// exists for it.
    pub fn require_email(&self) -> Result<Email, Problem> {
        self.email.clone().ok_or_else(Problem::not_found)
    }

    /// Checks that the person belongs to the vendor's staff or to the partner.
    ///
    /// # Errors
    ///
    /// 404 for everybody else, as if there were no such partner.
    pub fn authorize_partner(&self, partner: PartnerId) -> Result<(), Problem> {
        match self.kind {
            ActorKind::Partner { partner: own, .. } if own == partner => Ok(()),
            _ if self.is_staff() => Ok(()),
            _ => Err(Problem::not_found()),
        }
    }

    /// Checks that the person belongs to the vendor's staff or to the organization.
    ///
    /// # Errors
    ///
    /// 404 for everybody else, as if there were no such organization.
    pub fn authorize_organization(&self, organization: OrganizationId) -> Result<(), Problem> {
        match self.kind {
            ActorKind::Customer { organization: own, .. } if own == Some(organization) => Ok(()),
            _ if self.is_staff() => Ok(()),
            _ => Err(Problem::not_found()),
        }
    }

    /// Returns the id of the partner or organization that the person acts for; `None` for the vendor's staff.
    pub fn party(&self) -> Option<String> {
        match self.kind {
            ActorKind::Operator | ActorKind::Agent => None,
            ActorKind::Partner { partner, .. } => Some(partner.to_string()),
            ActorKind::Customer { organization, .. } => {
                organization.map(|organization| organization.to_string())
            }
        }
    }

    /// Returns the person as the author of an event, by the subject of the token. If the person has a record, events
    /// name that instead.
    pub fn author(&self) -> Author {
        let kind = match self.kind {
            ActorKind::Operator => AuthorKind::Operator,
            ActorKind::Agent => AuthorKind::Agent,
            ActorKind::Partner { .. } => AuthorKind::Partner,
            ActorKind::Customer { .. } => AuthorKind::Customer,
        };
        Author { kind, id: self.subject.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTNER: &str = "prt_019b8c3e-5c00-7000-8000-000000000001";
    const ORGANIZATION: &str = "org_019b8c3e-5c00-7000-8000-000000000002";

    fn actor(claims: &[(&str, &str)]) -> Result<Actor, String> {
        let find = |name: &str| claims.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        Actor::from_claims("vouchsafe:", find)
    }

    fn person<'a>(role: &'a str, org: &'a str, manager: &'a str) -> Vec<(&'a str, &'a str)> {
        let known = [
            ("sub", "s"),
            ("email", "A@Miyako.example"),
            ("email_verified", "true"),
            ("vouchsafe:role", role),
            ("vouchsafe:org", org),
            ("vouchsafe:manager", manager),
        ];
        known.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    #[test]
    fn admin_has_the_member_role_and_contact_manager_the_customer_role() {
        let admin = actor(&person("partner", PARTNER, "true")).unwrap();
        assert!(admin.has_one_of(&[Role::PartnerAdmin]) && admin.has_one_of(&[Role::PartnerMember]));
        let member = actor(&person("partner", PARTNER, "")).unwrap();
        assert!(!member.has_one_of(&[Role::PartnerAdmin]) && member.has_one_of(&[Role::PartnerMember]));
        let manager = actor(&person("customer", ORGANIZATION, "true")).unwrap();
        assert!(manager.has_one_of(&[Role::ContactManager]) && manager.has_one_of(&[Role::Customer]));
        let nobody = actor(&person("customer", "", "true")).unwrap();
        assert!(!nobody.has_one_of(&[Role::ContactManager]) && nobody.has_one_of(&[Role::Customer]));
        assert_eq!(admin.email.unwrap().folded(), "a@miyako.example");
    }

    #[test]
    fn incomplete_or_inconsistent_claims_are_refused() {
        for claims in [
            person("", PARTNER, ""),
            person("owner", PARTNER, ""),
            person("partner", "", ""),
            person("partner", ORGANIZATION, ""),
            person("customer", PARTNER, ""),
            person("partner", PARTNER, "yes"),
            vec![("vouchsafe:role", "operator")],
            vec![("sub", "mem_019b8c3e-5c00-7000-8000-000000000003"), ("vouchsafe:role", "operator")],
        ] {
            assert!(actor(&claims).is_err(), "{claims:?}");
        }
    }

    #[test]
    fn unverified_email_is_refused_except_for_vendor_staff() {
        let mut claims = person("partner", PARTNER, "");
        claims.retain(|(name, _)| *name != "email_verified");
        assert!(actor(&claims).is_err());
        let mut claims = person("operator", "", "");
        claims.retain(|(name, _)| *name != "email_verified");
        assert_eq!(actor(&claims).unwrap().email, None);
    }

    #[test]
    fn partner_and_customer_are_refused_outside_their_own_party() {
        let (own, other): (PartnerId, PartnerId) =
            (PARTNER.parse().unwrap(), PARTNER.replace("01", "07").parse().unwrap());
        let member = actor(&person("partner", PARTNER, "")).unwrap();
        assert!(member.authorize_partner(own).is_ok());
        assert_eq!(member.authorize_partner(other), Err(Problem::not_found()));
        assert!(member.authorize_organization(ORGANIZATION.parse().unwrap()).is_err());
        let customer = actor(&person("customer", ORGANIZATION, "")).unwrap();
        assert!(customer.authorize_organization(ORGANIZATION.parse().unwrap()).is_ok());
        assert!(customer.authorize_partner(own).is_err());
        assert!(actor(&person("agent", "", "")).unwrap().authorize_partner(other).is_ok());
    }
}

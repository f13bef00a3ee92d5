//! `create-organization`

use aws::http::body::Json;
use aws::operation::{Method, Nothing, route};
use aws::table::pattern::{OwnerOfOrganizationExternalId, PartnerById};
use aws::table::{Change, Lookup, Refusal, Reservation};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use deserr::Deserr;
use domain::actor::Standing;
use domain::{
    Actor, At, Customer, EventKind, ExternalId, Fault, Faults, Happening, Name, Organization, PartnerId,
    Problem, Role, Stage, Stamp,
};
use schemars::JsonSchema;

/// Makes a customer organization known, and, if it names a partner, that partner's customer.
pub struct CreateOrganization;

/// An organization to be.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOrganization {
    /// What people call it.
    name: Name,
    /// Its id in your own system; no other organization that you created may have it.
    #[deserr(default)]
    external_id: Option<ExternalId>,
    /// The partner whose customer it is. A partner's admin must name their own.
    #[deserr(default)]
    partner_id: Option<PartnerId>,
}

impl Operation for CreateOrganization {
    const NAME: &str = "create-organization";
    const ABOUT: &str =
        "Makes a customer organization known and, with `partnerId`, puts it into that partner's directory.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/organizations", &[Role::Operator, Role::PartnerAdmin])];
    const CREATES: bool = true;
    const REFUSALS: &[(u16, &str, &str)] = &[
        (409, "external-id-taken", "another organization of the same creator has this external id"),
        (422, "partner-required", "a partner's admin names no partner"),
        (422, "unknown-partner", "there is no such partner for you"),
    ];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<NewOrganization>;
    type Output = Organization;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<Organization>, Failure> {
        let Json(NewOrganization { name, external_id, partner_id }) = &input.body;
        // Whose ids an external id must be unique among.
        let giver = match actor.standing {
            Standing::Partner { partner, .. } => {
                let refuse = |fault| Problem::of(Stage::Rule, vec![fault]);
                let missing = || Fault::new(partner_field(), "partner-required", "name your own partner");
                let named = partner_id.ok_or_else(|| refuse(missing()))?;
                if named != partner {
                    return Err(refuse(unknown_partner()).into());
                }
                Some(partner)
            }
            _ => None,
        };
        let organization = Organization {
            id: context.id(),
            name: name.clone(),
            external_id: external_id.clone(),
            stamp: Stamp::new(context.now),
        };

        let mut change = Change::new();
        change.create(&organization)?;
        if let Some(external_id) = external_id {
            let at = OwnerOfOrganizationExternalId(giver, external_id.clone()).key();
            change.create_once(&Reservation { at, owner: organization.id.to_string() }, |_| taken())?;
        }
        let created = EventKind::OrganizationCreated { name: name.clone(), external_id: external_id.clone() };
        change.record(Happening::of_organization(created, organization.id));
        if let Some(partner_id) = *partner_id {
            change.require(&PartnerById(partner_id), || Refusal::Rule(unknown_partner()));
            let (organization_id, name, stamp) = (organization.id, name.clone(), organization.stamp);
            change.create(&Customer { partner_id, organization_id, name: name.clone(), stamp })?;
            change.record(Happening::of_both(
                EventKind::CustomerLinked { name },
                partner_id,
                organization.id,
            ));
        }

        let location = format!("/v1/organizations/{}", organization.id);
        context.commit(change, Answer::created(location, organization)).await
    }
}

fn partner_field() -> At {
    At::pointer(&[&"partnerId"])
}

fn unknown_partner() -> Fault {
    Fault::new(partner_field(), "unknown-partner", "there is no such partner for you")
}

fn taken() -> Refusal<Organization> {
    let detail = "another organization that you created has this external id";
    Refusal::State(Fault::new(At::pointer(&[&"externalId"]), "external-id-taken", detail))
}

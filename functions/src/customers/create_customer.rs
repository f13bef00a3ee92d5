//! `create-customer`

use api_runtime::table::{EmailInOrganization, EmailReservation, Reservation};
use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, OrganizationPath, Reply,
    Request, Route, route,
};
use deserr::Deserr;
use domain::customer::Creator;
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::event::CustomerCreated;
use domain::{Actor, Customer, Email, ErrorKind, ExternalId, Faults, Name, Role};
use schemars::JsonSchema;

use super::view::CustomerView;
use super::{
    CONTACT_MANAGER_RESTRICTED, NO_ORGANIZATION, SELF_MANAGEMENT_FORBIDDEN, authorize, count_manager,
};
use crate::authority::access_check::LEVEL_TOO_LOW;
use crate::party::require_active_organization;

/// Creates a customer of an organization, or of none.
pub struct CreateCustomer;

pub(super) const EMAIL_TAKEN: ErrorKind =
    ErrorKind::state("email-taken", "another customer of the organization has this e-mail");
const EXTERNAL_ID_TAKEN: ErrorKind =
    ErrorKind::state("external-id-taken", "another customer that you created has this external id");

api_runtime::paths! {
    /// The organization that the customer belongs to, if any.
    Owner {
        /// Organization of the customer.
        Organization(OrganizationPath) = "organizationId",
        /// The customer belongs to no organization.
        Unaffiliated(Nothing) = "",
    }
}

/// A customer to be created.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCustomerBody {
    /// E-mail of the customer, at most 254 bytes; unique in the organization, or among customers of no organization,
    /// regardless of case.
    email: Email,
    /// Name of the customer; 1 to 200 characters.
    name: Name,
    /// Id of the customer in the caller's own system; 1 to 100 characters, unique among the customers that the same
    /// party (vendor, organization or partner) created. Visible only to that party and the vendor. Optional.
    #[deserr(default)]
    external_id: Option<ExternalId>,
    /// Whether the customer is a contact manager, who approves partner access and manages the organization's customers.
    /// Default: `false`. Partners cannot set it, and a customer of no organization cannot have it.
    #[deserr(default)]
    #[schemars(default)]
    manager: bool,
}

impl Operation for CreateCustomer {
    const NAME: &str = "create-customer";
    const SUMMARY: &str = "Create a customer";
    const DESCRIPTION: &str = "Operators, the organization's contact managers and partner members with \
        access level `full-admin` create customers of an organization; only operators create customers of no \
        organization. The e-mail is unique in the organization, or among the customers of no organization. \
        The `externalId` is unique among the customers that the same party created. Partners can create \
        neither contact managers nor customers with the e-mail of one of their own members. Records \
        `customer.created`.";
    const ROUTES: &[Route] = &[
        route(
            Method::Post,
            "/v1/organizations/{organizationId}/customers",
            &[Role::Operator, Role::ContactManager, Role::PartnerMember],
        )
        .of("organization")
        .summarized("Create a customer of an organization"),
        route(Method::Post, "/v1/customers", &[Role::Operator])
            .with_id("create-unaffiliated-customer")
            .summarized("Create a customer of no organization"),
    ];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[
        EMAIL_TAKEN,
        EXTERNAL_ID_TAKEN,
        ORGANIZATION_DEACTIVATED,
        NO_ORGANIZATION,
        LEVEL_TOO_LOW,
        CONTACT_MANAGER_RESTRICTED,
        SELF_MANAGEMENT_FORBIDDEN,
    ];

    type Caller = Actor;
    type Path = Owner;
    type Query = Nothing;
    type Body = Json<CreateCustomerBody>;
    type Output = CustomerView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<CustomerView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(CreateCustomerBody { email, name, external_id, manager }) = body;
        let organization_id = match path {
            Owner::Organization(OrganizationPath { organization_id }) => Some(*organization_id),
            Owner::Unaffiliated(Nothing {}) => None,
        };
        let customer = Customer {
            external_id: external_id.clone(),
            created_by: Creator::of(actor),
            manager: *manager,
            ..Customer::new(context.id(), organization_id, (email, name), context.now)
        };
        let mut change = Change::new();
        if *manager && organization_id.is_none() {
            change.reject(&NO_ORGANIZATION, &[&"manager"]);
        }
        if actor.has_one_of(&[Role::ContactManager]) && actor.email.as_ref() == Some(email) {
            organization_id.map_or(Ok(()), |organization| actor.authorize_organization(organization))?;
            // The call would create the very record that has to prove the caller's authority: if a contact manager's
            // record exists, the e-mail is taken; otherwise the caller has no authority.
            change.reject_by_stored(&EmailInOrganization(organization_id, email.clone()), |holder| {
                match holder {
                    Some(own) if own.is_manager() => {
                        ConditionFailure::held_by(&EMAIL_TAKEN, own.holder_text(), &[&"email"])
                    }
                    _ => ConditionFailure::NotFound,
                }
            });
            return context.commit(change, Answer::ok(CustomerView::to(actor, customer))).await;
        }
        authorize(context, &mut change, actor, organization_id, email, None).await?;
        if *manager {
            count_manager(&mut change, actor, None, &customer);
        }
        if let Some(organization) = organization_id {
            require_active_organization(&mut change, organization);
        }
        change.create(&customer)?;
        change.follow_name(None, &customer, context.now)?;
        change.create_or_reject(&EmailReservation::of_customer(&customer), |holder| {
            ConditionFailure::held_by(&EMAIL_TAKEN, holder.holder_text(), &[&"email"])
        })?;
        if let Some(reservation) = Reservation::customer_external_id(&customer) {
            change.create_or_reject(&reservation, |holder| {
                ConditionFailure::held_by(&EXTERNAL_ID_TAKEN, holder.owner, &[&"externalId"])
            })?;
        }
        let created = CustomerCreated { customer_id: customer.id, manager: *manager };
        change.record(customer.event(created));

        let location = format!("/v1/customers/{}", customer.id);
        context.commit(change, Answer::created(location, CustomerView::to(actor, customer))).await
    }
}

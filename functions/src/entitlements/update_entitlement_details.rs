//! `update-entitlement-details`

use std::collections::BTreeMap;

use api_runtime::table::{CustomerById, Expression};
use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, Reply, Request, Route, route,
};
use deserr::{Deserr, IntoValue, Map, ValueKind, ValuePointerRef};
use domain::entitlement::DetailsChange;
use domain::event::EntitlementDetailsChanged;
use domain::fault::{collect, wrong_kind};
use domain::value::{DETAIL_ERRORS, Values};
use domain::{Actor, Details, Entitlement, ErrorKind, Fault, FaultPointer, Faults, Fields, Owner, Role};
use schemars::JsonSchema;

use super::{EntitlementPath, EntitlementView, read};
use crate::authority::own_record::require_own_record;

/// Changes the values of an entitlement's detail fields.
pub struct UpdateEntitlementDetails;

/// New values of detail fields, keyed by field name or field id. An empty list removes a field's values.
#[derive(Debug, Default, JsonSchema)]
#[schemars(transparent)]
pub struct DetailsPatch(BTreeMap<String, Values>);

impl Deserr<Faults> for DetailsPatch {
    fn deserialize_from_value<V: IntoValue>(
        value: deserr::Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        // deserr's own maps (0.6) silently drop invalid entries.
        let map = match value {
            deserr::Value::Map(map) => map,
            other => return Err(wrong_kind(other, &[ValueKind::Map], location)),
        };
        let (mut details, mut faults) = (BTreeMap::new(), Faults::default());
        for (name, value) in map.into_iter() {
            let parsed = Values::deserialize_from_value(value.into_value(), location.push_key(&name));
            if let Some(values) = collect(&mut faults, parsed) {
                details.insert(name, values);
            }
        }
        if faults.0.is_empty() { Ok(Self(details)) } else { Err(faults) }
    }
}

impl DetailsPatch {
    /// Returns whether the patch names no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Request body: the detail fields to change.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schemars(deny_unknown_fields)]
pub struct UpdateEntitlementDetailsBody {
    /// New values, keyed by field name or field id. An empty list removes a field's values; fields that are not named
    /// keep theirs. All details of an entitlement may take about 64 KB, with those of archived fields.
    details: DetailsPatch,
}

impl Operation for UpdateEntitlementDetails {
    const NAME: &str = "update-entitlement-details";
    const SUMMARY: &str = "Change details of an entitlement";
    const DESCRIPTION: &str = "Operators and agents may call it for every entitlement, customers for those \
        of their organization and their own; each may change only the fields that their role may edit. \
        Fields that are not named keep their values, and either all changes are made or none. The details \
        of an erased customer cannot be changed. Previous \
        values are not kept, and a retired option that is replaced cannot be selected again. Idempotent: \
        values that are already set change nothing. Records `entitlement.details-changed`.";
    const ROUTES: &[Route] = &[
        route(
            Method::Patch,
            "/v1/organizations/{organizationId}/entitlements/{entitlementId}/details",
            &[Role::Operator, Role::Agent, Role::Customer],
        )
        .of("organization")
        .summarized("Change the details of an entitlement of an organization"),
        route(
            Method::Patch,
            "/v1/customers/{customerId}/entitlements/{entitlementId}/details",
            &[Role::Operator, Role::Agent, Role::Customer],
        )
        .of("customer")
        .summarized("Change the details of an entitlement of a customer"),
    ];
    const ERRORS: &[ErrorKind] = &[OWNER_ERASED];
    const SHARED_ERRORS: &[ErrorKind] = &DETAIL_ERRORS;

    type Caller = Actor;
    type Path = EntitlementPath;
    type Query = Nothing;
    type Body = Json<UpdateEntitlementDetailsBody>;
    type Output = EntitlementView;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<EntitlementView>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let Json(UpdateEntitlementDetailsBody { details: wanted }) = body;
        let (before, fields) = read(context, actor, path).await?;
        let (seen, mut change) = (before.metadata.version, Change::new());
        // The change may be irreversible: a retired option cannot be set again.
        require_own_record(&mut change, actor, None);
        require_unerased_owner(&mut change, actor, before.owner);
        // The fields are not conditions of the transaction: a field archived, or an option retired, concurrently with
        // this change keeps the new value, as it keeps all others.
        let details = apply(&mut change, &fields, actor, &before.details, wanted);
        let changed_fields = before.details.differing(&details);
        if changed_fields.is_empty() {
            change.confirm(&before, seen, context.if_match())?;
            let shown = EntitlementView::to(actor, before, &fields, context.now);
            return context.commit(change, Answer::ok(shown)).await;
        }
        let entitlement = Entitlement {
            details,
            details_changed: Some(DetailsChange {
                at: context.now,
                by: context.author().await?,
                import_id: None,
            }),
            metadata: before.metadata.next(context.now),
            ..before
        };
        change.replace(&entitlement, seen, context.if_match())?;
        let entitlement_id = entitlement.id;
        let changed = EntitlementDetailsChanged { entitlement_id, changed_fields };
        change.record(entitlement.event(changed));
        let shown = EntitlementView::to(actor, entitlement, &fields, context.now);
        context.commit(change, Answer::ok(shown)).await
    }
}

/// The customer was erased.
pub(super) const OWNER_ERASED: ErrorKind = ErrorKind::state(
    "person-erased",
    "the customer was erased: its entitlements have ended and take no details any more",
);

/// Requires that the owner is not an erased customer. A customer who calls proves that by its own record.
fn require_unerased_owner(change: &mut Change, actor: &Actor, owner: Owner) {
    let Owner::Customer(customer) = owner else { return };
    if actor.is_staff() {
        let unerased = Expression::new("attribute_not_exists(#erasedAt)");
        change.require_that(&CustomerById(customer), unerased, |_| {
            ConditionFailure::rejected(&OWNER_ERASED, &[])
        });
    }
}

/// Returns `before` with the wanted values. If these have faults, rejects the change with them and returns `before`.
pub(super) fn apply(
    change: &mut Change,
    fields: &Fields,
    actor: &Actor,
    before: &Details,
    DetailsPatch(wanted): &DetailsPatch,
) -> Details {
    let named = wanted.iter().map(|(name, values)| (name.as_str(), values.values.as_slice()));
    let wrong = match fields.validate(actor, before, named) {
        Ok(changes) => return before.with(&changes),
        Err(wrong) => wrong,
    };
    for (name, wrong) in wrong {
        let at = match (name, wrong.value) {
            (Some(name), Some(index)) => FaultPointer::pointer(&[&"details", &name, &"values", &index]),
            (Some(name), None) => FaultPointer::pointer(&[&"details", &name]),
            (None, _) => FaultPointer::pointer(&[&"details"]),
        };
        change.reject_with(wrong.reason.kind, Fault::new(at, wrong.reason.code, wrong.detail));
    }
    before.clone()
}

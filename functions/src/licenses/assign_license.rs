//! `assign-license`

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use api_runtime::table::{
    Error, LicenseTypeByCode, OrganizationById, PartnerOrganizationLink, PoolOfPartner, assign_from_pool,
    is_active, is_listed,
};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, PartnerPath, Reply,
    Request, Route, route,
};
use deserr::Deserr;
use domain::deactivation::ORGANIZATION_DEACTIVATED;
use domain::event::LicenseAssigned;
use domain::license::Lines;
use domain::{
    Actor, Assignment, ErrorKind, Fault, FaultPointer, Faults, LicenseType, LicenseTypeCode, Metadata,
    NewEvent, OrganizationId, Pool, Problem, ProblemKind, Role,
};
use schemars::JsonSchema;

use super::low_pool::low_event;
use crate::authority::own_record::require_member;

/// Assigns licenses from a partner's pools to a customer, irreversibly.
pub struct AssignLicense;

/// Request body: the customer, and the licenses to assign.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignLicenseBody {
    /// Customer that receives the licenses: an organization in the partner's directory.
    organization_id: OrganizationId,
    /// Licenses to assign: 1 to 20 lines, each of another license type. Either all lines are assigned or none.
    lines: Lines,
}

impl Operation for AssignLicense {
    const NAME: &str = "assign-license";
    const SUMMARY: &str = "Assign licenses to a customer";
    const DESCRIPTION: &str = "Partner members assign licenses from their partner's pools to an organization \
        in its directory; access to the organization alone does not suffice (404). Assignments are \
        irreversible. Either all lines are assigned or none: if a pool \
        holds too few licenses, the call is refused (409 `license-pool-exhausted`), and so are an assignment \
        to a deactivated organization (409 `organization-deactivated`) and a license type that does not \
        exist (422 `unknown-license-type`). The required \
        `Idempotency-Key` keeps a retry from assigning twice. Records `license.assigned` for each line, and \
        `license.pool-low` for each pool that falls below its threshold.";
    const ROUTES: &[Route] =
        &[route(Method::Post, "/v1/partners/{partnerId}/license-assignments", &[Role::PartnerMember])];
    const KEY_REQUIRED: bool = true;
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[Pool::EXHAUSTED, LicenseType::UNKNOWN, ORGANIZATION_DEACTIVATED];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Json<AssignLicenseBody>;
    type Output = Assignment;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<Assignment>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let partner_id = path.partner_id;
        let Json(AssignLicenseBody { organization_id, lines }) = body;
        let assignment = Assignment {
            id: context.id(),
            partner_id,
            organization_id: *organization_id,
            lines: lines.clone(),
            metadata: Metadata::new(context.now),
        };

        let location = format!("/v1/partners/{partner_id}/license-assignments/{}", assignment.id);
        let answer = |assignment| Answer::created(location.clone(), assignment);
        let crossed = Crossed::default();
        let change = change_of(actor, &assignment, &BTreeMap::new(), &crossed)?;
        let mut done = context.commit(change, answer(assignment.clone())).await;
        let low = std::mem::take(&mut *crossed.lock().unwrap_or_else(PoisonError::into_inner));
        if matches!(done, Err(Failure::Table(Error::Contended(_)))) && !low.is_empty() {
            let context = context.refreshed();
            let assignment = Assignment { metadata: Metadata::new(context.now), ..assignment };
            let change = change_of(actor, &assignment, &low, &crossed)?;
            done = context.commit(change, answer(assignment)).await;
        }
        match done {
            Err(Failure::Problem(problem)) if problem.code == Pool::EXHAUSTED.code => {
                Err(with_unknown_types(context, problem, lines).await?.into())
            }
            done => done,
        }
    }
}

/// Pools that the assignment makes low, as the failed conditions of the first transaction returned them.
type Crossed = Arc<Mutex<BTreeMap<LicenseTypeCode, Pool>>>;

/// Returns the change that assigns licenses. `low` are the pools that it makes low; if there are others, it is refused as
/// stale, and they are added to `crossed`. So only an assignment that makes a pool low takes a second transaction.
fn change_of(
    actor: &Actor,
    assignment: &Assignment,
    low: &BTreeMap<LicenseTypeCode, Pool>,
    crossed: &Crossed,
) -> Result<Change, Failure> {
    let (partner_id, organization_id) = (assignment.partner_id, assignment.organization_id);
    let mut change = Change::new();
    require_member(&mut change, actor, partner_id)?;
    change.require_that(&PartnerOrganizationLink(partner_id, organization_id), is_listed(), |_| {
        ConditionFailure::rejected(&Problem::NOT_FOUND, &[&"organizationId"])
    });
    // An assignment is irreversible, and the directory loses a deactivated organization only some time later.
    change.require_that(&OrganizationById(organization_id), is_active(), |stored| match stored {
        Some(_) => ConditionFailure::rejected(&ORGANIZATION_DEACTIVATED, &[&"organizationId"]),
        None => ConditionFailure::rejected(&Problem::NOT_FOUND, &[&"organizationId"]),
    });
    change.create(assignment)?;
    for (index, line) in assignment.lines.iter().cloned().enumerate() {
        let pool = PoolOfPartner(partner_id, line.license_type.clone());
        let assigned = LicenseAssigned {
            assignment_id: assignment.id,
            license_type: line.license_type.clone(),
            quantity: line.quantity.get(),
        };
        let assigned = NewEvent::of_both(assigned, partner_id, organization_id);
        change.record(assigned.about(assignment.metadata));
        let low = low.get(&line.license_type);
        low.and_then(|pool| low_event(pool, line.quantity.get()))
            .into_iter()
            .for_each(|low| change.record(low));
        let crossed = crossed.clone();
        change.update(&pool, assign_from_pool(line.quantity, low), move |pool| {
            match pool {
                // It has enough licenses, so it becomes low, or is not as it was read.
                Some(pool) if pool.available >= line.quantity.get() => {
                    let mut crossed = crossed.lock().unwrap_or_else(PoisonError::into_inner);
                    crossed.insert(line.license_type.clone(), pool);
                    ConditionFailure::Stale
                }
                pool => ConditionFailure::by_state(Pool::exhausted(pool.as_ref(), index, &line)),
            }
        });
    }
    Ok(change)
}

/// Returns the problem with the error of an unknown type instead of that of an empty pool, where a line names one. Only a
/// refused call looks for the types.
async fn with_unknown_types(
    context: &Context<'_>,
    problem: Problem,
    lines: &Lines,
) -> Result<Problem, Failure> {
    let quantity = |index: usize| FaultPointer::pointer(&[&"lines", &index, &"quantity"]);
    let mut change = Change::new();
    for (index, line) in lines.iter().enumerate() {
        // Of a type that does not exist, nothing was ever purchased.
        let is_empty = |fault: &Fault| fault.at == quantity(index) && fault.limit == Some(0);
        if problem.faults.iter().any(is_empty) {
            change.require(&LicenseTypeByCode(line.license_type.clone()), move || {
                ConditionFailure::rejected(&LicenseType::UNKNOWN, &[&"lines", &index, &"licenseType"])
            });
        }
    }
    if change.items() == 0 {
        return Ok(problem);
    }
    let unknown = match context.apply(change).await {
        Ok(()) => return Ok(problem),
        Err(Failure::Problem(unknown)) => unknown.faults,
        Err(failure) => return Err(failure),
    };
    let is_unknown = |index: usize| {
        let at = FaultPointer::pointer(&[&"lines", &index, &"licenseType"]);
        unknown.iter().any(|fault| fault.at == at)
    };
    let replaced: Vec<_> =
        (0..lines.iter().count()).filter(|index| is_unknown(*index)).map(quantity).collect();
    let mut faults = problem.faults;
    faults.retain(|fault| !replaced.contains(&fault.at));
    let kind = if faults.is_empty() { ProblemKind::Rule } else { ProblemKind::State };
    faults.extend(unknown);
    Ok(Problem::of(kind, faults))
}

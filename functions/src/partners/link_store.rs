//! `link-store`

use api_runtime::table::{Error, ParkedOrdersRelease, Reservation, SourceById};
use api_runtime::{
    Answer, Change, ConditionFailure, Context, Failure, Json, Method, Nothing, Operation, PartnerPath, Reply,
    Request, Route, route,
};
use deserr::Deserr;
use domain::deactivation::PARTNER_DEACTIVATED;
use domain::event::StoreLinked;
use domain::webhook::{ProofFault, Secret, check_proof};
use domain::{
    Actor, ErrorKind, Faults, Metadata, NewEvent, PartnerId, Period, Role, SourceId, StoreAccount, StoreLink,
};
use lambda_runtime::tracing;
use schemars::JsonSchema;

use crate::authority::own_record::require_admin;
use crate::orders::parked;
use crate::party::require_active_partner;
use crate::webhooks::is_enabled;

/// Links an account at a store to a partner, so that its orders fill the partner's license pools.
pub struct LinkStore;

const ALREADY_LINKED: ErrorKind = ErrorKind::state(
    "store-already-linked",
    "the partner is already linked to another account, which only its deactivation ends",
);
const ACCOUNT_TAKEN: ErrorKind =
    ErrorKind::state("account-taken", "the account is already linked to another partner");
const UNKNOWN_SOURCE: ErrorKind =
    ErrorKind::rule("unknown-source", "there is no such webhook source, or it is disabled");
const PROOF_REQUIRED: ErrorKind = ErrorKind::rule(
    "proof-required",
    "a partner admin must send the `proof` that the store shows after signing in there",
);
const INVALID_PROOF: ErrorKind = ErrorKind::rule(
    "invalid-proof",
    "the proof does not fit this store, partner and account: copy it again from the store",
);
const PROOF_EXPIRED: ErrorKind =
    ErrorKind::rule("proof-expired", "the proof has expired: get a new one from the store");

/// Request body: the store account to link.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkStoreBody {
    /// Store: a webhook source that is not disabled.
    source_id: SourceId,
    /// Account at the store: 1 to 100 characters. No other partner may be linked to it.
    account: StoreAccount,
    /// Proof that the store issued to its signed-in buyer, `<unix expiry>.v1,<base64>`, valid for at most 15 minutes.
    /// Required of a partner's admin, so that nobody can take the orders of an account by naming it; optional for
    /// operators.
    #[deserr(default)]
    proof: Option<String>,
}

impl Operation for LinkStore {
    const NAME: &str = "link-store";
    const SUMMARY: &str = "Link a store account to a partner";
    const DESCRIPTION: &str = "Operators and the partner's admins may call it; admins must send the store's \
        `proof`. Only a deactivation of the partner ends the link; until then, neither the partner nor the account \
        can have another one. \
        From then on the account's orders fill the partner's license pools. Orders that were parked for the \
        account take effect in the order of their arrival, up to 90 before the answer, the rest in a \
        scheduled job. Idempotent: linking the same account again returns the existing link (200 instead of \
        201). Records `store.linked`, and the events of the orders that take effect, such as \
        `license.credited`.";
    const ROUTES: &[Route] =
        &[route(Method::Put, "/v1/partners/{partnerId}/store", &[Role::Operator, Role::PartnerAdmin])];
    const CREATES: bool = true;
    const USES_KEY: bool = true;
    const ERRORS: &[ErrorKind] = &[
        ALREADY_LINKED,
        ACCOUNT_TAKEN,
        PARTNER_DEACTIVATED,
        UNKNOWN_SOURCE,
        PROOF_REQUIRED,
        INVALID_PROOF,
        PROOF_EXPIRED,
    ];

    type Caller = Actor;
    type Path = PartnerPath;
    type Query = Nothing;
    type Body = Json<LinkStoreBody>;
    type Output = StoreLink;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<StoreLink>, Failure> {
        let Request { context, caller: actor, path, body, .. } = request;
        let (partner_id, Json(body)) = (path.partner_id, body);
        actor.authorize_partner(partner_id)?;
        if body.proof.is_some() || !actor.is_staff() {
            prove(context, partner_id, body).await?;
        }
        let (source_id, account) = (body.source_id, body.account.clone());
        let link = StoreLink {
            partner_id,
            source_id,
            account: account.clone(),
            metadata: Metadata::new(context.now),
        };

        let mut change = Change::new();
        require_admin(&mut change, actor, partner_id, None)?;
        require_active_partner(&mut change, partner_id, None);
        let unknown = |_| ConditionFailure::rejected(&UNKNOWN_SOURCE, &[&"sourceId"]);
        change.require_that(&SourceById(source_id), is_enabled(), unknown);
        let reservation = Reservation::store_account(source_id, &account, partner_id);
        change.create_or_reject(&reservation, move |holder| {
            match holder.owner == partner_id.to_string() {
                true => ConditionFailure::AlreadyDone,
                false => ConditionFailure::rejected(&ACCOUNT_TAKEN, &[&"account"]),
            }
        })?;
        let wanted = link.clone();
        let existing = change.create_or_confirm(&link, context.if_match(), move |existing| {
            match existing.source_id == wanted.source_id && existing.account == wanted.account {
                true => ConditionFailure::AlreadyDone,
                false => ConditionFailure::rejected(&ALREADY_LINKED, &[&"account"]),
            }
        })?;
        change.record(
            NewEvent::of_partner(StoreLinked { source_id, account }, partner_id).about(link.metadata),
        );

        // If this call is interrupted, the scheduled job releases the remaining orders from a minute later on.
        let (linked_at, due_at) = (context.now, context.now.after(Period::minutes(1)));
        let release =
            ParkedOrdersRelease { partner_id, source_id, account: link.account.clone(), linked_at, due_at };
        change.put(&release)?;

        let location = format!("/v1/partners/{partner_id}/store");
        let answer = Answer::created(location, link);
        let linked = context.commit_or_confirm(change, answer, existing, |link| link).await?;
        if let Reply::Answer(Answer { body: link, .. }) = &linked {
            let release = ParkedOrdersRelease { linked_at: link.metadata.created_at, ..release };
            match parked::release(context, &release, None, || ()).await {
                // An error would not help the caller: the link is committed, and the scheduled job retries the release.
                Err(Failure::Table(why @ Error::Internal(_))) => {
                    tracing::error!(%why, "parked orders of a linked account cannot be released")
                }
                drained => drop(drained?),
            }
        }
        Ok(linked)
    }
}

/// Checks the proof against the store's secrets in force. For an unknown store, any proof is invalid.
async fn prove(context: &Context<'_>, partner: PartnerId, body: &LinkStoreBody) -> Result<(), Failure> {
    let wrong = || INVALID_PROOF.refuse(&[&"proof"]);
    let proof = body.proof.as_ref().ok_or_else(|| PROOF_REQUIRED.refuse(&[&"proof"]))?;
    let source = context.table.get(&SourceById(body.source_id)).await?.ok_or_else(wrong)?;
    let check = |secret: &Secret| check_proof(proof, secret, partner, &body.account, context.now);
    let verdicts: Vec<_> = source.secrets(context.key()?, context.now).iter().map(check).collect();
    match verdicts.iter().find(|verdict| **verdict != Err(ProofFault::Invalid)) {
        Some(Ok(())) => Ok(()),
        Some(Err(_)) => Err(PROOF_EXPIRED.refuse(&[&"proof"]).into()),
        None => Err(wrong().into()),
    }
}

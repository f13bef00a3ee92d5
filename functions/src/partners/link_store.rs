//! `link-store`

use aws::http::body::Json;
use aws::operation::{Method, Nothing, OfPartner, route};
use aws::table::pattern::{OwnerOfStoreAccount, PartnerById, SourceById};
use aws::table::{Change, Lookup, Refusal, Reservation};
use aws::{Answer, Context, Failure, Input, Operation, Route};
use deserr::Deserr;
use domain::webhook::{ProofFault, Secret, check_proof};
use domain::{
    Actor, At, EventKind, Fault, Faults, Happening, PartnerId, Problem, Role, SourceId, Stage, Stamp,
    StoreAccount, StoreLink,
};
use schemars::JsonSchema;

/// Makes an account at a store a partner's, so that its orders fill the partner's pools.
pub struct LinkStore;

/// Which account.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// The store.
    source_id: SourceId,
    /// The account there.
    account: StoreAccount,
    /// What the store handed to its signed-in buyer, good for a quarter of an hour. A partner's admin needs
    /// it: nobody takes another's orders by naming an account.
    #[deserr(default)]
    proof: Option<String>,
}

impl Operation for LinkStore {
    const NAME: &str = "link-store";
    const ABOUT: &str = "Makes an account at a store a partner's, for good: its orders fill the partner's pools. Again changes nothing.";
    const ROUTES: &[Route] =
        &[route(Method::Put, "/v1/partners/{partnerId}/store", &[Role::Operator, Role::PartnerAdmin])];
    const CREATES: bool = true;
    const REFUSALS: &[(u16, &str, &str)] = &[
        (409, "store-already-linked", "the partner is linked to another account"),
        (409, "account-taken", "the account is another partner's"),
        (422, "unknown-source", "there is no such store"),
        (422, "proof-required", "a partner's admin needs the store's proof"),
        (422, "proof-wrong", "the proof is not this store's for this partner and account"),
        (422, "proof-expired", "the proof was good once"),
    ];

    type Caller = Actor;
    type Path = OfPartner;
    type Query = Nothing;
    type Body = Json<Account>;
    type Output = StoreLink;

    async fn execute(
        context: &Context<'_>,
        actor: &Actor,
        input: &Input<Self>,
    ) -> Result<Answer<StoreLink>, Failure> {
        let (partner_id, Json(body)) = (input.path.partner_id, &input.body);
        actor.reach_partner(partner_id)?;
        if body.proof.is_some() || !actor.is_staff() {
            prove(context, partner_id, body).await?;
        }
        let (source_id, account) = (body.source_id, body.account.clone());
        let link =
            StoreLink { partner_id, source_id, account: account.clone(), stamp: Stamp::new(context.now) };

        let mut change = Change::new();
        change.require(&PartnerById(partner_id), || Refusal::NotFound);
        change.require(&SourceById(source_id), || Refusal::Rule(unknown_source()));
        let at = OwnerOfStoreAccount(source_id, account.clone()).key();
        let reservation = Reservation { at, owner: partner_id.to_string() };
        change.create_once(&reservation, move |held| match held.owner == partner_id.to_string() {
            true => Refusal::AlreadyToo,
            false => Refusal::State(account_taken()),
        })?;
        let is_meant =
            context.if_match().map(|is_meant| move |link: &StoreLink| is_meant(link.stamp.version));
        let wanted = link.clone();
        change.settle(&link, is_meant, move |existing| {
            match existing.source_id == wanted.source_id && existing.account == wanted.account {
                true => Refusal::Already(existing),
                false => Refusal::State(already_linked()),
            }
        })?;
        change.record(Happening::of_partner(EventKind::StoreLinked { source_id, account }, partner_id));

        let location = format!("/v1/partners/{partner_id}/store");
        context.commit(change, Answer::created(location, link)).await
    }
}

/// Holds the proof against the store's secret. An unknown store proves nothing.
async fn prove(context: &Context<'_>, partner: PartnerId, body: &Account) -> Result<(), Failure> {
    let refuse =
        |code, detail| Problem::of(Stage::Rule, vec![Fault::new(At::pointer(&[&"proof"]), code, detail)]);
    let wrong = || refuse("proof-wrong", "is not this store's proof for this partner and account");
    let proof = body.proof.as_ref();
    let proof = proof.ok_or_else(|| refuse("proof-required", "sign in at the store and bring its proof"))?;
    let source = context.table.get(&SourceById(body.source_id)).await?.ok_or_else(wrong)?;
    let secret = Secret::derive(context.key, source.id, source.secret_version);
    Ok(check_proof(proof, &secret, partner, &body.account, context.now).map_err(|fault| match fault {
        ProofFault::Wrong => wrong(),
        ProofFault::Expired => refuse("proof-expired", "has expired; fetch a new one at the store"),
    })?)
}

fn unknown_source() -> Fault {
    Fault::new(At::pointer(&[&"sourceId"]), "unknown-source", "there is no such store")
}

fn account_taken() -> Fault {
    Fault::new(At::pointer(&[&"account"]), "account-taken", "is another partner's")
}

fn already_linked() -> Fault {
    Fault::new(At::pointer(&[&"account"]), "store-already-linked", "the partner is linked to another account")
}

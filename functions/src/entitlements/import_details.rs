//! `import-details`

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use api_runtime::table::{
    BatchGet, BatchResult, CustomerById, EntitlementByName, EntitlementOf, EntitlementReservation, Error,
    ImportRun,
};
use api_runtime::{
    Answer, Change, Context, Failure, Method, Nothing, Operation, Reply, Request, Route, Size, route,
};
use deserr::Deserr;
use domain::entitlement::DetailsChange;
use domain::event::DetailsImported;
use domain::value::{DetailChanges, INVALID_VALUE};
use domain::{
    Actor, Details, Entitlement, EntitlementId, EntitlementName, ErrorKind, Faults, Fields, ImportId,
    NewEvent, Owner, ParseError, Role,
};
use futures_util::future::{try_join, try_join_all};
use schemars::JsonSchema;

use super::import_body::ImportTable;
use super::import_report::{ImportReport, RowFailure, RowOutcome};
use super::import_run::{self, StartedRun};
use super::read_fields;
use super::rows::{OnError, Row};
use super::update_entitlement_details::OWNER_ERASED;

/// Imports values of detail fields for many entitlements.
pub struct ImportDetails;

/// Query parameters of an import.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportDetailsQuery {
    /// Treatment of valid rows when other rows are refused: `skipRow` (the default) or `abort`.
    #[deserr(default)]
    #[schemars(default)]
    on_error: OnError,
}

/// Number of rows that are written concurrently.
const CONCURRENT_ROWS: usize = 32;

/// Data that all rows of an import share.
struct Import<'a> {
    context: &'a Context<'a>,
    actor: &'a Actor,
    fields: Fields,
    id: Option<ImportId>,
    sent: &'a ImportTable,
    on_error: OnError,
}

impl Operation for ImportDetails {
    const NAME: &str = "import-details";
    const SUMMARY: &str = "Import values of detail fields";
    const DESCRIPTION: &str = "Operators change the details of 1 to 10,000 entitlements in one call, as JSON \
        or as a CSV table (`text/csv`, RFC 4180) of at most 4 MB, in UTF-8 or in UTF-16 with a byte order \
        mark. In a table, the first column is `entitlement`, and the others are headed by the name or id of \
        a field; an empty cell keeps the field's value, `\\clear` removes it, and `;` separates the values \
        of a `MULTISELECT` field. Commas, semicolons or tabs separate the cells; the report names the \
        separator, which the header shows or a first line such as `sep=;` states. Each row is applied as a \
        whole or refused; with `onError=abort` nothing is applied unless all rows are valid. An import \
        cannot be undone, only followed by another. A repeated call with the same `Idempotency-Key` resumes \
        an interrupted import, or gets 409 `still-running` while another call writes its rows. Records \
        `details.imported` when all rows are done, or `details.import-aborted` if the import was interrupted \
        and not resumed for an hour.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/entitlement-details/import", &[Role::Operator])];
    const SIZE: Size = Size { seconds: 28, megabytes: 1769 };
    const ERRORS: &[ErrorKind] = &[import_run::STILL_RUNNING];

    type Caller = Actor;
    type Path = Nothing;
    type Query = ImportDetailsQuery;
    type Body = ImportTable;
    type Output = ImportReport;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<ImportReport>, Failure> {
        let Request { context, caller: actor, query, body, .. } = request;
        let on_error = query.on_error;
        if context.validates_only() {
            let (outcomes, _) = plan(context, actor, (body, on_error), None).await?;
            let aborted = on_error == OnError::Abort && any_refused(&outcomes);
            return Ok(Reply::ok(ImportReport::of(outcomes, body.separator, None, aborted)));
        }
        let run = match import_run::begin(context, body.rows.len()).await? {
            StartedRun::Run(run) => run,
            StartedRun::Replay(replay) => return Ok(replay.into()),
        };
        let planned = plan(context, actor, (body, on_error), Some(run.import_id)).await;
        let (outcomes, import) = import_run::release_on_failure(context, &run, planned).await?;
        let (run, outcomes) = match on_error {
            // An interrupted import that had begun to write is resumed, even if a row has become invalid since.
            OnError::Abort if run.writing => (run, outcomes),
            OnError::Abort if any_refused(&outcomes) => {
                let ended = import_run::abort(context, &run).await;
                import_run::release_on_failure(context, &run, ended).await?;
                return Ok(Reply::ok(ImportReport::of(outcomes, body.separator, None, true)));
            }
            OnError::Abort => {
                let marked = import_run::mark_writing(context, &run).await;
                (import_run::release_on_failure(context, &run, marked).await?, outcomes)
            }
            OnError::SkipRow => (run, outcomes),
        };
        let ended = write_all(&import, outcomes, &run).await;
        import_run::release_on_failure(context, &run, ended).await
    }
}

fn any_refused(outcomes: &[RowOutcome]) -> bool {
    outcomes.iter().any(|outcome| matches!(outcome, RowOutcome::Refused(_)))
}

/// Writes the planned rows, and records the end of the import.
async fn write_all(
    import: &Import<'_>,
    outcomes: Vec<RowOutcome>,
    run: &ImportRun,
) -> Result<Reply<ImportReport>, Failure> {
    let outcomes = write(import, outcomes).await?;
    let report = ImportReport::of(outcomes, import.sent.separator, Some(run.import_id), false);
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let event = DetailsImported {
        import_id: run.import_id,
        rows: count(report.rows),
        applied: count(report.applied),
        unchanged: count(report.unchanged),
        refused: count(report.refused),
    };
    let last = || {
        let mut change = Change::new();
        change.remove_if_unchanged(run, run.metadata.version, None)?;
        change.record(NewEvent::of_vendor(event.clone()));
        Ok(change)
    };
    // The event has the time of the end: no event may enter a history before events that were read from it already.
    import.context.refreshed().commit_final(last, Answer::ok(report)).await
}

/// Validates every row before anything is written.
async fn plan<'a>(
    context: &'a Context<'a>,
    actor: &'a Actor,
    (sent, on_error): (&'a ImportTable, OnError),
    id: Option<ImportId>,
) -> Result<(Vec<RowOutcome>, Import<'a>), Failure> {
    let rows = &sent.rows;
    let names: Vec<Result<EntitlementName, _>> = rows.iter().map(|row| row.entitlement.parse()).collect();
    let mut wanted = BatchGet::new();
    names.iter().flatten().for_each(|name| wanted.add(&EntitlementByName(name.clone())));
    let places = async { Ok(context.table.fetch(wanted, true).await?) };
    let (places, fields) = try_join(places, read_fields(context)).await?;
    let (places_of_rows, wanted, rows_of) = places_of_rows(&names, &places)?;
    let mut entitlements = context.table.fetch(wanted, true).await?;
    let import = Import { context, actor, fields, id, sent, on_error };
    let mut outcomes = Vec::with_capacity(rows.len());
    for (number, ((row, name), place)) in rows.iter().zip(&names).zip(places_of_rows).enumerate() {
        let lookup = place.map(|place| EntitlementOf(place.owner, place.entitlement_id));
        // The row's own fault comes first; its cells are validated nevertheless.
        let refuse = |code: &str, detail: &str, before: &Details| {
            let mut refused = vec![RowFailure::new(number, row, None, code, detail)];
            refused.extend(import.changes(number, row, before).err().into_iter().flatten());
            RowOutcome::Refused(refused)
        };
        outcomes.push(match (&row.cells, name, lookup) {
            (Err(why), ..) | (_, Err(why), _) => refuse(why.code, &why.detail, &Details::default()),
            (.., Some(lookup)) if rows_of.get(&lookup.1) != Some(&1) => {
                let current_details = entitlements.get(&lookup)?.map(|one| one.details).unwrap_or_default();
                refuse(
                    "duplicate-row",
                    "another row is for the same entitlement; neither is applied",
                    &current_details,
                )
            }
            (.., lookup) => match lookup.map(|lookup| entitlements.take(&lookup)).transpose()?.flatten() {
                Some(one) if is_of_erased(&entitlements, one.owner)? => {
                    refuse(OWNER_ERASED.code, OWNER_ERASED.about, &one.details)
                }
                Some(entitlement) => match import.changes(number, row, &entitlement.details) {
                    Ok(changes) => import.outcome(entitlement, changes),
                    Err(failures) => RowOutcome::Refused(failures),
                },
                None => refuse("unknown-entitlement", "there is no such entitlement", &Details::default()),
            },
        });
    }
    Ok((outcomes, import))
}

/// Places of the entitlements of the rows, the reads of these entitlements and their owners, and the number of rows of each.
type PlacesOfRows = (Vec<Option<EntitlementReservation>>, BatchGet, HashMap<EntitlementId, usize>);

/// Returns where the entitlements are that the rows name.
fn places_of_rows(
    names: &[Result<EntitlementName, ParseError>],
    places: &BatchResult,
) -> Result<PlacesOfRows, Failure> {
    let mut of_rows = Vec::with_capacity(names.len());
    let (mut wanted, mut rows_of) = (BatchGet::new(), HashMap::<EntitlementId, usize>::new());
    for name in names.iter() {
        let place = match name {
            Ok(name) => places.get(&EntitlementByName(name.clone()))?,
            Err(_) => None,
        };
        // An id is looked up by the number derived from it, and another id may have the same number.
        let place =
            place.filter(|place| !matches!(name, Ok(EntitlementName::Id(id)) if *id != place.entitlement_id));
        if let Some(place) = &place {
            wanted.add(&EntitlementOf(place.owner, place.entitlement_id));
            if let Owner::Customer(customer) = place.owner {
                wanted.add(&CustomerById(customer));
            }
            *rows_of.entry(place.entitlement_id).or_default() += 1;
        }
        of_rows.push(place);
    }
    Ok((of_rows, wanted, rows_of))
}

fn is_of_erased(found: &BatchResult, owner: Owner) -> Result<bool, Failure> {
    let Owner::Customer(customer) = owner else { return Ok(false) };
    Ok(found.get(&CustomerById(customer))?.is_some_and(|customer| customer.erased_at.is_some()))
}

impl Import<'_> {
    /// Returns the changes that a row makes to an entitlement whose details are `before`.
    ///
    /// # Errors
    ///
    /// A failure for every invalid cell.
    fn changes(&self, number: usize, row: &Row, before: &Details) -> Result<DetailChanges, Vec<RowFailure>> {
        let (mut failures, mut reported, mut wanted) =
            (Vec::new(), HashSet::<Option<&str>>::new(), Vec::new());
        for cell in row.cells.iter().flatten() {
            let field = self.fields.visible(&cell.field, self.actor);
            let values = cell.values(field.map(|field| field.field_type.name)).unwrap_or_else(|why| {
                // An unknown field is reported below, whatever its cell contains.
                if field.is_some() {
                    let refused = RowFailure::new(number, row, Some(&cell.field), INVALID_VALUE.code, why);
                    reported.insert(Some(&cell.field));
                    failures.push(refused);
                }
                Cow::Borrowed(&[])
            });
            wanted.push((&*cell.field, values));
        }
        let named = wanted.iter().map(|(field, values)| (*field, &**values));
        let changes = self.fields.validate(self.actor, before, named);
        let changes = changes.map_err(|faults| {
            // Only the first fault of each cell is reported.
            for (field, fault) in faults.into_iter().filter(|(field, _)| reported.insert(*field)) {
                failures.push(RowFailure::new(number, row, field, fault.reason.code, &fault.detail));
            }
        });
        match (changes, failures.is_empty()) {
            (Ok(changes), true) => Ok(changes),
            _ => Err(failures),
        }
    }

    /// Returns the outcome of a valid row, given the entitlement as it was read.
    fn outcome(&self, before: Entitlement, changes: DetailChanges) -> RowOutcome {
        if before.details.with(&changes) != before.details {
            return RowOutcome::Write(Box::new(before), changes);
        }
        let change = before.details_changed.as_ref();
        let written_by_this_import =
            self.id.is_some() && change.is_some_and(|change| change.import_id == self.id);
        if written_by_this_import { RowOutcome::Applied } else { RowOutcome::Unchanged }
    }

    /// Writes a row. If the entitlement was changed concurrently, the row is validated again against the new state.
    /// With `OnError::Abort` the planned changes stand: once the first row is written, no other may be refused.
    async fn write(&self, number: usize, mut outcome: RowOutcome) -> Result<RowOutcome, Failure> {
        let (table, at) = (self.context.table, self.context.now);
        loop {
            let RowOutcome::Write(before, changes) = outcome else { return Ok(outcome) };
            let seen = before.metadata.version;
            let after = Entitlement {
                details: before.details.with(&changes),
                details_changed: Some(DetailsChange {
                    at,
                    by: self.context.author().await?,
                    import_id: self.id,
                }),
                metadata: before.metadata.next(at),
                ..*before
            };
            // All rows share one task: yielding lets the connections make progress before the next row is prepared.
            tokio::task::yield_now().await;
            if table.replace_alone(&after, seen).await? {
                return Ok(RowOutcome::Applied);
            }
            let (lookup, mut wanted) = (EntitlementOf(after.owner, after.id), BatchGet::new());
            wanted.add(&lookup);
            let now = table.fetch(wanted, true).await?.take(&lookup)?;
            let now = now.ok_or_else(|| Error::Internal("an entitlement no longer exists".to_owned()))?;
            let revalidated = match (self.on_error, self.sent.rows.get(number)) {
                (OnError::SkipRow, Some(row)) => self.changes(number, row, &now.details),
                _ => Ok(changes),
            };
            outcome = match revalidated {
                Ok(changes) => self.outcome(now, changes),
                Err(failures) => RowOutcome::Refused(failures),
            };
        }
    }
}

/// Writes the planned rows, [`CONCURRENT_ROWS`] at a time.
async fn write(import: &Import<'_>, outcomes: Vec<RowOutcome>) -> Result<Vec<RowOutcome>, Failure> {
    let work = Mutex::new(outcomes.into_iter().enumerate());
    let mut writers = Vec::new();
    for _ in 0..CONCURRENT_ROWS {
        writers.push(async {
            let mut written = Vec::new();
            loop {
                let next = work.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((number, outcome)) = next else { return Ok::<_, Failure>(written) };
                written.push((number, import.write(number, outcome).await?));
            }
        });
    }
    let mut written: Vec<_> = try_join_all(writers).await?.into_iter().flatten().collect();
    written.sort_by_key(|(number, _)| *number);
    Ok(written.into_iter().map(|(_, outcome)| outcome).collect())
}

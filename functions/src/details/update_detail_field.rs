//! `update-detail-field`

use api_runtime::table::{CountOfFields, DetailFields, Entity, count};
use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, OrNotFound, Reply, Request,
    Route, route,
};
use deserr::Deserr;
use domain::detail::options::{NO_OPTIONS, OPTION_EXISTS, OPTION_LIMIT, OptionChanges, UNKNOWN_OPTION};
use domain::detail::{Audience, Configuration};
use domain::event::{DetailFieldArchived, DetailFieldRestored, DetailFieldUpdated};
use domain::{Actor, DetailField, ErrorKind, Faults, FieldName, Given, Role};
use schemars::JsonSchema;

use super::{DetailFieldPath, LIMIT, NAME_TAKEN, count_more};

/// Updates a detail field.
pub struct UpdateDetailField;

/// Changes of a detail field. Absent fields stay unchanged; the type of a detail field cannot be changed.
#[derive(Debug, Deserr, JsonSchema)]
#[deserr(error = Faults, rename_all = camelCase, deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateDetailFieldBody {
    /// New name; 1 to 255 characters, unique among all detail fields regardless of case and width. Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    name: Given<FieldName>,
    /// Display settings, replacing all previous ones. Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    configuration: Given<Configuration>,
    /// Roles that see the field and its values, each at most once; operators always see it. Replaces the previous
    /// roles. Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    viewers: Given<Audience>,
    /// Roles that change the field's values, among those that see it, each at most once. Replaces the previous roles.
    /// Unchanged if absent. Partner members cannot change values, even if listed.
    #[deserr(default)]
    #[schemars(default)]
    editors: Given<Audience>,
    /// Options to add or change: 1 to 50, for `SELECT` and `MULTISELECT` only. Options that are not listed stay
    /// unchanged. A field has at most 50 options that are not retired, and at most 500 in total.
    #[deserr(default)]
    #[schemars(default)]
    options: Given<OptionChanges>,
    /// Whether the field is archived. An archived field is hidden, but keeps its values. Unchanged if absent.
    #[deserr(default)]
    #[schemars(default)]
    archived: Given<bool>,
}

impl Operation for UpdateDetailField {
    const NAME: &str = "update-detail-field";
    const SUMMARY: &str = "Update, archive or restore a detail field";
    const DESCRIPTION: &str = "Operators change the properties that the body contains; the type cannot be \
        changed, except for its options, which can be added, renamed and retired, but not removed. An \
        archived field is hidden, but keeps its values; it can be restored as long as fewer than 50 \
        unarchived fields exist. Idempotent: a call that changes nothing returns the field as it is. Records \
        `detail-field.updated`, `detail-field.archived` or `detail-field.restored`.";
    const ROUTES: &[Route] = &[route(Method::Patch, "/v1/detail-fields/{fieldId}", &[Role::Operator])];
    const ERRORS: &[ErrorKind] =
        &[NAME_TAKEN, LIMIT, OPTION_EXISTS, OPTION_LIMIT, NO_OPTIONS, UNKNOWN_OPTION];

    type Caller = Actor;
    type Path = DetailFieldPath;
    type Query = Nothing;
    type Body = Json<UpdateDetailFieldBody>;
    type Output = DetailField;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<DetailField>, Failure> {
        let Request { context, path, body, .. } = request;
        let (Json(wanted), id) = (body, path.field_id);
        let known = DetailField::in_order(context.table.list(&DetailFields(), true).await?);
        let before = known.into_iter().find(|field| field.id == id).or_not_found()?;
        let seen = before.metadata.version;
        let mut change = Change::new();
        let field_type = before.field_type.clone();
        let field_type = match wanted.options.get().map(|options| field_type.clone().with(options)) {
            Some(Ok(changed)) => changed,
            Some(Err(faults)) => {
                faults.into_iter().for_each(|(reason, fault)| change.reject_with(reason.kind, fault));
                field_type
            }
            None => field_type,
        };
        let archived = wanted.archived.over(before.archived_at.is_some());
        let mut field = DetailField {
            name: wanted.name.over(before.name.clone()),
            field_type,
            configuration: wanted.configuration.over(before.configuration.clone()),
            viewers: wanted.viewers.over(before.viewers.clone()),
            editors: wanted.editors.over(before.editors.clone()),
            ..before.clone()
        };
        let updated = field != before;
        field.archived_at = archived.then(|| before.archived_at.unwrap_or(context.now));
        if field == before {
            change.confirm(&before, seen, context.if_match())?;
            return context.commit(change, Answer::ok(before)).await;
        }
        field.metadata = before.metadata.next(context.now);
        if field.key() == before.key() {
            change.replace(&field, seen, context.if_match())?;
        } else {
            change.remove_if_unchanged(&before, seen, context.if_match())?;
            change.create_or_reject(&field, |other| {
                ConditionFailure::held_by(&NAME_TAKEN, other.id, &[&"name"])
            })?;
        }
        if updated {
            let name = field.name.clone();
            change.record(field.event(DetailFieldUpdated { field_id: id, field_name: name }));
        }
        match (before.archived_at, field.archived_at) {
            (None, Some(_)) => {
                // The field was counted when it was created or restored, so the count is at least 1.
                change.update(&CountOfFields(), count::subtract(1, 0), |_| ConditionFailure::Stale);
                change.record(field.event(DetailFieldArchived { field_id: id }));
            }
            (Some(_), None) => {
                count_more(&mut change, 1, &["archived"]);
                change.record(field.event(DetailFieldRestored { field_id: id }));
            }
            _ => {}
        }
        context.commit(change, Answer::ok(field)).await
    }
}

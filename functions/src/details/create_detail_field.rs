//! `create-detail-field`

use api_runtime::{
    Answer, Change, ConditionFailure, Failure, Json, Method, Nothing, Operation, Output, Reply, Request,
    Route, route,
};
use domain::detail::new::{CreateDetailFieldBody, NewField};
use domain::event::{CreatedField, DetailFieldsCreated};
use domain::{Actor, DetailField, ErrorKind, NewEvent, Role, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::{LIMIT, NAME_TAKEN, count_more};

/// Creates detail fields.
pub struct CreateDetailField;

/// The created detail fields.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum CreatedDetailFields {
    /// The created field, if the request contained a single one.
    One(Box<DetailField>),
    /// The created fields, if the request contained `detailFields`.
    Several {
        /// Created fields, in the order of the request.
        detail_fields: Vec<DetailField>,
    },
}

impl Output for CreatedDetailFields {
    const VERSIONED: bool = true;

    fn version(&self) -> Option<Version> {
        match self {
            Self::One(field) => Some(field.metadata.version),
            Self::Several { .. } => None,
        }
    }
}

impl Operation for CreateDetailField {
    const NAME: &str = "create-detail-field";
    const SUMMARY: &str = "Create one or several detail fields";
    const DESCRIPTION: &str = "Operators create one field, or up to 50 at once as `detailFields`, all or \
        none. At most 50 unarchived fields exist at a time. Names are unique among all fields, including \
        archived ones, regardless of case and width. A field's type can never be changed, except for its \
        options; a field can be archived, but not deleted. Records one `detail-fields.created` per call.";
    const ROUTES: &[Route] = &[route(Method::Post, "/v1/detail-fields", &[Role::Operator])];
    const CREATES: bool = true;
    const ERRORS: &[ErrorKind] = &[NAME_TAKEN, LIMIT];

    type Caller = Actor;
    type Path = Nothing;
    type Query = Nothing;
    type Body = Json<CreateDetailFieldBody>;
    type Output = CreatedDetailFields;

    async fn execute(request: Request<'_, Self>) -> Result<Reply<CreatedDetailFields>, Failure> {
        let Request { context, body, .. } = request;
        let Json(wanted) = body;
        let one = matches!(wanted, CreateDetailFieldBody::One(_));
        let make = |new: &NewField| DetailField::new(context.id(), new, context.now);
        let mut fields: Vec<DetailField> = wanted.list().iter().map(make).collect();

        let mut change = Change::new();
        for (index, field) in fields.iter().enumerate() {
            change.create_or_reject(field, move |other| {
                // The field that has the name may be archived and missing in lists, so the fault contains its id.
                match one {
                    true => ConditionFailure::held_by(&NAME_TAKEN, other.id, &[&"name"]),
                    false => {
                        ConditionFailure::held_by(&NAME_TAKEN, other.id, &[&"detailFields", &index, &"name"])
                    }
                }
            })?;
        }
        count_more(&mut change, fields.len(), if one { &[] } else { &["detailFields"] });
        let made = |field: &DetailField| CreatedField {
            id: field.id,
            name: field.name.clone(),
            kind: field.field_type.name,
        };
        let fields_made = fields.iter().map(made).collect();
        change.record(NewEvent::of_vendor(DetailFieldsCreated { fields: fields_made }));

        let (location, made) = match (one, fields.pop()) {
            (true, Some(field)) => {
                (format!("/v1/detail-fields/{}", field.id), CreatedDetailFields::One(Box::new(field)))
            }
            (_, last) => {
                fields.extend(last);
                ("/v1/detail-fields".to_owned(), CreatedDetailFields::Several { detail_fields: fields })
            }
        };
        context.commit(change, Answer::created(location, made)).await
    }
}

//! The embedded DynamoDB and its table.

use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use dynoxide::Database;
use dynoxide::actions::scan::ScanRequest;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::error::Error;

/// Name of the table in the local stack.
pub const TABLE: &str = "vouchsafe";

/// Indexes with their keys and projections, equal to those of the template.
pub const INDEXES: [(&str, [&str; 2], ProjectionType); 3] = [
    ("by-key", ["keyPk", "keySk"], ProjectionType::All),
    ("by-facet", ["facetPk", "facetSk"], ProjectionType::All),
    ("due", ["duePk", "dueSk"], ProjectionType::KeysOnly),
];

/// Opens the data of the store, in memory or in a file, and replaces it with a snapshot if one is given.
pub fn open(file: Option<&Path>, snapshot: Option<&Path>) -> Result<Database, Error> {
    let database = match file {
        Some(file) => {
            if let Some(folder) = file.parent() {
                let made = std::fs::create_dir_all(folder);
                made.map_err(|error| format!("could not make {}: {error}", folder.display()))?;
            }
            Database::new(&file.to_string_lossy())
        }
        None => Database::memory(),
    };
    let name = file.map_or_else(|| "memory".into(), |file| file.to_string_lossy());
    let database = database.map_err(|error| {
        let why = error.to_string();
        let why = why.split_once(". ").map_or(why.as_str(), |(first, _)| first);
        format!("could not read the data in {name}: {why}; move the file away to start with empty data")
    })?;
    if let Some(snapshot) = snapshot {
        let restored = database.restore_from(&snapshot.to_string_lossy());
        restored.map_err(|error| format!("could not restore {}: {error}", snapshot.display()))?;
    }
    Ok(database)
}

/// Returns all items of the table, as JSON with DynamoDB's types.
pub fn contents(database: &Database) -> Result<Vec<Value>, Error> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = database.scan(ScanRequest {
            table_name: TABLE.to_owned(),
            exclusive_start_key: after,
            ..ScanRequest::default()
        })?;
        for item in page.items.unwrap_or_default() {
            items.push(serde_json::to_value(item)?);
        }
        after = page.last_evaluated_key;
        if after.is_none() {
            return Ok(items);
        }
    }
}

/// Serves the database on a free port of loopback until `stop` is true. Returns its URL and the task of the server.
pub async fn serve(
    database: Database,
    mut stop: watch::Receiver<bool>,
) -> Result<(String, tokio::task::JoinHandle<()>), Error> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let serving = tokio::spawn(async move {
        let _ = dynoxide::server::serve_with_shutdown(listener, database, stopped).await;
    });
    Ok((url, serving))
}

/// Returns the error at the bottom of an error's causes, which says what to mend.
pub fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error).to_string()
}

/// Creates the table, unless it exists.
pub async fn make_table(client: &Client) -> Result<(), Error> {
    let key = |names: [&str; 2]| {
        let element =
            |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
        let [partition, sort] = names;
        Ok::<_, Error>(vec![element(partition, KeyType::Hash)?, element(sort, KeyType::Range)?])
    };
    let mut attributes = Vec::new();
    for name in INDEXES.iter().flat_map(|(_, names, _)| names).chain(&["pk", "sk"]) {
        let text =
            AttributeDefinition::builder().attribute_name(*name).attribute_type(ScalarAttributeType::S);
        attributes.push(text.build()?);
    }
    let mut indexes = Vec::new();
    for (name, names, projected) in INDEXES {
        let projection = Projection::builder().projection_type(projected).build();
        let index = GlobalSecondaryIndex::builder().index_name(name).projection(projection);
        indexes.push(index.set_key_schema(Some(key(names)?)).build()?);
    }
    let made = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key(["pk", "sk"])?))
        .set_attribute_definitions(Some(attributes))
        .set_global_secondary_indexes(Some(indexes))
        .send()
        .await;
    match made {
        Err(error) if !error.as_service_error().is_some_and(|error| error.is_resource_in_use_exception()) => {
            Err(format!("the table could not be created: {}", root_cause(&error)).into())
        }
        _ => Ok(()),
    }
}

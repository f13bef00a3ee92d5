//! Shapes of schemas that generators of clients turn into good types: closed sets of words are enums, alternatives are named
//! schemas, and unions have a discriminator wherever one property tells their members apart.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::parameters::put;

/// The place of named schemas in the document.
const PREFIX: &str = "#/components/schemas/";

/// Schemas by name.
type Schemas = Map<String, Value>;

/// Returns the schemas in the shapes that generators understand.
pub(super) fn shaped(mut schemas: Schemas) -> Schemas {
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in &names {
        if let Some(schema) = schemas.get(name).cloned() {
            let shaped =
                as_enum(&schema).unwrap_or_else(|| with_named_alternatives(name, schema, &mut schemas));
            schemas.insert(name.clone(), shaped);
        }
    }
    for name in &names {
        if let Some(found) = schemas.get(name).and_then(|schema| discriminator(schema, &schemas))
            && let Some(Value::Object(schema)) = schemas.get_mut(name)
        {
            let alternatives = schema.remove("anyOf").or_else(|| schema.remove("oneOf")).unwrap_or_default();
            schema.insert("oneOf".to_owned(), alternatives);
            schema.insert("discriminator".to_owned(), found);
        }
    }
    schemas
}

/// Returns a closed set of words as an `enum`, with the meaning of each word in the description; `None` for any other
/// schema.
fn as_enum(schema: &Value) -> Option<Value> {
    let words = schema.get("oneOf")?.as_array()?;
    let names = words.iter().map(|word| word.get("const").cloned()).collect::<Option<Vec<_>>>()?;
    let meanings =
        words.iter().zip(&names).map(|(word, name)| format!("- `{}`: {}", text(name), about(word)));
    let description = format!("{}\n\n{}", about(schema), meanings.collect::<Vec<_>>().join("\n"));
    Some(json!({ "type": "string", "enum": names, "description": description }))
}

/// Returns a schema whose alternatives are named schemas. Alternatives that are objects beside properties of the schema
/// itself become whole objects, if a tag tells them apart; otherwise their properties become optional ones of the schema.
fn with_named_alternatives(name: &str, mut schema: Value, schemas: &mut Schemas) -> Value {
    let Some(keyword) = ["oneOf", "anyOf"].into_iter().find(|keyword| schema.get(keyword).is_some()) else {
        return schema;
    };
    let Some(Value::Array(alternatives)) = schema.get(keyword).cloned() else { return schema };
    let is_object = |one: &Value| one.get("properties").is_some();
    let has_properties = is_object(&schema);
    let tags: Vec<_> = alternatives.iter().map(tag).collect();
    let is_tagged = tags.iter().all(Option::is_some);
    if has_properties && !is_tagged {
        return flattened(schema, keyword, &alternatives);
    }
    let base = match schema.as_object_mut() {
        Some(base) if has_properties => Some((base.remove("properties"), base.remove("required"))),
        _ => None,
    };
    let named = alternatives.iter().zip(&tags).map(|(one, tag)| {
        if !is_object(one) {
            return one.clone();
        }
        let is_unique = tag.is_some() && tags.iter().filter(|other| *other == tag).count() == 1;
        let own = name_of_alternative(name, one, tag.as_deref(), is_unique);
        let mut whole = one.clone();
        if let Some((properties, required)) = &base {
            whole = joined(properties.as_ref(), required.as_ref(), whole);
        }
        schemas.entry(own.clone()).or_insert(whole);
        json!({ "$ref": format!("{PREFIX}{own}") })
    });
    let named = named.collect::<Vec<_>>();
    if has_properties && let Some(schema) = schema.as_object_mut() {
        schema.remove("type");
    }
    put(&mut schema, keyword, Value::Array(named));
    schema
}

/// Returns the object with the properties of its alternatives, of which exactly one is present.
fn flattened(mut schema: Value, keyword: &str, alternatives: &[Value]) -> Value {
    let properties = |one: &Value| one.get("properties").and_then(Value::as_object).cloned();
    let names: Vec<String> = alternatives
        .iter()
        .flat_map(|one| properties(one).unwrap_or_default().into_iter().map(|(name, _)| format!("`{name}`")))
        .collect();
    let rule = format!("Exactly one of {} is present.", names.join(" and "));
    let Some(object) = schema.as_object_mut() else { return schema };
    object.remove(keyword);
    for one in alternatives {
        for (name, mut property) in properties(one).unwrap_or_default() {
            put(&mut property, "description", json!(format!("{} {rule}", about(one))));
            if let Some(Value::Object(own)) = object.get_mut("properties") {
                own.insert(name, property);
            }
        }
    }
    schema
}

/// Returns an alternative as a whole object, with the properties that all alternatives have.
fn joined(properties: Option<&Value>, required: Option<&Value>, mut alternative: Value) -> Value {
    let shared = properties.and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(Value::Object(own)) = alternative.get_mut("properties") {
        own.extend(shared);
    }
    let mut names = required.and_then(Value::as_array).cloned().unwrap_or_default();
    names.extend(alternative.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
    put(&mut alternative, "required", Value::Array(names));
    alternative
}

/// Returns the constant by which an alternative is recognized.
fn tag(alternative: &Value) -> Option<String> {
    let properties = alternative.get("properties")?.as_object()?;
    properties.values().find_map(|property| Some(property.get("const")?.as_str()?.to_owned()))
}

/// Returns the name of an alternative. One with a tag has the tag before the last word of the union's name, such as
/// `LicenseAssignedEvent` of `HistoryEvent`; one without has its first required property after the union's name.
fn name_of_alternative(union: &str, alternative: &Value, tag: Option<&str>, tag_is_unique: bool) -> String {
    let constant = |name: &str| alternative.pointer(&format!("/properties/{name}/const")).is_some();
    let required = alternative.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut required = required.iter().map(text);
    match tag {
        Some(tag) if tag_is_unique => format!("{}{}", pascal(tag), last_word(union)),
        Some(tag) => {
            let other = required.find(|name| !constant(name)).unwrap_or_default();
            format!("{}{}{}", pascal(tag), pascal(other), last_word(union))
        }
        None => format!("{union}{}", pascal(required.next().unwrap_or_default())),
    }
}

/// Returns the discriminator of a union of named objects: a required property whose values tell its members apart.
fn discriminator(union: &Value, schemas: &Schemas) -> Option<Value> {
    let alternatives = union.get("oneOf").or_else(|| union.get("anyOf"))?.as_array()?;
    let references: Vec<&str> =
        alternatives.iter().map(|one| one.get("$ref").map(text)).collect::<Option<_>>()?;
    let members: Vec<&Value> =
        references.iter().map(|path| schemas.get(path.strip_prefix(PREFIX)?)).collect::<Option<_>>()?;
    let candidates = members.first()?.get("required")?.as_array()?;
    candidates.iter().map(text).find_map(|name| {
        let mut mapping = Map::new();
        for (member, path) in members.iter().zip(&references) {
            let is_required = member.get("required")?.as_array()?.iter().any(|one| text(one) == name);
            for word in words(member.pointer(&format!("/properties/{name}"))?, schemas)? {
                if mapping.insert(word, json!(path)).is_some() || !is_required {
                    return None;
                }
            }
        }
        Some(json!({ "propertyName": name, "mapping": mapping }))
    })
}

/// Returns the words that a property can be; `None` if they are not a closed set.
fn words(property: &Value, schemas: &Schemas) -> Option<Vec<String>> {
    if let Some(path) = property.get("$ref") {
        return words(schemas.get(text(path).strip_prefix(PREFIX)?)?, schemas);
    }
    match (property.get("const"), property.get("enum")) {
        (Some(Value::String(word)), _) => Some(vec![word.clone()]),
        (None, Some(Value::Array(words))) => Some(words.iter().map(|word| text(word).to_owned()).collect()),
        _ => None,
    }
}

/// Removes `null` from the schemas that only answers have, because an answer leaves out a field without a value; the
/// schemas and responses to which nothing refers; and the format `uint`, which the registry of formats does not have.
pub(super) fn pruned(document: &mut Value) {
    let Some(Value::Object(mut schemas)) = document.pointer_mut("/components/schemas").map(std::mem::take)
    else {
        return;
    };
    let mut sent = BTreeSet::new();
    visit(document.get("paths").unwrap_or(&Value::Null), false, &mut sent, &schemas);
    for (name, schema) in &mut schemas {
        with_known_formats(schema);
        if !sent.contains(name) {
            without_null(schema);
        }
    }
    let mut used = BTreeSet::new();
    visit(document, true, &mut used, &schemas);
    schemas.retain(|name, _| used.contains(name));
    if let Some(place) = document.pointer_mut("/components/schemas") {
        *place = Value::Object(schemas);
    }
    let paths = document.get("paths").map(Value::to_string).unwrap_or_default();
    if let Some(Value::Object(responses)) = document.pointer_mut("/components/responses") {
        responses.retain(|name, _| paths.contains(&format!("\"#/components/responses/{name}\"")));
    }
}

/// Collects the names of the schemas that a part of the document refers to, directly or by other schemas; only those in
/// bodies of requests unless `everywhere`.
fn visit(value: &Value, everywhere: bool, found: &mut BTreeSet<String>, schemas: &Schemas) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("$ref", Value::String(path)) if everywhere => {
                        let name = path.strip_prefix(PREFIX).unwrap_or_default();
                        if let Some(schema) = schemas.get(name)
                            && found.insert(name.to_owned())
                        {
                            visit(schema, true, found, schemas);
                        }
                    }
                    ("requestBody", body) => visit(body, true, found, schemas),
                    _ => visit(value, everywhere, found, schemas),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| visit(value, everywhere, found, schemas)),
        _ => {}
    }
}

/// Removes `null` from the alternatives of each property of an object.
fn without_null(schema: &mut Value) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    for property in properties.values_mut().filter_map(Value::as_object_mut) {
        if let Some(Value::Array(types)) = property.get_mut("type") {
            types.retain(|one| one != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                property.insert("type".to_owned(), only);
            }
        }
        let Some(Value::Array(choices)) = property.get_mut("anyOf") else { continue };
        choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            property.remove("anyOf");
            for (key, value) in only {
                property.entry(key).or_insert(value);
            }
        }
    }
}

fn with_known_formats(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("format").is_some_and(|format| format == "uint") {
                map.insert("format".to_owned(), json!("uint64"));
            }
            map.values_mut().for_each(with_known_formats);
        }
        Value::Array(list) => list.iter_mut().for_each(with_known_formats),
        _ => {}
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn about(schema: &Value) -> &str {
    schema.get("description").map(text).unwrap_or_default()
}

/// Returns a name in PascalCase: `license.assigned` becomes `LicenseAssigned`.
fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.flat_map(capitalized).collect()
}

fn capitalized(word: &str) -> impl Iterator<Item = char> {
    let mut letters = word.chars();
    letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().chain(letters)
}

/// Returns the last word of a name in PascalCase.
fn last_word(name: &str) -> &str {
    let begins = name.rfind(|c: char| c.is_ascii_uppercase()).unwrap_or_default();
    name.get(begins..).unwrap_or_default()
}

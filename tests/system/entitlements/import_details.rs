//! `import-details`

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::Timestamp;
use futures_util::future::join;
use local_stack::fault_proxy::{InjectedFailure, Kill};
use serde_json::{Value, json};
use system::payload::Payload;
use system::stock::sheet;
use system::{Call, Reply, World};

use super::{OF_CUSTOMER, OF_ORGANIZATION, field, seen};

#[test]
fn canonical_call_is_published() {
    let body = json!({
        "rows": [
            {"details": {"Seats": {"values": [30]}, "Support level": {"values": ["Silver"]}}, "entitlement": "CRM-1001"},
            {"details": {"Renewal contact": {"values": ["sora@yamada.example"]}}, "entitlement": "{ownEntitlement}"},
            {"details": {"Region": {"values": ["EU"]}}, "entitlement": "CRM-4711"},
        ],
    });
    Payload::of("import-details", "/v1/entitlement-details/import").by("operator").json(&body).publish();
}

const PATH: &str = "/v1/entitlement-details/import";

fn table<'a>(world: &'a World, query: &str, text: &str) -> Call<'a> {
    let call = world.post(&format!("{PATH}{query}")).by("operator");
    call.header("content-type", "text/csv").bytes(world.fill(text).as_bytes())
}

fn rows(world: &World, rows: Value) -> Call<'_> {
    world.post(PATH).by("operator").json(json!({"rows": rows}))
}

fn counts(report: &Value) -> [u64; 4] {
    ["rows", "applied", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap())
}

/// Returns row, field and code of each failure in a report.
fn failures(report: &Value) -> Vec<(u64, &str, &str)> {
    let failures = report["failures"].as_array().unwrap().iter();
    failures
        .map(|one| {
            let field = one["field"].as_str().unwrap_or_default();
            (one["row"].as_u64().unwrap(), field, one["code"].as_str().unwrap())
        })
        .collect()
}

/// Returns the import events in the vendor's history, oldest first.
async fn imports(world: &World) -> Vec<Value> {
    let history = world.get("/v1/history?order=asc&pageSize=100").by("operator").send().await.ok();
    let events = history["items"].as_array().unwrap().iter();
    events.filter(|event| event["type"].as_str().unwrap().starts_with("details.")).cloned().collect()
}

/// Returns support level, seats and last import of each entitlement of the stock, by external id.
async fn stock(world: &World) -> BTreeMap<String, (Value, Value, Value)> {
    let (mut found, mut token) = (BTreeMap::new(), String::new());
    loop {
        let path = format!("/v1/entitlements?organizationId={{sol}}&pageSize=100{token}");
        let page = world.get(&path).by("operator").send().await.ok();
        for one in page["items"].as_array().unwrap() {
            let says = |name: &str| one["details"][name]["values"][0].clone();
            let said = (says("Support level"), says("Seats"), one["detailsChanged"]["importId"].clone());
            found.insert(one["externalId"].as_str().unwrap().to_owned(), said);
        }
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&pageToken={next}"),
            None => return found,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn given_values_change_and_repeat_changes_nothing() {
    let world = World::demo().await;
    let sent = || {
        rows(
            &world,
            json!([
                {"entitlement": "CRM-1001", "details": {"Support level": {"values": ["Silver"]}, "Region": {"values": []}}},
                {"entitlement": "{ownEntitlement}", "details": {"{field}": {"values": ["AU"]}, "Seats": {"values": [3.5]}}},
                {"entitlement": "CRM-1003", "details": {}},
            ]),
        )
    };
    let report = sent().send().await.ok();
    assert_eq!((counts(&report), &report["failures"]), ([3, 2, 1, 0], &json!([])));
    let import = report["importId"].clone();
    let one = seen(&world, OF_ORGANIZATION, "agent").await;
    let details = json!({
        "Support level": {"values": ["Silver"]}, "Seats": {"values": [25]},
        "Internal note": {"values": ["Renewed by phone"]},
    });
    assert_eq!((&one["details"], &one["version"]), (&details, &json!(2)));
    assert_eq!(
        (&one["detailsChanged"]["importId"], &one["detailsChanged"]["by"]["id"]),
        (&import, &json!("olivia"))
    );
    let profile = world.get("/v1/customers/{sora}/profile").by("agent").send().await.ok();
    let own = &profile["entitlements"][0];
    assert_eq!(own["details"], json!({"Region": {"values": ["AU"]}, "Seats": {"values": [3.5]}}));
    assert_eq!(
        (&own["detailsChanged"]["importId"], &own["detailsChanged"]["at"]),
        (&import, &own["updatedAt"])
    );

    let events = imports(&world).await;
    let data = json!({"importId": import, "rows": 3, "applied": 2, "unchanged": 1, "refused": 0});
    assert_eq!((events.len(), &events[0]["data"], &events[0]["actor"]["id"]), (1, &data, &json!("olivia")));

    let before = world.contents().await;
    let again = sent().send().await.ok();
    assert_eq!(counts(&again), [3, 0, 3, 0]);
    let after = world.contents().await;
    let new: Vec<_> = after.iter().filter(|(key, item)| before.get(*key) != Some(*item)).collect();
    assert_eq!((new.len(), new[0].0.0.as_str()), (1, "LOG#VENDOR"), "only its event");
    assert!(before.keys().all(|key| after.contains_key(key)));
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_is_applied_with_quotes_bom_and_any_line_ending() {
    let world = World::demo().await;
    let colours =
        json!({"name": "Colours", "type": {"name": "MULTISELECT", "options": ["red", "b;ue", "=1+1"]}});
    field(&world, colours, json!({})).await;
    field(&world, json!({"name": "Notes, \"all\"", "type": {"name": "TEXT"}}), json!({})).await;
    let text = "\u{feff}entitlement,Colours,\"Notes, \"\"all\"\"\",Support level,Internal note,Seats\r\n\
        CRM-1001,red; b\\;ue,\"=SUM(A1;A2), \"\"x\"\"\",,\\clear,7\r\n\
        {number},red,,,,\r\n\
        {ownEntitlement},=1+1,=1+1,Gold,@note,1.50\r\n";
    let report = table(&world, "", text).send().await.ok();
    // The first two rows are for the same entitlement and are refused; the third is applied.
    assert_eq!(counts(&report), [3, 1, 0, 2]);
    assert_eq!(failures(&report), [(1, "", "duplicate-row"), (2, "", "duplicate-row")]);
    let text = text.replace("{number},red,,,,\r\n", "");
    let report = table(&world, "", &text).send().await.ok();
    assert_eq!(counts(&report), [2, 1, 1, 0], "{report}");
    let one = seen(&world, OF_ORGANIZATION, "agent").await;
    assert_eq!(
        one["details"],
        json!({
            "Colours": {"values": ["red", "b;ue"]}, "Notes, \"all\"": {"values": ["=SUM(A1;A2), \"x\""]},
            "Region": {"values": ["EU"]}, "Support level": {"values": ["Gold"]}, "Seats": {"values": [7]},
        }),
        "an empty cell leaves, `\\clear` clears"
    );
    let own = seen(&world, OF_CUSTOMER, "agent").await;
    assert_eq!(own["details"]["Notes, \"all\""], json!({"values": ["=1+1"]}), "a formula is data");
    assert_eq!(own["details"]["Internal note"], json!({"values": ["@note"]}));
    // The same rows with other line endings and without a byte order mark change nothing.
    let report = table(&world, "", &text.replace("\r\n", "\n").replace('\u{feff}', "")).send().await.ok();
    assert_eq!(counts(&report), [2, 0, 2, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn escapes_express_every_option_and_text_in_a_cell() {
    let world = World::demo().await;
    let options =
        json!({"name": "Odd", "type": {"name": "MULTISELECT", "options": ["c\\", "\\clear", "\\x", "a;b"]}});
    field(&world, options, json!({})).await;
    field(&world, json!({"name": "Path", "type": {"name": "TEXT"}}), json!({})).await;
    for (odd, path, values, text) in [
        (r"c\\;a\;b", r"\\clear", json!(["c\\", "a;b"]), r"\clear"),
        (r"\\clear;\x", r"\\server\share", json!(["\\clear", "\\x"]), r"\\server\share"),
        (r"\\x", r"\\\clear", json!(["\\x"]), r"\\clear"),
    ] {
        let report =
            table(&world, "", &format!("entitlement,Odd,Path\nCRM-1001,{odd},{path}\n")).send().await.ok();
        assert_eq!(counts(&report), [1, 1, 0, 0], "{report}");
        let details = seen(&world, OF_ORGANIZATION, "agent").await["details"].clone();
        assert_eq!((&details["Odd"]["values"], &details["Path"]["values"]), (&values, &json!([text])));
    }
    let report = table(&world, "", "entitlement,Odd,Path\nCRM-1001,\\clear,\\clear\n").send().await.ok();
    assert_eq!(counts(&report), [1, 1, 0, 0]);
    let details = seen(&world, OF_ORGANIZATION, "agent").await["details"].clone();
    assert_eq!((details.get("Odd"), details.get("Path")), (None, None));
}

/// Column, invalid cell and error code, one for each kind of fault.
const WRONG: [(&str, &str, &str); 13] = [
    ("Region", "eu", "unknown-option"),
    ("Region", "EU;US", "unknown-option"),
    ("Region ", "EU", "unknown-field"),
    ("Nonsense", "x", "unknown-field"),
    ("Seats", "1e400", "invalid-value"),
    ("Seats", "many", "invalid-value"),
    ("Day", "2026-02-30", "invalid-value"),
    ("Renewal contact", "nobody", "invalid-value"),
    ("Internal note", "a\u{0}b", "invalid-value"),
    ("Internal note", " a", "invalid-value"),
    ("Internal note", "M\u{fffd}ller", "invalid-value"),
    ("Colours", "red;red", "duplicate-value"),
    ("Hidden", "x", "archived-field"),
];

/// Each table is one that a spreadsheet writes for the same two rows.
#[tokio::test(flavor = "multi_thread")]
async fn tables_as_spreadsheets_write_them_are_read() {
    for (text, separator, line) in [
        ("entitlement,Seats,Support level\nX-0,7\nX-none,8,\n", "comma", 3),
        ("entitlement,Seats,Support level\nX-0,7,,,\nX-none,8,,,,\n", "comma", 3),
        (",,\r\n,,\r\nentitlement,Seats,\r\nX-0,7,\r\nX-none,8,\r\n", "comma", 5),
        ("\"sep=;\"\r\nentitlement;Seats\r\nX-0;7\r\nX-none;8\r\n", "semicolon", 4),
        ("\r\nsep=;;\rentitlement;Seats\rX-0;7\rX-none;8\r", "semicolon", 5),
    ] {
        let world = World::demo().await;
        world.stock(1).await;
        let report = table(&world, "", text).send().await.ok();
        assert_eq!(
            (&report["separator"], counts(&report)),
            (&json!(separator), [2, 1, 0, 1]),
            "{text:?}: {report}"
        );
        assert_eq!(report["failures"][0]["line"], line, "{text:?}");
    }
    let world = World::demo().await;
    for empty in ["\n", "sep=;\n", ",,\n"] {
        let refused = table(&world, "", empty).assert_rejected(400, "invalid-request").await;
        assert_eq!(refused.faults(), [(String::new(), "invalid-header".to_owned())], "{empty:?}");
    }
}

/// The report is short, and the reason stands at the end of the text.
#[tokio::test(flavor = "multi_thread")]
async fn reason_of_a_refusal_is_told_whatever_the_value_is_written_in() {
    let world = World::demo().await;
    world.stock(1).await;
    let text = format!("entitlement,Internal note\nX-0,\"{}\u{1}\"\n", "\u{5bae}".repeat(70));
    let report = table(&world, "", &text).send().await.ok();
    let detail = report["failures"][0]["detail"].as_str().unwrap();
    assert!(detail.ends_with("contains the control character `\\u{1}`: remove it"), "{detail}");
    assert_eq!(report["failures"][0]["code"], "invalid-value");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_invalid_cell_is_reported_and_its_row_is_not_applied() {
    let world = World::demo().await;
    field(&world, json!({"name": "Day", "type": {"name": "DATE"}}), json!({})).await;
    let colours = json!({"name": "Colours", "type": {"name": "MULTISELECT", "options": ["red", "blue"]}});
    field(&world, colours, json!({})).await;
    let hidden = field(&world, json!({"name": "Hidden", "type": {"name": "TEXT"}}), json!({})).await;
    let archive = world.patch(&format!("/v1/detail-fields/{hidden}")).by("operator");
    archive.json(json!({"archived": true})).send().await.ok();
    let many = u64::try_from(WRONG.len()).unwrap();
    world.stock(many + 1).await;
    let mut text = "entitlement,Region,Region ,Nonsense,Seats,Day,Renewal contact,Internal note,Colours,Hidden,Support level\n".to_owned();
    let header: Vec<&str> = text.trim().split(',').skip(1).collect::<Vec<_>>();
    let header: Vec<String> = header.into_iter().map(str::to_owned).collect();
    for (number, (name, cell, _)) in WRONG.iter().enumerate() {
        let cells = header.iter().map(|column| match column.as_str() {
            column if column == *name => format!("\"{cell}\""),
            "Support level" => "Gold".to_owned(),
            _ => String::new(),
        });
        text += &format!("X-{number},{}\n", cells.collect::<Vec<_>>().join(","));
    }
    text += &format!(
        "X-{many},EU,,,,,,,,,Gold\nX-none,EU,,,,,,,,,Gold\nX-1,EU,,,,,,,,,Gold,more\n,EU,,,,,,,,,Gold\n"
    );
    let report = table(&world, "", &text).send().await.ok();
    let mut expected: Vec<_> = (1..).zip(WRONG).map(|(row, (field, _, code))| (row, field, code)).collect();
    expected.push((many + 2, "", "unknown-entitlement"));
    expected.push((many + 3, "", "wrong-number-of-cells"));
    expected.push((many + 4, "", "invalid-length"));
    // The row with a value too many still counts as a duplicate of row 2, whose own fault is reported, too.
    expected.insert(1, (2, "", "duplicate-row"));
    assert_eq!(failures(&report), expected);
    assert_eq!(counts(&report), [many + 4, 1, 0, many + 3]);
    let changed = stock(&world).await.into_iter().filter(|(_, (level, ..))| level == "Gold");
    assert_eq!(changed.map(|(id, _)| id).collect::<Vec<_>>(), [format!("X-{many}")]);
    let fields = world.get("/v1/detail-fields").by("operator").send().await.ok();
    assert!(!fields.to_string().contains("Nonsense"), "a field is never created");

    let wrong = json!([
        {"entitlement": "X-0", "details": {"Region": {"values": ["EU"]}, "Seats": "7", "Day": {"values": [{}]}}},
        {"entitlement": "X-1", "details": {"Region": {"values": ["EU", "US"]}, "{field}": {"values": ["EU"]}}},
    ]);
    let report = rows(&world, wrong).send().await.ok();
    let mut found = failures(&report);
    found.sort_unstable();
    let region = world.fill("{field}");
    assert_eq!(found[..2], [(1, "Day", "invalid-value"), (1, "Seats", "invalid-value")]);
    assert_eq!((found.len(), counts(&report)), (4, [2, 0, 0, 2]));
    assert!(
        found.contains(&(2, "Region", "too-many-values")) && found.contains(&(2, &region, "duplicate-field"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_cell_is_shown_with_the_character_that_is_its_cause() {
    let world = World::demo().await;
    field(&world, json!({"name": "Manual", "type": {"name": "URL"}}), json!({})).await;
    let text = "entitlement,Manual,Seats,Renewal contact,Internal note\n\
        CRM-1001,https://x.example/ a,\"1\n\",sora@yamada.example\u{200b},\"a\tb\"\n";
    let before = world.contents().await;
    let report = table(&world, "?onError=abort", text).send().await.ok();
    world.assert_unchanged(&before).await;
    let detail = |name: &str| {
        let mut failures = report["failures"].as_array().unwrap().iter();
        failures.find(|one| one["field"] == name).unwrap()["detail"].as_str().unwrap()
    };
    let address = "`https://x.example/ a` contains a space, so it is not a complete web address";
    assert!(detail("Manual").starts_with(address), "{report}");
    assert!(detail("Seats").starts_with(r"`1\n` contains a line break, so it is not a number"), "{report}");
    assert_eq!(
        detail("Renewal contact"),
        r"`sora@yamada.example\u{200B}` contains the invisible character `\u{200B}`, so it is not an e-mail address"
    );
    assert_eq!(detail("Internal note"), r"`a\tb` contains a tab: remove it");
    let unreadable = table(&world, "", "entitlement\u{200b}\tSeats\nCRM-1001\t1\n");
    let refused = unreadable.assert_rejected(400, "invalid-request").await;
    assert_eq!(
        refused.body["detail"],
        r"the first column must be `entitlement`, but is `entitlement\u{200B}`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_with_an_invalid_cell_and_validate_only_apply_nothing() {
    let world = World::demo().await;
    let good = "entitlement,Seats\nCRM-1001,1\nCRM-1002,25\nCRM-1003,3\n";
    let wrong = good.replace("1002,25", "1002,x");
    let before = world.contents().await;
    let report = table(&world, "?onError=abort", &wrong).key("a").send().await.ok();
    assert_eq!(counts(&report), [3, 0, 0, 1]);
    assert_eq!((&report["heldBack"], report.get("importId")), (&json!(2), None));
    assert_eq!(failures(&report), [(2, "Seats", "invalid-value")]);
    world.assert_unchanged(&before).await;
    for (query, text, expected) in [
        ("?validateOnly=true", &wrong, [3, 2, 0, 1]),
        ("?validateOnly=true&onError=abort", &wrong, [3, 0, 0, 1]),
        ("?validateOnly=true&onError=abort", &good.to_owned(), [3, 3, 0, 0]),
    ] {
        let report = table(&world, query, text).key("b").send().await.ok();
        assert_eq!((counts(&report), report.get("importId")), (expected, None), "{query}");
        world.assert_unchanged(&before).await;
    }
    // Nothing took effect, so the key is still unused: a corrected request under it is applied.
    let body = json!({"rows": [{"entitlement": "CRM-1001", "details": {"Seats": {"values": [1]}}}]});
    let report =
        world.post(&format!("{PATH}?onError=abort")).by("operator").key("b").json(body).send().await.ok();
    assert_eq!(counts(&report), [1, 1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_body_is_refused_as_a_whole() {
    let world = World::demo().await;
    let csv = "text/csv; charset=utf-8";
    let utf_16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let json_in_utf_16 = utf_16("\u{feff}{\"rows\": [{\"entitlement\": \"CRM-1001\", \"details\": {}}]}");
    let (mut half_unit, mut half_pair) =
        (utf_16("\u{feff}entitlement,Seats\nCRM-1001,1\n"), utf_16("\u{feff}entitlement\nCRM-"));
    half_unit.pop();
    half_pair.extend([0x00, 0xd8, 0x31, 0x00]);
    let many = "entitlement,Seats\n".to_owned() + &"CRM-1001,1\n".repeat(10_001);
    let many_rows = json!({"rows": vec![json!({"entitlement": "x", "details": {}}); 10_001]}).to_string();
    let large = "x".repeat(4 * 1024 * 1024 + 1);
    let unequal =
        br#"{"rows": [{"entitlement": 1, "details": []}, {"details": {}, "colour": 1}], "onError": "stop"}"#;
    for (kind, body, status, code) in [
        (csv, &b""[..], 400, "empty-body"),
        ("application/json", b"", 400, "empty-body"),
        ("application/json", b"{", 400, "invalid-json"),
        ("application/json", b"{\"rows\": []}", 400, "too-few"),
        (
            "application/json",
            b"{\"rows\": [{\"entitlement\": \"x\", \"details\": {\"F\": {\"values\": [1e400]}}}]}",
            400,
            "invalid-json",
        ),
        ("application/json", br#"{"rows": [{"entitlement": "\ud800", "details": {}}]}"#, 400, "invalid-json"),
        ("application/json", many_rows.as_bytes(), 400, "too-many"),
        ("application/json", unequal, 400, "wrong-type"),
        (csv, b"entitlement,Seats\nCRM-1001,\xff\n", 400, "not-utf-8"),
        ("application/json", &json_in_utf_16, 400, "not-utf-8"),
        (csv, &half_unit, 400, "invalid-utf-16"),
        (csv, &half_pair, 400, "invalid-utf-16"),
        (csv, b"\xff\xfe", 400, "invalid-header"),
        (csv, b"\x1f\x8b\x08\x00rest", 400, "compressed"),
        (csv, b"entitlement,Seats\n", 400, "too-few"),
        (csv, b"entitlement,Seats\n,\n\n,,,\n", 400, "too-few"),
        (csv, b"id,Seats\nCRM-1001,1\n", 400, "invalid-header"),
        (csv, b"entitlement,Seats,,Seats\nCRM-1001,1,1,1\n", 400, "invalid-header"),
        (csv, b"entitlement,Seats,Seats\nCRM-1001,1,1\n", 400, "duplicate-column"),
        (csv, b"entitlement,Internal note\nCRM-1001,\"open\nCRM-1002,x\n", 400, "invalid-quotes"),
        (csv, b"entitlement,Internal note\nCRM-1001,\"a\"b\n", 400, "invalid-quotes"),
        (csv, b"e\0n\0t\0", 400, "not-utf-8"),
        (csv, many.as_bytes(), 400, "too-many"),
        (csv, large.as_bytes(), 413, "body-too-large"),
        ("text/csv; charset=\"Shift_JIS\"", b"entitlement,Seats\nCRM-1001,1\n", 415, "unsupported-charset"),
        ("application/json; charset=utf-16", &json_in_utf_16, 415, "unsupported-charset"),
        ("application/xml", b"<rows/>", 415, "unsupported-media-type"),
    ] {
        let call = world.post(PATH).by("operator").header("content-type", kind).bytes(body);
        let top = if status == 400 { "invalid-request" } else { code };
        let refused = call.assert_rejected(status, top).await;
        let about = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
        assert!(
            status != 400 || refused.faults().iter().any(|(_, found)| found == code),
            "{about}: {}",
            refused.body
        );
    }
    let call = world.post(PATH).by("operator").header("content-type", "application/json").bytes(unequal);
    let places: Vec<_> = call.send().await.faults().into_iter().map(|(place, _)| place).collect();
    let expected =
        ["/onError", "/rows/0/details", "/rows/0/entitlement", "/rows/1/colour", "/rows/1/entitlement"];
    assert_eq!(places, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_and_rows_without_values_are_skipped() {
    let world = World::demo().await;
    for (seats, query) in [(7, ""), (8, "?onError=abort")] {
        let text = format!(
            "entitlement,Seats,,\r\nCRM-1001,{seats},,\r\n,,,\r\n\r\n,\r\nCRM-1003,{seats},,\r\n,,,\r\n"
        );
        let report = table(&world, query, &text).send().await.ok();
        assert_eq!((counts(&report), &report["failures"]), ([2, 2, 0, 0], &json!([])), "{query}");
        let one = seen(&world, OF_ORGANIZATION, "agent").await;
        assert_eq!(one["details"]["Seats"]["values"], json!([seats]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn value_in_a_column_without_a_name_is_refused() {
    let world = World::demo().await;
    for text in [
        "entitlement,Seats,\r\nCRM-1001,1,\r\n,,\r\nCRM-1003,2,x\r\n",
        "entitlement,Seats,\n\n\nCRM-1001,1,x\n",
    ] {
        let refused = table(&world, "", text).assert_rejected(400, "invalid-request").await;
        assert_eq!(refused.faults(), [(String::new(), "invalid-header".to_owned())]);
        let detail = refused.body["detail"].as_str().unwrap();
        assert_eq!(detail, "column 3 has a value on line 4, but no name in the header");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_names_the_line_on_which_its_row_begins() {
    let world = World::demo().await;
    for end in ["\n", "\r\n", "\r"] {
        let lines = [
            "\u{feff}entitlement,\"Internal note\"",
            "",
            "CRM-1001,\"two",
            "lines\"",
            ",",
            "CRM-1003,x,y",
            "X-none,y",
        ];
        let report = table(&world, "?validateOnly=true", &lines.join(end)).send().await.ok();
        let failures = report["failures"].as_array().unwrap().iter();
        let places: Vec<_> = failures.map(|one| (one["row"].as_u64(), one["line"].as_u64())).collect();
        assert_eq!(places, [(1, 3), (2, 6), (3, 7)].map(|(row, line)| (Some(row), Some(line))), "{end:?}");
    }
    let unclosed = "entitlement,Internal note\rCRM-1001,x\rCRM-1003,\"y\r";
    let refused = table(&world, "", unclosed).assert_rejected(400, "invalid-request").await;
    assert_eq!(refused.body["detail"], "the quoted cell that begins on line 3 does not end");
    let missing = json!([{"entitlement": "X-none", "details": {}}]);
    let report = rows(&world, missing).send().await.ok();
    assert_eq!((&report["failures"][0]["row"], report["failures"][0].get("line")), (&json!(1), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn separator_is_seen_in_the_header_or_stated_and_reported() {
    let world = World::demo().await;
    field(&world, json!({"name": "Notes; all, too", "type": {"name": "TEXT"}}), json!({})).await;
    for (number, (text, notes, separator)) in [
        ("entitlement,\"Notes; all, too\",Seats\nCRM-1001,a;b;c;d\te,{n}\n", "a;b;c;d\te", "comma"),
        ("entitlement;\"Notes; all, too\";Seats\nCRM-1001;\"x;y\";{n}\n", "x;y", "semicolon"),
        ("entitlement;Seats;\"Notes; all, too\"\nCRM-1001;{n};x,y\n", "x,y", "semicolon"),
        ("entitlement\t\"Notes; all, too\"\tSeats\r\nCRM-1001\ta,b;c\t{n}\r\n", "a,b;c", "tab"),
        ("sep=;\r\nentitlement;\"Notes; all, too\";Seats\r\nCRM-1001;a;{n}\r\n", "a", "semicolon"),
        ("\u{feff}SEP=\t\nentitlement\tNotes; all, too\tSeats\nCRM-1001\tb\t{n}\n", "b", "tab"),
        ("sep=,\rentitlement,Seats,\"Notes; all, too\"\rCRM-1001,{n},c\r", "c", "comma"),
    ]
    .into_iter()
    .enumerate()
    {
        // A tab cannot stand in the field's values, so one cell of a table with commas is refused.
        let refused = u64::from(notes.contains('\t'));
        let report = table(&world, "", &text.replace("{n}", &number.to_string())).send().await.ok();
        assert_eq!(report["separator"], separator, "{text:?}: {report}");
        assert_eq!(counts(&report), [1, 1 - refused, 0, refused], "{text:?}: {report}");
        if refused == 0 {
            let details = seen(&world, OF_ORGANIZATION, "agent").await["details"].clone();
            assert_eq!(details["Notes; all, too"]["values"], json!([notes]), "{text:?}");
            assert_eq!(details["Seats"]["values"], json!([number]), "{text:?}");
        }
    }
    let report = table(&world, "", "entitlement\nCRM-1001\n").send().await.ok();
    assert_eq!((&report["separator"], counts(&report)), (&json!("comma"), [1, 0, 1, 0]));
    let report = rows(&world, json!([{"entitlement": "CRM-1001", "details": {}}])).send().await.ok();
    assert_eq!(report.get("separator"), None);
    // The line that states the separator is a line of the file, and no row.
    let report = table(&world, "", "sep=;\r\nentitlement;Seats\r\nCRM-1001;many\r\n").send().await.ok();
    let failure = &report["failures"][0];
    assert_eq!((&failure["row"], &failure["line"], counts(&report)), (&json!(1), &json!(3), [1, 0, 0, 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn table_in_utf_16_with_a_byte_order_mark_is_taken() {
    let world = World::demo().await;
    let send = |kind: &str, bytes: Vec<u8>| {
        world.post(PATH).by("operator").header("content-type", kind).bytes(&bytes).send()
    };
    for (number, (kind, unit)) in [
        ("text/csv", u16::to_le_bytes as fn(u16) -> [u8; 2]),
        ("text/csv; charset=utf-8", u16::to_be_bytes),
        ("text/csv; charset=UTF-16", u16::to_be_bytes),
        ("text/csv; charset=\"utf-16le\"", u16::to_le_bytes),
    ]
    .into_iter()
    .enumerate()
    {
        let note = format!("宮古\u{1f4f7}{number}");
        let text = format!(
            "\u{feff}sep=\t\r\nentitlement\tInternal note\tSeats\r\nCRM-1001\t{note}\t\r\nCRM-1003\t\tx\r\n"
        );
        let report = send(kind, text.encode_utf16().flat_map(unit).collect()).await.ok();
        assert_eq!((counts(&report), &report["separator"]), ([2, 1, 0, 1], &json!("tab")), "{kind}");
        assert_eq!(
            (failures(&report), &report["failures"][0]["line"]),
            (vec![(2, "Seats", "invalid-value")], &json!(4))
        );
        let one = seen(&world, OF_ORGANIZATION, "agent").await;
        assert_eq!(one["details"]["Internal note"]["values"], json!([note]), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stated_separator_that_is_not_used_or_not_taken_is_refused() {
    let world = World::demo().await;
    for (text, detail) in [
        (
            "sep=|\nentitlement|Seats\nCRM-1001|1\n",
            "line 1 states `|` as the separator; state a comma, a semicolon or a tab",
        ),
        (
            "sep=;\nentitlement,Seats\nCRM-1001,1\n",
            "the first column must be `entitlement`, but is `entitlement,Seats`",
        ),
        ("sep=;", "the table has no header"),
    ] {
        let refused = table(&world, "", text).assert_rejected(400, "invalid-request").await;
        assert_eq!(refused.faults(), [(String::new(), "invalid-header".to_owned())]);
        assert_eq!(refused.body["detail"], detail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_of_unknown_entitlements_are_checked_and_20_000_columns_accepted() {
    let world = World::demo().await;
    let report = table(&world, "", "entitlement,Seats,Nonsense\nX-1,many,x\n").send().await.ok();
    let expected =
        [(1, "", "unknown-entitlement"), (1, "Nonsense", "unknown-field"), (1, "Seats", "invalid-value")];
    let mut found = failures(&report);
    found.sort_unstable();
    assert_eq!(found, expected);
    let mistyped = world.id("number").replace("E-8", "E-9");
    let report = table(&world, "", &format!("entitlement,Seats\n{mistyped},1\n")).send().await.ok();
    assert_eq!(failures(&report), [(1, "", "invalid-entitlement-number")]);

    let columns: String = (0..20_000).map(|number| format!(",c{number}")).collect();
    let begun = Instant::now();
    let report = table(&world, "", &format!("entitlement{columns}\nCRM-1001{}\n", ",".repeat(20_000)));
    assert_eq!(counts(&report.send().await.ok()), [1, 0, 1, 0]);
    assert!(begun.elapsed() < Duration::from_secs(10), "they are looked up, not searched");
}

#[tokio::test(flavor = "multi_thread")]
async fn resumed_abort_import_reports_rows_applied_before_the_crash() {
    resume_after_options_retired(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn resumed_abort_import_is_recorded_even_if_its_rows_were_changed_since() {
    resume_after_options_retired(true).await;
}

async fn resume_after_options_retired(changed: bool) {
    let world = World::demo().await;
    world.stock(5).await;
    let text = sheet(5, 0);
    let send = || table(&world, "?onError=abort", &text).key("night").send();
    world.fault_proxy().kill("import-details", 2, Kill::After);
    assert_eq!(send().await.status, 500, "killed after a row");
    // Before the import resumes, the values in its remaining rows become invalid.
    let fields = world.get("/v1/detail-fields").by("operator").send().await.ok();
    let level = fields["items"][1]["id"].as_str().unwrap().to_owned();
    let retired = [1, 2, 3].map(|id| json!({"id": id, "retired": true}));
    let retire = json!({"options": retired});
    world.patch(&format!("/v1/detail-fields/{level}")).by("operator").json(retire).send().await.ok();
    world.post("/_local/time").bytes(br#"{"advance":"PT2M"}"#).send().await.ok();
    if changed {
        // Another import clears the levels that were applied before the crash.
        let back = (0..5).map(
            |number| json!({"entitlement": format!("X-{number}"), "details": {"Support level": {"values": []}}}),
        );
        rows(&world, back.collect()).send().await.ok();
    }
    let report = send().await.ok();
    let [_, applied, unchanged, refused] = counts(&report);
    assert_eq!((applied + refused, unchanged, applied > 0), (5, 0, !changed), "{report}");
    assert_eq!(imports(&world).await.last().unwrap()["data"]["importId"], report["importId"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_import_applies_all_or_nothing_under_concurrent_writes() {
    const ROWS: u64 = 12;
    let world = World::demo().await;
    world.stock(ROWS).await;
    let fields = world.get("/v1/detail-fields").by("operator").send().await.ok();
    let region = fields["items"][0]["id"].as_str().unwrap().to_owned();
    let retire = async |retired: bool| {
        let options = json!({"options": [{"id": 2, "retired": retired}]});
        world.patch(&format!("/v1/detail-fields/{region}")).by("operator").json(options).send().await.ok();
    };
    let table_of = |seats: u64| {
        let row = |number: u64| format!("X-{number},EU,{seats}\n");
        "entitlement,Region,Seats\n".to_owned() + &(0..ROWS).map(row).collect::<String>()
    };
    for round in 1..=8 {
        table(&world, "", &table_of(0)).decided().await.ok();
        retire(true).await;
        // A retired option stays where it is set but cannot be set again. If the concurrent call removes it
        // from X-7 first, the whole import must be refused.
        let take = json!([{"entitlement": "X-7", "details": {"Region": {"values": []}}}]);
        let text = table_of(round);
        let all = table(&world, "?onError=abort", &text).decided();
        let (report, _) = join(all, rows(&world, take).decided()).await;
        let report = report.ok();
        let whole = counts(&report) == [ROWS, ROWS, 0, 0];
        assert!(
            whole || (counts(&report), &report["heldBack"]) == ([ROWS, 0, 0, 1], &json!(ROWS - 1)),
            "{report}"
        );
        retire(false).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keyless_call_is_one_import_despite_internal_retries() {
    const ROWS: u64 = 6;
    let world = World::demo().await;
    world.stock(ROWS).await;
    let (mut known, mut done) = (0, 0);
    for seed in 0..40 {
        world.chaos(3, seed);
        let reply = table(&world, "", &sheet(ROWS, seed)).send().await;
        world.chaos(0, 0);
        if reply.status == 503 {
            continue;
        }
        done += 1;
        let report = reply.ok();
        assert_eq!(counts(&report), [ROWS, ROWS, 0, 0], "{seed}");
        for (id, (_, _, import)) in stock(&world).await {
            assert_eq!(import, report["importId"], "{id}");
        }
        let events = imports(&world).await;
        let ended = events.iter().filter(|event| event["data"]["importId"] == report["importId"]);
        assert_eq!(ended.count(), 1);
        known += 1;
    }
    assert!(done > 20, "{done} of 40");
    let left = world.contents().await.into_keys().filter(|(pk, _)| pk.starts_with("IMPORT#")).count();
    assert_eq!(left + known, 40, "what came to its end left no run");
}

#[tokio::test(flavor = "multi_thread")]
async fn huge_cells_and_many_failures_yield_a_bounded_report() {
    let world = World::demo().await;
    let huge = "\"あ\\".repeat(60_000);
    let row = json!({"entitlement": huge, "details": {}});
    let cell = json!({"entitlement": "CRM-1001", "details": {"Internal note": {"values": [huge]}, huge.clone(): {"values": []}}});
    let report = rows(&world, json!([row, cell])).send().await.ok();
    assert_eq!(counts(&report), [2, 0, 0, 2]);
    for failure in report["failures"].as_array().unwrap() {
        assert!(failure.to_string().len() <= 400, "{failure}");
    }

    // A cell with many faults is one failure and hides no failure of another row.
    let colours = json!({"name": "Colours", "type": {"name": "MULTISELECT", "options": ["red", "blue"]}});
    field(&world, colours, json!({})).await;
    let text = format!("entitlement,Colours\nCRM-1001,{}\nCRM-1003,x;y\n", ";".repeat(300_000));
    let report = table(&world, "", &text).send().await.ok();
    assert_eq!(
        (counts(&report), failures(&report)),
        ([2, 0, 0, 2], vec![(1, "Colours", "too-many-values"), (2, "Colours", "unknown-option")])
    );

    world.stock(600).await;
    let text = sheet(600, 0).replace(",Seats", ",Places");
    let report = table(&world, "", &text).send().await.ok();
    assert_eq!((counts(&report), report["failures"].as_array().unwrap().len()), ([600, 0, 0, 600], 500));
    assert_eq!(report["moreFailures"], 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn field_not_editable_by_the_role_is_refused() {
    let world = World::demo().await;
    let site = json!({"name": "Site", "type": {"name": "TEXT"}});
    field(&world, site, json!({"editors": ["agent"]})).await;
    let text = "entitlement,Site,Seats\nCRM-1001,x,1\n";
    let report = table(&world, "", text).send().await.ok();
    assert_eq!(failures(&report), [(1, "Site", "field-not-editable")]);
    for who in ["agent", "contactManager", "partnerAdmin"] {
        let call = world.post(PATH).by(who).header("content-type", "text/csv");
        call.bytes(text.as_bytes()).assert_rejected(403, "role-not-allowed").await;
    }
    // A machine client of the vendor has the role, but no e-mail.
    let machine =
        world.token_of(json!({"sub": "nightly", "email": "", "email_verified": false, "role": "operator"}));
    let call = world.post(PATH).token(&machine).header("content-type", "text/csv");
    let report = call.bytes(b"entitlement,Seats\nCRM-1001,1\n").send().await.ok();
    assert_eq!(counts(&report), [1, 1, 0, 0]);
    assert_eq!(imports(&world).await.pop().unwrap()["actor"], json!({"type": "operator", "id": "nightly"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_key_imports_once_and_replays_the_report() {
    let world = World::demo().await;
    world.stock(30).await;
    let send = |round: u64| table(&world, "", &sheet(30, round)).key("night").send();
    let (one, other) = join(send(0), send(0)).await;
    let done: Vec<&Reply> = [&one, &other].into_iter().filter(|reply| reply.status == 200).collect();
    assert!(!done.is_empty());
    for reply in [&one, &other].into_iter().filter(|reply| reply.status != 200) {
        assert_eq!((reply.status, reply.code()), (409, "still-running"));
    }
    let first = done[0].body.clone();
    assert_eq!(counts(&first), [30, 30, 0, 0]);
    // A replay writes nothing, even after another change.
    super::update(&world, OF_ORGANIZATION, json!({"Seats": {"values": [99]}})).send().await.ok();
    let contents = world.contents().await;
    let again = send(0).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &first));
    world.assert_unchanged(&contents).await;
    table(&world, "", &sheet(30, 1)).key("night").assert_rejected(422, "idempotency-key-reused").await;
    assert_eq!(imports(&world).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_killed_at_any_step_resumes_as_one_run() {
    // Two writes besides those of the rows: the beginning and the end of the run. One more row is invalid.
    kill_at_each_write("", 2, "X-none,Gold,1\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn abort_import_killed_at_any_step_resumes_and_applies_all() {
    // A third write besides those of the rows records that the import begins to write.
    kill_at_each_write("?onError=abort", 3, "").await;
}

async fn kill_at_each_write(how: &str, steps: u32, wrong: &str) {
    const ROWS: u64 = 8;
    let refused = u64::from(!wrong.is_empty());
    let steps = u32::try_from(ROWS).unwrap() + steps;
    for others in 0..steps {
        for kill in [Kill::Before, Kill::After] {
            let world = World::demo().await;
            world.stock(ROWS).await;
            let text = sheet(ROWS, 0) + wrong;
            let send = || table(&world, how, &text).key("night").send();
            world.fault_proxy().kill("import-details", others, kill);
            assert_eq!(send().await.status, 500, "killed");
            let began = others > 0 || kill == Kill::After;
            let ended = others == steps - 1 && kill == Kill::After;
            if began && !ended {
                let busy = send().await;
                assert_eq!((busy.status, busy.code()), (409, "still-running"));
                assert_eq!(busy.header("retry-after"), Some("60"));
                let other = table(&world, how, &sheet(ROWS, 1)).key("night").send().await;
                assert_eq!((other.status, other.code()), (422, "idempotency-key-reused"));
            }
            world.post("/_local/time").bytes(br#"{"advance":"PT2M"}"#).send().await.ok();
            let report = send().await.ok();
            assert_eq!(counts(&report), [ROWS + refused, ROWS, 0, refused], "{others} {kill:?}");
            for (id, (_, _, import)) in stock(&world).await {
                assert_eq!(import, report["importId"], "{id}");
            }
            let events = imports(&world).await;
            let data = json!({"importId": report["importId"], "rows": ROWS + refused, "applied": ROWS, "unchanged": 0, "refused": refused});
            assert_eq!((events.len(), &events[0]["data"]), (1, &data));
            assert_eq!(send().await.header("idempotent-replayed"), Some("true"));
            let left = world.contents().await.into_keys().filter(|(_, sk)| sk == "IMPORT").count();
            assert_eq!(left, 0);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_what_is_left_of_the_lease() {
    let world = World::demo().await;
    world.stock(3).await;
    let text = sheet(3, 0);
    let send = || table(&world, "", &text).key("night");
    world.fault_proxy().kill("import-details", 0, Kill::After);
    assert_eq!(send().send().await.status, 500);
    let begun = world.now().unix_millis();
    let set_time = async |millis: u64| {
        let time = json!({"set": Timestamp::from_unix_millis(millis)}).to_string();
        world.post("/_local/time").bytes(time.as_bytes()).send().await.ok();
    };
    for (passed, left) in [(0, "60"), (500, "60"), (1_000, "59"), (58_999, "2"), (59_999, "1")] {
        set_time(begun + passed).await;
        let busy = send().assert_rejected(409, "still-running").await;
        assert_eq!(busy.header("retry-after"), Some(left), "after {passed} ms");
    }
    set_time(begun + 60_000).await;
    assert_eq!(counts(&send().send().await.ok()), [3, 3, 0, 0]);
}

/// Number of attempts of the SDK after which a request has failed.
const ATTEMPTS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn failed_import_that_ended_its_lease_is_resumed_at_once() {
    let world = World::demo().await;
    world.stock(1).await;
    let text = sheet(1, 0);
    let send = || table(&world, "", &text).key("night").send();
    (0..ATTEMPTS).for_each(|_| world.fault_proxy().inject("PutItem", InjectedFailure::ResetBefore));
    let failed = send().await;
    assert_eq!((failed.status, failed.code(), failed.header("retry-after")), (503, "busy", Some("1")));
    assert_eq!(counts(&send().await.ok()), [1, 1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_import_that_kept_its_lease_says_when_it_can_be_resumed() {
    let world = World::demo().await;
    world.stock(1).await;
    let text = sheet(1, 0);
    let send = || table(&world, "", &text).key("night").send();
    // The write of the row fails after a while; the end of the lease then meets a conflict.
    (0..3 * ATTEMPTS).for_each(|_| world.fault_proxy().inject("PutItem", InjectedFailure::Throttled));
    (0..ATTEMPTS).for_each(|_| world.fault_proxy().inject("PutItem", InjectedFailure::ResetBefore));
    let conflict = async {
        while !world.contents().await.into_keys().any(|(_, sk)| sk == "IMPORT") {}
        world.fault_proxy().inject("TransactWriteItems", InjectedFailure::Conflict);
    };
    let (failed, ()) = join(send(), conflict).await;
    assert_eq!(world.fault_proxy().faults_left(), 0);
    assert_eq!((failed.status, failed.code(), failed.header("retry-after")), (503, "busy", Some("60")));
    let before = world.contents().await;
    let busy = send().await;
    assert_eq!((busy.status, busy.code(), busy.header("retry-after")), (409, "still-running", Some("60")));
    world.assert_unchanged(&before).await;
    world.post("/_local/time").bytes(br#"{"advance":"PT1M"}"#).send().await.ok();
    assert_eq!(counts(&send().await.ok()), [1, 1, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn import_never_resumed_is_recorded_as_aborted() {
    let world = World::demo().await;
    world.stock(5).await;
    for key in [Some("night"), None] {
        let mut call = table(&world, "", &sheet(5, u64::from(key.is_some())));
        if let Some(key) = key {
            call = call.key(key);
        }
        world.fault_proxy().kill("import-details", 3, Kill::Before);
        assert_eq!(call.send().await.status, 500);
    }
    world.post("/_local/tick").send().await.ok();
    assert_eq!(imports(&world).await.len(), 0, "somebody may go on with it");
    world.post("/_local/time").bytes(br#"{"advance":"PT61M"}"#).send().await.ok();
    for _ in 0..2 {
        world.post("/_local/tick").send().await.ok();
        let events = imports(&world).await;
        assert_eq!(events.len(), 2);
        for event in events {
            assert_eq!(
                (&event["type"], &event["actor"]["type"]),
                (&json!("details.import-aborted"), &json!("system"))
            );
            assert_eq!((&event["data"]["rows"], &event["data"]["by"]["id"]), (&json!(5), &json!("olivia")));
        }
    }
}

/// An all-or-nothing import that has begun to write can be resumed even after the
/// scheduled job recorded it as aborted.
#[tokio::test(flavor = "multi_thread")]
async fn import_recorded_as_aborted_resumes_when_repeated() {
    let world = World::demo().await;
    world.stock(5).await;
    let text = sheet(5, 0);
    let send = || table(&world, "?onError=abort", &text).key("night").send();
    world.fault_proxy().kill("import-details", 4, Kill::After);
    assert_eq!(send().await.status, 500);
    world.post("/_local/time").bytes(br#"{"advance":"PT61M"}"#).send().await.ok();
    world.post("/_local/tick").send().await.ok();
    let cut_off = imports(&world).await[0].clone();
    let fields = world.get("/v1/detail-fields").by("operator").send().await.ok();
    let level = fields["items"][1]["id"].as_str().unwrap().to_owned();
    let retired = [1, 2, 3].map(|id| json!({"id": id, "retired": true}));
    let retire = json!({"options": retired});
    world.patch(&format!("/v1/detail-fields/{level}")).by("operator").json(retire).send().await.ok();
    let report = send().await.ok();
    assert_eq!(report["importId"], cut_off["data"]["importId"]);
    let [_, applied, unchanged, refused] = counts(&report);
    assert!(applied > 0 && applied + refused == 5 && unchanged == 0, "{report}");
    let events = imports(&world).await;
    assert_eq!((events.len(), &events[1]["data"]["applied"]), (2, &json!(applied)));
    assert_eq!(send().await.header("idempotent-replayed"), Some("true"));
}

/// Another request takes the key while the import runs; the import still completes
/// and is recorded in the history.
#[tokio::test(flavor = "multi_thread")]
async fn other_request_with_the_same_key_does_not_affect_a_running_import() {
    const ROWS: u64 = 300;
    for round in 0..20 {
        let world = World::demo().await;
        world.stock(ROWS).await;
        let text = sheet(ROWS, 0);
        let other = async {
            while !world.contents().await.into_keys().any(|(_, sk)| sk == "IMPORT") {}
            let body = json!({"name": "Beside it"});
            world.post("/v1/products").by("operator").key("night").json(body).send().await
        };
        let (report, other) = join(table(&world, "", &text).key("night").send(), other).await;
        if other.status == 422 {
            // The import had already completed and stored its answer under the key.
            continue;
        }
        assert_eq!(other.status, 201, "{round}");
        assert_eq!(counts(&report.ok()), [ROWS, ROWS, 0, 0]);
        assert_eq!(imports(&world).await.len(), 1);
        let left = world.contents().await.into_keys().filter(|(_, sk)| sk == "IMPORT").count();
        assert_eq!(left, 0);
        return;
    }
    panic!("the other call never came in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn retired_option_is_not_restored_after_a_concurrent_change() {
    let world = World::demo().await;
    world.stock(1).await;
    let retire = async |retired: bool| {
        let options = json!({"options": [{"id": 2, "retired": retired}]});
        world.patch("/v1/detail-fields/{field}").by("operator").json(options).send().await.ok();
    };
    for round in 0..20 {
        rows(&world, json!([{"entitlement": "X-0", "details": {"Region": {"values": ["EU"]}}}]))
            .decided()
            .await
            .ok();
        retire(true).await;
        let all = json!([{"entitlement": "X-0", "details": {"Region": {"values": ["EU"]}, "Seats": {"values": [round + 1000]}}}]);
        let other = json!([{"entitlement": "X-0", "details": {"Region": {"values": ["US"]}}}]);
        join(rows(&world, all).decided(), rows(&world, other).decided()).await;
        let page = world.get("/v1/entitlements?organizationId={sol}").by("operator").send().await.ok();
        assert_eq!(page["items"][0]["details"]["Region"]["values"], json!(["US"]), "{round}");
        retire(false).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn body_of_4_mb_is_accepted_and_a_larger_one_refused() {
    const MOST: usize = 4 * 1024 * 1024;
    let world = World::demo().await;
    let mut text = "entitlement,Internal note\n".to_owned();
    let mut rows = 0;
    while text.len() + 1024 < MOST {
        text += &format!("X-{rows},{}\n", "界".repeat(250));
        rows += 1;
    }
    text += &"Y".repeat(MOST - text.len() - 3);
    text += ",z\n";
    let report = table(&world, "", &text).send().await.ok();
    assert_eq!(counts(&report), [rows + 1, 0, 0, rows + 1]);
    text.insert(0, '\u{feff}');
    let refused = table(&world, "", &text[..]).send().await;
    assert_eq!(refused.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_imports_never_mix_within_a_row() {
    const ROWS: u64 = 60;
    let world = World::demo().await;
    world.stock(ROWS).await;
    world.chaos(10, 3);
    // Without a key, a retry is another import, so one round may have several import ids.
    let send = async |round: u64| table(&world, "", &sheet(ROWS, round)).decided().await;
    for round in [0, 10, 20] {
        join(send(round), send(round + 4)).await;
        let mut rounds = BTreeMap::new();
        for (id, (level, seats, import)) in stock(&world).await {
            let number: u64 = id.strip_prefix("X-").unwrap().parse().unwrap();
            let whose = seats.as_u64().unwrap() - number;
            let expected = ["Bronze", "Silver", "Gold"][((number + whose) % 3) as usize];
            assert_eq!(level, expected, "{id} has seats of round {whose}");
            assert_eq!(*rounds.entry(import.to_string()).or_insert(whose), whose, "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_rows_are_imported_under_one_key() {
    const ROWS: u64 = 10_000;
    let world = World::demo().await;
    world.stock(ROWS).await;
    let send = || table(&world, "", &sheet(ROWS, 0)).key("night").send();
    let mut reply = send().await;
    // On a busy machine the import may take longer than a function's timeout; the repeat then resumes it.
    while reply.status == 503 {
        world.post("/_local/time").bytes(br#"{"advance":"PT2M"}"#).send().await.ok();
        reply = send().await;
    }
    let report = reply.ok();
    assert_eq!(counts(&report), [ROWS, ROWS, 0, 0]);
    let said = stock(&world).await;
    assert!(said.values().all(|(.., import)| *import == report["importId"]));
    assert_eq!((said.len(), &said["X-4711"].1), (10_000, &json!(4711)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_costs_two_write_units_and_an_unchanged_one_none() {
    let world = World::demo().await;
    world.stock(100).await;
    let cost = async |round: u64| {
        table(&world, "", &sheet(100, round)).send().await.ok();
        let cost = world.fault_proxy().take_costs()["import-details"].clone();
        (cost.write_units, cost.read_units)
    };
    world.fault_proxy().take_costs();
    let (changed, read) = cost(0).await;
    let (unchanged, read_again) = cost(0).await;
    assert_eq!(changed - unchanged, 200.0, "the entitlement and its index copy");
    assert_eq!(
        (unchanged, read, read_again),
        (8.0, 202.0, 202.0),
        "the beginning, the end, the author, and two reads a row"
    );
}

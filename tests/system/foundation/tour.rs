//! README's tour, run with curl and openssl as README describes; the output must match README.

use std::process::Stdio;

use local_stack::issuer::Issuer;
use local_stack::{Options, Stack};
use serde_json::Value;
use system::golden::file;
use tokio::process::Command;

use super::readme::{ISSUER, TOUR, blocks};

/// The issuer of the tests accepts a key that is made with README's command.
#[test]
fn issuer_signs_with_a_custom_key() {
    let arguments =
        ISSUER.lines().next().unwrap().trim_start_matches("openssl ").trim_end_matches(" -out issuer.pem");
    let made = std::process::Command::new("openssl").args(arguments.split(' ')).output().unwrap();
    let pem = String::from_utf8(made.stdout).unwrap();
    let issuer = Issuer::with_key("https://issuer.example.com", &pem).unwrap();
    let person = serde_json::from_value(serde_json::json!({"sub": "olivia", "role": "operator"})).unwrap();
    let now = local_stack::demo::COMPLETE.parse().unwrap();
    let authorization = format!("Bearer {}", issuer.token(&person, now));
    assert!(issuer.check(Some(&authorization), now).is_some());
    let published = Issuer::new("https://issuer.example.com").unwrap();
    assert!(published.check(Some(&authorization), now).is_none(), "the published key signs nothing of it");
    assert_ne!(issuer.keys(), published.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn command_output_matches_the_readme() {
    let stack = Stack::start(Options::default()).await.unwrap();
    let folder = std::env::temp_dir().join(format!("vouchsafe-tour-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let _ = std::os::unix::fs::symlink(file("events").canonicalize().unwrap(), folder.join("events"));

    let tour: Vec<_> = blocks().into_iter().filter(|block| block.heading == TOUR).collect();
    const END: &str = "\n== the block ends ==\n";
    let commands = tour.iter().filter(|block| block.language == "sh");
    let script: String = commands.map(|block| format!("{}printf '%s' '{END}'\n", block.text)).collect();
    let script = script.replace("http://127.0.0.1:9000", &stack.url);
    let mut shell = Command::new("sh");
    shell.arg("-euc").arg(&script).current_dir(&folder).stdin(Stdio::null());
    let output = shell.output().await.unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");

    let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
    let mut printed = printed.split(END);
    let mut last = "";
    for block in &tour {
        match block.language.as_str() {
            "sh" => last = printed.next().unwrap(),
            // README leaves out the head of a response where it is irrelevant.
            "json" if last.starts_with("HTTP/1.1 ") => {
                assert_like(&values(&block.text), &values(last.split_once("\n\n").unwrap().1));
            }
            "json" => assert_like(&values(&block.text), &values(last)),
            "csv" => {
                assert_eq!(block.text.lines().count(), last.lines().count(), "{last}");
                for (told, given) in block.text.lines().zip(last.lines()) {
                    assert!(like(told, given), "README says\n{told}\nand this comes back\n{given}");
                }
            }
            "text" => {
                let responses = |text: &str| -> Vec<(String, String)> {
                    let each = text.split("HTTP/1.1 ").skip(1).map(|text| text.split_once("\n\n").unwrap());
                    each.map(|(head, body)| (head.to_owned(), body.to_owned())).collect()
                };
                let (told, given) = (responses(&block.text), responses(last));
                assert_eq!(told.len(), given.len(), "README tells of another number of responses");
                for ((told, told_body), (head, body)) in told.iter().zip(&given) {
                    for line in told.lines() {
                        assert!(head.lines().any(|given| like(line, given)), "no `{line}` in\n{head}");
                    }
                    assert_like(&values(told_body), &values(body));
                }
            }
            other => panic!("README has a block of `{other}` in its tour"),
        }
    }
}

/// Returns the JSON values that a text contains one after another.
fn values(text: &str) -> Vec<Value> {
    let values = serde_json::Deserializer::from_str(text).into_iter();
    values.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[track_caller]
fn assert_like(told: &[Value], given: &[Value]) {
    let same = told.len() == given.len() && told.iter().zip(given).all(|(told, given)| same(told, given));
    assert!(same, "README says\n{told:#?}\nand this comes back\n{given:#?}");
}

fn same(told: &Value, given: &Value) -> bool {
    match (told, given) {
        (Value::Object(told), Value::Object(given)) => {
            told.keys().eq(given.keys()) && told.iter().all(|(name, value)| same(value, &given[name]))
        }
        (Value::Array(told), Value::Array(given)) => {
            told.len() == given.len() && told.iter().zip(given).all(|(told, given)| same(told, given))
        }
        (Value::String(told), Value::String(given)) => like(told, given),
        _ => told == given,
    }
}

/// Returns true if the texts are equal except for ids, times and parts that README abbreviates.
fn like(told: &str, given: &str) -> bool {
    let shape = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-:.…".contains(c));
        let uuid = |word: &str| word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
        let time = |word: &str| word.parse::<domain::Timestamp>().is_ok();
        let word = |word: &str| match word {
            word if uuid(word) => "an id".to_owned(),
            word if time(word) => "a time".to_owned(),
            word => word.to_owned(),
        };
        words.map(word).collect()
    };
    told == "…" || shape(told) == shape(given)
}

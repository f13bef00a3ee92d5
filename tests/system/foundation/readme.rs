//! What README tells a newcomer to type, and what it says comes back.

use std::process::Stdio;

use local::{Options, Stack};
use serde_json::Value;
use system::golden::file;
use tokio::process::Command;

/// A fenced block: its language, its text, and the heading above it.
struct Block {
    heading: String,
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let readme = std::fs::read_to_string(file("README.md")).unwrap();
    let (mut blocks, mut heading, mut open) = (Vec::new(), String::new(), None::<Block>);
    for line in readme.lines() {
        open = match (open.take(), line.strip_prefix("```")) {
            (None, Some(language)) => {
                Some(Block { heading: heading.clone(), language: language.to_owned(), text: String::new() })
            }
            (Some(block), Some(_)) => {
                blocks.push(block);
                None
            }
            (Some(block), None) => Some(Block { text: block.text + line + "\n", ..block }),
            (None, None) => {
                if let Some(text) = line.strip_prefix('#') {
                    heading = text.trim_start_matches('#').trim().to_owned();
                }
                None
            }
        };
    }
    blocks
}

/// What only its own run can prove, and where it is run.
const ELSEWHERE: [(&str, &str); 4] = [
    ("Run it, test it", "`.ci/run` runs `cargo test`; tests/local/tests/binary.rs runs the stack"),
    ("Deploy", "tests/deployed/run does the same with a local AWS; the account is the reader's"),
    ("Test what is deployed", "`.ci/run` runs tests/deployed/run; the account is the reader's"),
    ("Remove", "tests/deployed/run deletes its stack the same way; the account is the reader's"),
];

#[test]
fn every_command_is_run_somewhere() {
    for block in blocks().iter().filter(|block| block.language == "sh") {
        let heading = block.heading.as_str();
        let known = heading == TOUR || ELSEWHERE.iter().any(|(elsewhere, _)| *elsewhere == heading);
        assert!(known, "nobody runs what README says under `{heading}`:\n{}", block.text);
    }
}

const TOUR: &str = "A tour of five minutes";

#[tokio::test(flavor = "multi_thread")]
#[cfg_attr(deployed, ignore = "is about the local stack")]
#[cfg_attr(not(tour), ignore = "needs curl and openssl")]
async fn the_tour_goes_as_readme_tells() {
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
            // Where a response's head is of no interest, README leaves it out.
            "json" if last.starts_with("HTTP/1.1 ") => {
                assert_like(&values(&block.text), &values(last.split_once("\n\n").unwrap().1));
            }
            "json" => assert_like(&values(&block.text), &values(last)),
            "text" => {
                // A response; what follows it is another.
                let (told, body) = block.text.split_once("\n\n").unwrap();
                let (head, rest) = last.split_once("\n\n").unwrap();
                for line in told.lines() {
                    assert!(head.lines().any(|given| like(line, given)), "no `{line}` in\n{head}");
                }
                let first = rest.split("HTTP/1.1").next().unwrap();
                assert_like(&values(body), &values(first));
            }
            other => panic!("README has a block of `{other}` in its tour"),
        }
    }
}

/// The JSON values of a text, one after another.
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

/// The same but for what is another each time: ids, times, and what README cuts short.
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

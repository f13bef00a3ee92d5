//! The commands of the documents that call the local stack, run in each shell as the documents describe.

use std::process::Stdio;

use local_stack::issuer::Issuer;
use local_stack::{Options, Stack};
use serde_json::Value;
use system::golden::{self, file};
use tokio::process::Command;

use super::documents::{Block, PLAYED, blocks, commands, is_run_elsewhere};

/// The issuer of the tests accepts a key that is made with DEPLOYMENT's command.
#[test]
fn issuer_signs_with_a_custom_key() {
    let arguments = super::documents::ISSUER
        .lines()
        .next()
        .unwrap()
        .trim_start_matches("openssl ")
        .trim_end_matches(" -out issuer.pem");
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
async fn command_output_matches_the_documents_in_bash() {
    assert_parsed_by("bash");
    for document in PLAYED {
        play(document, &["bash", "--norc"]).await;
    }
}

#[cfg(zsh)]
#[tokio::test(flavor = "multi_thread")]
async fn command_output_matches_the_documents_in_zsh() {
    assert_parsed_by("zsh");
    for document in PLAYED {
        play(document, &["zsh", "-f"]).await;
    }
}

/// Asserts that a shell parses the commands of all documents, also of those that are run elsewhere.
fn assert_parsed_by(shell: &str) {
    for (document, block) in commands() {
        let parsed = std::process::Command::new(shell).args(["-n", "-c", &block.text]).output().unwrap();
        let complaints = String::from_utf8_lossy(&parsed.stderr);
        assert!(parsed.status.success() && complaints.is_empty(), "{document} in {shell}: {complaints}");
    }
}

/// Runs the commands of a document in one shell, one block after another, and compares what they print with the blocks that
/// follow them.
async fn play(document: &str, shell: &[&str]) {
    const END: &str = "\n== the block ends ==\n";
    let stack = Stack::start(Options::default()).await.unwrap();
    let folder = std::env::temp_dir().join(format!("vouchsafe-{}-{}", shell[0], std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let _ = std::os::unix::fs::symlink(file("events").canonicalize().unwrap(), folder.join("events"));
    let blocks: Vec<_> = blocks(document).into_iter().filter(|block| !is_run_elsewhere(block)).collect();
    let commands = blocks.iter().filter(|block| block.language == "sh");
    let script: String = commands.map(|block| format!("{}printf '%s' '{END}'\n", block.text)).collect();
    let script = script.replace("http://127.0.0.1:9000", &stack.url);
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg("-euc").arg(&script).current_dir(&folder).stdin(Stdio::null());
    let output = command.output().await.unwrap();
    let _ = std::fs::remove_dir_all(&folder);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{document} in {}: {complaints}", shell[0]);

    let printed = String::from_utf8(output.stdout).unwrap().replace('\r', "");
    let mut printed = printed.split(END);
    let mut last = "";
    let updates = golden::updating() && shell[0] == "bash";
    let mut corrected = std::fs::read_to_string(file(document)).unwrap();
    for block in &blocks {
        match block.language.as_str() {
            "sh" => {
                last = printed.next().unwrap();
                assert!(last.is_empty() || last.ends_with('\n'), "{document}: no newline after {last}");
            }
            "mermaid" => {}
            "json" if updates => {
                let body =
                    last.strip_prefix("HTTP/1.1 ").map_or(last, |_| last.split_once("\n\n").unwrap().1);
                let (told, given) = (values(&block.text), values(body));
                if told.len() != given.len()
                    || !told.iter().zip(&given).all(|(told, given)| same(told, given))
                {
                    corrected = corrected.replacen(&block.text, &abbreviated(&block.text, body), 1);
                }
            }
            _ => assert_printed(document, block, last),
        }
    }
    if updates {
        std::fs::write(file(document), corrected).unwrap();
    }
}

/// Returns what was printed, with `…` as the value of each field for which the document has that, and of page tokens.
fn abbreviated(told: &str, printed: &str) -> String {
    let mut text = printed.to_owned();
    let names = told.split("\":\"…\"").filter_map(|before| before.rsplit('"').next());
    for name in names.chain(["nextPageToken"]).filter(|name| !name.is_empty()) {
        let start = format!("\"{name}\":\"");
        let parts: Vec<_> = text.split(&start).map(str::to_owned).collect();
        let rest = parts[1..].iter().map(|part| format!("{start}…\"{}", part.split_once('"').unwrap().1));
        text = std::iter::once(parts[0].clone()).chain(rest).collect();
    }
    text
}

/// Asserts that a block of a document says what was printed.
#[track_caller]
fn assert_printed(document: &str, block: &Block, last: &str) {
    match block.language.as_str() {
        // The document leaves out the head of a response where it is irrelevant.
        "json" if last.starts_with("HTTP/1.1 ") => {
            assert_like(&values(&block.text), &values(last.split_once("\n\n").unwrap().1));
        }
        "json" => assert_like(&values(&block.text), &values(last)),
        "csv" => {
            assert_eq!(block.text.lines().count(), last.lines().count(), "{last}");
            for (told, given) in block.text.lines().zip(last.lines()) {
                assert!(like(told, given), "{document} says\n{told}\nand this comes back\n{given}");
            }
        }
        "text" => {
            let responses = |text: &str| -> Vec<(String, String)> {
                let each = text.split("HTTP/1.1 ").skip(1).map(|text| text.split_once("\n\n").unwrap());
                each.map(|(head, body)| (head.to_owned(), body.to_owned())).collect()
            };
            let (told, given) = (responses(&block.text), responses(last));
            assert_eq!(told.len(), given.len(), "{document} tells of another number of responses");
            for ((told, told_body), (head, body)) in told.iter().zip(&given) {
                for line in told.lines() {
                    assert!(head.lines().any(|given| like(line, given)), "no `{line}` in\n{head}");
                }
                assert_like(&values(told_body), &values(body));
            }
        }
        other => panic!("{document} has a block of `{other}` among its commands"),
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
    assert!(same, "the document says\n{told:#?}\nand this comes back\n{given:#?}");
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

/// Returns true if the texts are equal except for ids, times and parts that the document abbreviates.
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

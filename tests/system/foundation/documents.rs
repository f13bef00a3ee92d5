//! Commands that the documents tell a reader to type. Those that call the local stack are run here, in bash and in zsh, and
//! their output must match the document.

use system::golden::{self, file};

/// A fenced block of a document: its language and its text.
pub struct Block {
    pub language: String,
    pub text: String,
}

/// Returns the fenced blocks of a document.
pub fn blocks(document: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(file(document)).unwrap();
    let (mut blocks, mut open) = (Vec::new(), None::<Block>);
    for line in text.lines() {
        open = match (open.take(), line.strip_prefix("```")) {
            (None, Some(language)) => Some(Block { language: language.to_owned(), text: String::new() }),
            (Some(block), Some(_)) => {
                blocks.push(block);
                None
            }
            (Some(block), None) => Some(Block { text: block.text + line + "\n", ..block }),
            (None, None) => None,
        };
    }
    blocks
}

/// Documents whose commands call the local stack.
pub const PLAYED: [&str; 3] = ["README.md", "events/README.md", "functions/README.md"];

/// Documents whose commands are run elsewhere only.
const OTHERS: [&str; 7] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "DEPLOYMENT.md",
    "SECURITY.md",
    "shared/README.md",
    "tests/README.md",
];

/// Blocks of commands that no test in this folder runs, each with the place that runs it.
const ELSEWHERE: [(&str, &str); 10] = [
    ("cargo run\n", "tests/local/tests/binary.rs"),
    ("cargo test\n", "`.ci/run`"),
    (
        "UPDATE=1 cargo test --test system canonical_call\nUPDATE=1 cargo test --test system foundation\n",
        "`cargo test` runs the same tests without `UPDATE`",
    ),
    (TESTS, "`.ci/run`, but for the benchmarks and `.ci/nightly`, which take hours"),
    (
        "cargo lambda build --release --arm64 --package functions --output-format zip\nsam deploy --guided --capabilities CAPABILITY_IAM\n",
        "tests/deployed/run deploys on a local AWS; the account is the reader's",
    ),
    ("sam delete\n", "tests/deployed/run, on a local AWS"),
    ("tests/deployed/run\n", "`.ci/run`"),
    ("tests/clients/run\n", "`.ci/run`"),
    (ISSUER, "the test below, in the library"),
    (ACCOUNT, "nobody: the account is the reader's"),
];

const TESTS: &str = "\
cargo test --test system assign_license
cargo test --test system foundation
cargo test --package domain
.ci/format
cargo bench
tests/deployed/run concurrency
.ci/run
.ci/nightly
SEED=17 ROUNDS=1 cargo test --test system histories
";

pub const ISSUER: &str = "\
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out issuer.pem
export VOUCHSAFE_ISSUER=https://issuer.example.com VOUCHSAFE_ISSUER_KEY=$PWD/issuer.pem
cargo run --package system --features deployed --example issuer -- public
";

const ACCOUNT: &str = "\
( STACK=vouchsafe-test
  output() { aws cloudformation describe-stacks --stack-name $STACK --output text --query \"Stacks[0].Outputs[?OutputKey=='$1'].OutputValue\"; }
  export AWS_REGION=$(aws configure get region)
  export VOUCHSAFE_URL=$(output ApiUrl) VOUCHSAFE_TABLE_TO_EMPTY=$(output TableName)
  export VOUCHSAFE_KEY=$(aws secretsmanager get-secret-value --secret-id $(output DeploymentKeyArn) --output text --query SecretString)
  eval \"$(aws configure export-credentials --format env)\"
  cargo test --package system --features deployed --test deployed )
";

/// Returns true if another place runs the block.
pub fn is_run_elsewhere(block: &Block) -> bool {
    ELSEWHERE.iter().any(|(text, _)| *text == block.text)
}

/// Returns the commands of all documents, each block with its document.
pub fn commands() -> Vec<(&'static str, Block)> {
    let documents = PLAYED.into_iter().chain(OTHERS);
    let blocks =
        documents.flat_map(|document| blocks(document).into_iter().map(move |block| (document, block)));
    blocks.filter(|(_, block)| block.language == "sh").collect()
}

#[test]
fn every_command_is_run() {
    for document in PLAYED.into_iter().chain(OTHERS) {
        let text = std::fs::read_to_string(file(document)).unwrap();
        let fences = text.lines().filter_map(|line| line.trim_start().strip_prefix("```"));
        for language in fences {
            let known = ["", "sh", "json", "csv", "text", "rust", "mermaid"].contains(&language);
            assert!(known, "{document}: commands stand in blocks of `sh`, not of `{language}`");
        }
    }
    let commands = commands();
    for (document, block) in &commands {
        let known = PLAYED.contains(document) || is_run_elsewhere(block);
        assert!(known, "nobody runs what {document} says:\n{}", block.text);
    }
    for (text, _) in ELSEWHERE {
        assert!(commands.iter().any(|(_, block)| block.text == text), "no document says any more\n{text}");
    }
}

/// An interactive zsh takes `#` for a word, and a reader's `id` or `import` must still be there afterwards.
#[test]
fn commands_can_be_pasted_into_an_interactive_shell() {
    for (document, block) in commands() {
        for line in block.text.lines() {
            assert!(!line.starts_with('#') && !line.contains(" #"), "{document}: a comment in `{line}`");
            let defined = line.split_once("() {").map(|(name, _)| name.trim());
            assert!(
                !defined.is_some_and(|name| ["id", "import", "test", "deactivate"].contains(&name)),
                "{document}: {line}"
            );
        }
    }
}

/// The limits keep each document readable for those it is for.
#[test]
fn documents_are_short() {
    for (document, most) in [
        ("README.md", 8 * 1024),
        ("ARCHITECTURE.md", 14_000),
        ("CONTRIBUTING.md", 8_000),
        ("DEPLOYMENT.md", 12_000),
        ("SECURITY.md", 2_000),
    ] {
        let bytes = std::fs::metadata(file(document)).unwrap().len();
        assert!(bytes <= most, "{document} has {bytes} bytes; at most {most}");
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    for document in PLAYED.into_iter().chain(OTHERS) {
        let text = std::fs::read_to_string(file(document)).unwrap();
        for target in text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
            if target.starts_with("http") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path =
                if path.is_empty() { file(document) } else { file(document).parent().unwrap().join(path) };
            assert!(path.exists(), "{document} links to {target}");
            let headings = std::fs::read_to_string(&path).unwrap_or_default();
            let anchors = headings.lines().filter_map(|line| line.strip_prefix('#')).map(|heading| {
                let kept = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
                kept.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect::<String>()
            });
            assert!(
                anchor.is_empty() || anchors.into_iter().any(|known| known == anchor),
                "{document} links to {target}"
            );
        }
    }
}

#[test]
fn catalogue_of_errors_and_list_of_operations_are_those_of_the_code() {
    use api_runtime::http::openapi::{fault_codes, problem_codes};
    let operations: Vec<_> = functions::operations().iter().map(|entry| entry.description).collect();
    let row = |listed: &api_runtime::http::openapi::ListedCode| {
        vec![format!("`{}`", listed.code), listed.status.to_string(), listed.about.replace('|', "\\|")]
    };
    let problems: Vec<_> = problem_codes(&operations).iter().map(row).collect();
    let faults: Vec<_> =
        fault_codes().iter().map(|listed| row(listed).into_iter().step_by(2).collect()).collect();
    let part = format!(
        "Codes of problems:\n\n{}\nCodes in `errors` of a 400:\n\n{}",
        golden::table(&["code", "status", "meaning"], &problems),
        golden::table(&["code", "meaning"], &faults)
    );
    golden::check_part("functions/README.md", "errors", &part);
    let mut rows = Vec::new();
    for area in functions::AREAS {
        for entry in functions::operations().iter().filter(|entry| entry.area == area.name) {
            for route in entry.description.routes {
                let id = entry.description.operation_id(route);
                rows.push(vec![
                    format!("`{id}`"),
                    format!("`{}`", route.key()),
                    route.summary.unwrap_or(entry.description.summary).to_owned(),
                    format!("`{}`", entry.description.name),
                ]);
            }
        }
    }
    golden::check_part(
        "functions/README.md",
        "operations",
        &golden::table(&["operation", "route", "what it does", "function"], &rows),
    );
}

#[test]
fn example_in_contributing_is_an_operation_as_it_is() {
    let read = |path: &str| std::fs::read_to_string(file(path)).unwrap();
    let test = read("tests/system/products/get_product.rs");
    let call = test.find("#[test]").unwrap();
    let call = &test[call..call + test[call..].find("\n}\n").unwrap() + 3];
    let (path, operation) =
        ("functions/src/products/get_product.rs", read("functions/src/products/get_product.rs"));
    let part = format!(
        "`{path}`:\n\n```rust\n{operation}```\n\nIn `tests/system/products/get_product.rs`:\n\n```rust\n{call}```\n"
    );
    golden::check_part("CONTRIBUTING.md", "addition", &part);
}

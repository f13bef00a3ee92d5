//! Commands that README tells a newcomer to type.

use system::golden::{self, file};

/// A fenced block of README: its language, its text, and the heading above it.
pub struct Block {
    pub heading: String,
    pub language: String,
    pub text: String,
}

pub fn blocks() -> Vec<Block> {
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

/// Commands that no test in this file runs, each with the place that runs it, if any.
const ELSEWHERE: [(&str, &str); 6] = [
    (
        "cargo run     # the whole system on http://127.0.0.1:9000\ncargo test    # proves it\n",
        "`.ci/run`, tests/local/tests/binary.rs",
    ),
    (
        "cargo lambda build --release --arm64 --package functions --output-format zip\nsam deploy --guided --capabilities CAPABILITY_IAM\n",
        "tests/deployed/run deploys on a local AWS; the account is the reader's",
    ),
    ("sam delete\n", "tests/deployed/run, on a local AWS"),
    ("tests/deployed/run          # --keep stays up and says how to call it\n", "`.ci/run`"),
    (ISSUER, "the test below, in the library"),
    (ACCOUNT, "nobody: the account is the reader's"),
];

pub const ISSUER: &str = "\
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out issuer.pem
export VOUCHSAFE_ISSUER=https://issuer.example.com VOUCHSAFE_ISSUER_KEY=$PWD/issuer.pem
cargo run --package system --features deployed --example issuer -- public     # publish public/.well-known/ there
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

#[test]
fn every_command_is_in_the_tour_or_listed_as_run_elsewhere() {
    let blocks = blocks();
    let commands: Vec<_> = blocks.iter().filter(|block| block.language == "sh").collect();
    for block in &commands {
        let known = block.heading == TOUR || ELSEWHERE.iter().any(|(text, _)| *text == block.text);
        assert!(known, "nobody runs what README says under `{}`:\n{}", block.heading, block.text);
    }
    for (text, _) in ELSEWHERE {
        assert!(commands.iter().any(|block| block.text == text), "README does not say any more\n{text}");
    }
}

pub const TOUR: &str = "A tour of five minutes";

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

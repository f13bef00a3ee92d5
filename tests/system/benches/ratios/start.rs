//! Measures the start of a function's process to its first response, in time and, where the machine counts
//! them, in instructions.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use local_stack::store::TABLE;
use system::golden::file;
use system::{World, canonical};
use tokio::sync::mpsc;

/// Lambda Runtime API that hands out one payload for a limited number of calls.
struct Runtime {
    payload: String,
    calls: std::sync::atomic::AtomicUsize,
    answered: mpsc::UnboundedSender<(Instant, Bytes)>,
}

async fn runtime(
    State(runtime): State<Arc<Runtime>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> (StatusCode, HeaderMap, String) {
    let mut headers = HeaderMap::new();
    if method == Method::GET && uri.path().ends_with("/invocation/next") {
        let order = std::sync::atomic::Ordering::SeqCst;
        if runtime.calls.fetch_update(order, order, |calls| calls.checked_sub(1)).is_err() {
            std::future::pending::<()>().await;
        }
        for (name, value) in [
            ("lambda-runtime-aws-request-id", "0190a000-0000-7000-8000-000000000001"),
            ("lambda-runtime-deadline-ms", "4102444800000"),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:f"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        return (StatusCode::OK, headers, runtime.payload.clone());
    }
    let _ = runtime.answered.send((Instant::now(), body));
    (StatusCode::ACCEPTED, headers, String::new())
}

/// Builds a program with the release profile, and returns its path.
fn build(arguments: &[&str], program: &str) -> PathBuf {
    let mut command = std::process::Command::new(env!("CARGO"));
    command.args(["build", "--release", "--quiet"]).args(arguments).current_dir(file("."));
    assert!(command.status().unwrap().success(), "{program} was not built");
    let target = std::env::var("CARGO_TARGET_DIR").map_or_else(|_| file("target"), PathBuf::from);
    target.join("release").join(program)
}

struct Started {
    instructions: Option<u64>,
    time: Duration,
}

/// Counter of instructions.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Counter {
    /// Counter of the processor itself.
    Perf,
    /// Simulated processor: it counts exactly, but its times mean nothing.
    Callgrind,
    /// No counter is available: only times are measured.
    None,
}

impl Counter {
    fn here() -> Self {
        let works = |program: &str, arguments: &[&str]| {
            let output = std::process::Command::new(program).args(arguments).output();
            output.is_ok_and(|output| {
                output.status.success() && !String::from_utf8_lossy(&output.stderr).contains("not supported")
            })
        };
        if works("perf", &["stat", "-e", "instructions:u", "true"]) {
            Self::Perf
        } else if works("valgrind", &["--version"]) {
            Self::Callgrind
        } else {
            Self::None
        }
    }

    /// Returns the command that runs a program under this counter, and the path of the report with the count.
    fn command(self, program: &std::path::Path) -> (tokio::process::Command, PathBuf) {
        let report = std::env::temp_dir().join(format!("vouchsafe-count-{}", std::process::id()));
        let mut command = match self {
            Self::Perf => {
                let mut perf = tokio::process::Command::new("perf");
                perf.args(["stat", "-x", ",", "-e", "instructions:u", "-o"])
                    .arg(&report)
                    .arg("--")
                    .arg(program);
                perf
            }
            Self::Callgrind => {
                let mut valgrind = tokio::process::Command::new("valgrind");
                valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
                valgrind.arg(format!("--log-file={}", report.display())).arg(program);
                valgrind
            }
            Self::None => tokio::process::Command::new(program),
        };
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        (command, report)
    }

    /// Returns the count in a report, and deletes the report.
    fn read(self, report: &std::path::Path) -> Option<u64> {
        let text = std::fs::read_to_string(report).unwrap_or_default();
        let _ = std::fs::remove_file(report);
        match self {
            Self::Perf => text.lines().find_map(|line| line.split(',').next()?.parse().ok()),
            Self::Callgrind => {
                text.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
            }
            Self::None => None,
        }
    }
}

/// Starts a function, and lets it answer its canonical call `calls` times.
async fn start(
    counter: Counter,
    program: &std::path::Path,
    function: &str,
    store: &str,
    calls: usize,
) -> Started {
    let (answered, mut answers) = mpsc::unbounded_channel();
    let payload = canonical::one(function).payload.to_string();
    let state = Arc::new(Runtime { payload, calls: calls.into(), answered });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = axum::Router::new().fallback(runtime).with_state(state);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });

    let (mut command, report) = counter.command(program);
    for (name, value) in [
        ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
        ("_HANDLER", function),
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", store),
        ("TABLE_NAME", TABLE),
        ("DEPLOYMENT_KEY", "local"),
        ("CLAIM_PREFIX", "vouchsafe:"),
    ] {
        command.env(name, value);
    }
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    let mut ended = begun;
    for _ in 0..calls {
        let answer = tokio::time::timeout(Duration::from_secs(60), answers.recv()).await.unwrap();
        let (at, body) = answer.unwrap();
        ended = at;
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert!([200, 201].contains(&answer["statusCode"].as_u64().unwrap()), "{answer}");
    }
    // Both counters write their report when the function is stopped.
    let id = child.id().unwrap().to_string();
    let signal = if counter == Counter::Perf { "-INT" } else { "-TERM" };
    tokio::process::Command::new("kill").args([signal, &id]).status().await.unwrap();
    let _ = tokio::time::timeout(Duration::from_secs(30), child.wait()).await;
    serving.abort();
    let instructions = counter.read(&report);
    Started { instructions, time: ended - begun }
}

/// Prints the cost of refusing a forged message over that of hashing its body once per secret.
pub async fn forgery() {
    let program = build(&["-p", "system", "--example", "forgery"], "examples/forgery");
    let counter = Counter::here();
    let mut counts = Vec::new();
    for what in ["nothing", "hash", "refuse"] {
        let (mut command, report) = counter.command(&program);
        assert!(command.arg(what).status().await.unwrap().success());
        counts.extend(counter.read(&report));
    }
    match counts[..] {
        [nothing, hash, refuse] => {
            let (hash, refuse) = (hash - nothing, refuse - nothing);
            println!(
                "refusing a forged message over hashing its body once per secret, in instructions: {:.3} ({refuse} over {hash})",
                refuse as f64 / hash as f64
            );
        }
        _ => println!("this machine counts no instructions"),
    }
}

/// Prints the start of `assign-license` over that of an empty function, the sizes of both executables, and the
/// instructions of a warm `get-partner`.
pub async fn measure() {
    let ours = build(&["-p", "functions", "--bin", "functions"], "functions");
    let empty = build(&["-p", "system", "--example", "empty", "--features", "empty"], "examples/empty");
    let size = |program: &PathBuf| std::fs::metadata(program).unwrap().len() as f64 / 1e6;
    println!(
        "size of the functions' executable: {:.2} MB, of an empty function {:.2} MB",
        size(&ours),
        size(&empty)
    );

    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..11 {
        for (index, program) in [&ours, &empty].into_iter().enumerate() {
            let world = World::demo().await;
            times[index].push(
                start(Counter::None, program, "assign-license", &world.stack().store_url, 1).await.time,
            );
        }
    }
    let [a, b] = times.map(super::median);
    super::ratio("the start of assign-license to its first response", "that of an empty function", a, b);

    let counter = Counter::here();
    let mut counts = Vec::new();
    for program in [&ours, &empty] {
        let world = World::demo().await;
        counts.extend(
            start(counter, program, "assign-license", &world.stack().store_url, 1).await.instructions,
        );
    }
    match counts[..] {
        [a, b] => println!("the same in instructions: {:.2} ({a} over {b})", a as f64 / b as f64),
        _ => println!("this machine counts no instructions"),
    }

    let mut counts = Vec::new();
    for calls in [1, 101] {
        let world = World::demo().await;
        counts
            .extend(start(counter, &ours, "get-partner", &world.stack().store_url, calls).await.instructions);
    }
    if let [one, more] = counts[..] {
        println!("a warm get-partner, in instructions: {} (the first: {one})", (more - one) / 100);
    }
}

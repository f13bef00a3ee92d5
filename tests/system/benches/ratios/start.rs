//! From the start of a function's process to its first response, in instructions where the machine counts
//! them.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use local::store::TABLE;
use system::golden::file;
use system::{World, canonical};
use tokio::sync::mpsc;

/// A Lambda Runtime API that hands out one payload, and then nothing that a runtime understands, so that the
/// function ends.
struct Runtime {
    payload: String,
    given: std::sync::atomic::AtomicBool,
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
        if runtime.given.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return (StatusCode::GONE, headers, String::new());
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

/// Builds a program with the release profile; answers where it is.
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

async fn start(program: &std::path::Path, payload: &str, store: &str) -> Started {
    let (answered, mut answers) = mpsc::unbounded_channel();
    let state = Arc::new(Runtime { payload: payload.to_owned(), given: Default::default(), answered });
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = axum::Router::new().fallback(runtime).with_state(state);
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });

    let count = std::env::temp_dir().join(format!("vouchsafe-perf-{}", std::process::id()));
    let counts = std::process::Command::new("perf").args(["stat", "-e", "instructions:u", "true"]).output();
    let counts =
        counts.is_ok_and(|output| !String::from_utf8_lossy(&output.stderr).contains("not supported"));
    let mut command = if counts {
        let mut perf = tokio::process::Command::new("perf");
        perf.args(["stat", "-x", ",", "-e", "instructions:u", "-o"]).arg(&count).arg("--").arg(program);
        perf
    } else {
        tokio::process::Command::new(program)
    };
    for (name, value) in [
        ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
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
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let (ended, body) = tokio::time::timeout(Duration::from_secs(20), answers.recv()).await.unwrap().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert!([200, 201].contains(&answer["statusCode"].as_u64().unwrap()), "{answer}");
    let _ = tokio::time::timeout(Duration::from_secs(5), child.wait()).await;
    serving.abort();
    let counted = std::fs::read_to_string(&count).unwrap_or_default();
    let instructions = counted.lines().find_map(|line| line.split(',').next()?.parse().ok());
    let _ = std::fs::remove_file(&count);
    Started { instructions, time: ended - begun }
}

/// Prints the start of `assign-license` over that of an empty function.
pub async fn measure() {
    let ours = build(&["-p", "functions", "--bin", "assign-license"], "assign-license");
    let empty = build(&["-p", "system", "--example", "empty", "--features", "empty"], "examples/empty");
    let size = |program: &PathBuf| std::fs::metadata(program).unwrap().len() as f64 / 1e6;
    println!("size of assign-license: {:.2} MB, of an empty function {:.2} MB", size(&ours), size(&empty));

    let payload = canonical::one("assign-license").payload.to_string();
    let (mut instructions, mut times) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..11 {
        for (index, program) in [&ours, &empty].into_iter().enumerate() {
            let world = World::demo().await;
            let started = start(program, &payload, &world.stack.store_url).await;
            instructions[index].extend(started.instructions);
            times[index].push(started.time);
        }
    }
    let [a, b] = times.map(super::median);
    super::ratio("the start of assign-license to its first response", "that of an empty function", a, b);
    let [a, b] = instructions.map(|mut counts| {
        counts.sort_unstable();
        counts.get(counts.len() / 2).copied()
    });
    match (a, b) {
        (Some(a), Some(b)) => {
            println!("the same in instructions: {:.2} ({a} over {b})", a as f64 / b as f64);
        }
        _ => println!("this machine counts no instructions"),
    }
}

//! `cargo run`: the whole system on one port of loopback.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use local_stack::{Error, Options, Stack};
use tokio::signal::unix::{SignalKind, signal};
use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const USAGE: &str = "usage: [variables] cargo run [-- --ephemeral]

--ephemeral                      keeps data in memory instead of in .local/
--help                           prints this

PORT=<port>                      listens there instead of on 9000; 0 takes any free port
CLOCK=<time>                     starts with the clock stopped at this time instead of running from now
CORS_ORIGINS=<origin>,…          web origins that may call the API from a browser; none by default
AWS_ENDPOINT_URL_DYNAMODB=<url>  uses the DynamoDB at this URL instead of the embedded one";

#[tokio::main]
async fn main() -> ExitCode {
    let functions = Targets::new().with_targets([("api_runtime", Level::INFO), ("local_stack", Level::INFO)]);
    let functions = functions.with_default(Level::ERROR);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(functions)).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Error> {
    let mut options =
        Options { port: 9000, file: Some(PathBuf::from(".local/vouchsafe.db")), ..Options::default() };
    if let Ok(port) = std::env::var("PORT") {
        options.port = port.parse().map_err(|_| format!("PORT is `{port}`, which is no port\n\n{USAGE}"))?;
    }
    if let Ok(time) = std::env::var("CLOCK") {
        options.stopped_at = Some(time.parse().map_err(|why| format!("CLOCK: {why}\n\n{USAGE}"))?);
    }
    let origins = std::env::var("CORS_ORIGINS").unwrap_or_default();
    let origins = origins.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    options.cors_origins = origins.map(str::to_owned).collect();
    options.store_url = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").ok().filter(|url| !url.is_empty());
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--ephemeral" => options.file = None,
            "--help" | "-h" => {
                say(USAGE);
                return Ok(());
            }
            _ => return Err(format!("`{argument}` is not known\n\n{USAGE}").into()),
        }
    }
    let stack = Stack::start(options).await?;
    let shared = stack.shared.clone();
    let schedule = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(60)).await;
            // The log has the reason of a failure.
            let _ = shared.gateway.tick().await;
        }
    });
    let (mut interrupted, mut terminated) =
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    greet(&stack.url);
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    schedule.abort();
    // A second signal ends the process at once.
    tokio::select! {
        () = stack.stop() => {}
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    Ok(())
}

/// Standard output may be closed, so errors are ignored.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn complain(error: &Error) {
    let _ = writeln!(std::io::stderr(), "vouchsafe: {error}");
}

/// The first line says that the stack is ready for requests; the others are commands to copy.
fn greet(url: &str) {
    say(&format!("vouchsafe: listening on {url}\n"));
    say(&format!("the demo world   curl -s -X POST {url}/_local/demo\n"));
    say("a token for each of its people, as $TOKEN:\n");
    for (role, person) in local_stack::demo::people(&local_stack::demo::ids()) {
        say(&format!("{role:<20} TOKEN=$(curl -s {url}/_local/token -d '{person}' | cut -d'\"' -f4)"));
    }
}

//! `cargo run`: the whole system on one port of loopback.

use std::path::PathBuf;

use local::{Error, Options, Stack};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: cargo run [-- --ephemeral]\n\
    \n\
    --ephemeral   keeps data in memory instead of in .local/\n\
    PORT=<port>   listens there instead of on 9000; 0 is any free port";

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut options =
        Options { port: 9000, file: Some(PathBuf::from(".local/vouchsafe.db")), ..Options::default() };
    if let Ok(port) = std::env::var("PORT") {
        options.port = port.parse().map_err(|_| format!("PORT is `{port}`, which is no port\n\n{USAGE}"))?;
    }
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--ephemeral" => options.file = None,
            _ => return Err(format!("`{argument}` is not known\n\n{USAGE}").into()),
        }
    }
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).init();
    let port = options.port;
    let started = Stack::start(options).await;
    let stack = started.map_err(|error| format!("could not start on port {port}: {error}"))?;
    greet(&stack.url);
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    stack.stop().await;
    Ok(())
}

/// The first line says that requests are taken; the others save typing.
#[expect(clippy::print_stdout, reason = "this is the output")]
fn greet(url: &str) {
    println!("vouchsafe: listening on {url}");
    println!();
    println!("the demo world   curl -s -X POST {url}/_local/demo");
    println!();
    println!("a token for each of its people, as $TOKEN:");
    println!();
    for (role, person) in local::demo::people(&local::demo::ids()) {
        println!("{role:<20} TOKEN=$(curl -s {url}/_local/token -d '{person}' | cut -d'\"' -f4)");
    }
}

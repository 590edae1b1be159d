//! The command line of the demo.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Demo, Log, Options, program};

const HELP: &str = "\
Both phones of the bridge on one page, without any account: everything runs on this machine.

Usage: demo [--port PORT] [--log]

  --port PORT  where the page is served; 8180 if left out, the next free one if it is taken
  --log        the bridge's log goes to the terminal instead of a file

RIALTO_BIN names the bridge's program, if it isn't the one beside this program.";

/// Runs the demo until Ctrl-C. What goes wrong is one sentence on standard error and exit status 1.
pub async fn main(arguments: impl Iterator<Item = String>) -> ExitCode {
    let done = match parse(arguments) {
        Ok(Some(options)) => run(options).await,
        Ok(None) => {
            say(HELP);
            Ok(())
        }
        Err(why) => Err(why),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            complain(&why);
            ExitCode::FAILURE
        }
    }
}

/// The options; nothing if only help is asked for.
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options { port: 8180, ..Options::default() };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--log" => options.log = Log::Terminal,
            "--port" => {
                let port = arguments.next().and_then(|port| port.parse().ok());
                options.port = port.ok_or("--port takes a number up to 65535")?;
            }
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("{other} is unknown; --help lists what there is")),
        }
    }
    Ok(Some(options))
}

async fn run(options: Options) -> Result<(), String> {
    let mut stops = Stops::new().map_err(cannot("listen to Ctrl-C"))?;
    let program = tokio::select! {
        found = program::find() => found?,
        () = stops.next() => return Ok(()),
    };
    let log = options.log;
    let demo = Demo::start(Options { program: Some(program), ..options }).await.map_err(cannot("start"))?;
    greet(&demo, log);
    stops.next().await;
    complain("stopping the bridge; Ctrl-C again kills it");
    let bridge = demo.bridge().clone();
    tokio::select! {
        () = bridge.stop() => {}
        () = stops.next() => bridge.kill().await,
    }
    demo.end().await.map_err(cannot("remove its temporary folder"))
}

fn greet(demo: &Demo, log: Log) {
    if log == Log::File {
        complain(format_args!("the bridge's log is {}", demo.log_file().display()));
    }
    complain("Ctrl-C ends the demo; open this page:");
    say(demo.url());
}

fn cannot(what: &str) -> impl FnOnce(io::Error) -> String {
    move |error| format!("the demo can't {what}: {error}")
}

/// The signals that end a program.
struct Stops([Signal; 3]);

impl Stops {
    fn new() -> io::Result<Self> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = kinds.map(signal);
        Ok(Self([interrupt?, terminate?, hangup?]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

#[expect(clippy::print_stdout, reason = "the place where the demo answers the person who started it")]
fn say(text: impl Display) {
    println!("{text}");
}

/// Says something on standard error.
#[expect(clippy::print_stderr, reason = "the place where the demo speaks to the person who started it")]
pub(crate) fn complain(text: impl Display) {
    eprintln!("demo: {text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Option<Options>, String> {
        parse(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn reads_its_arguments() {
        let options = parsed(&["--log", "--port", "9000"]).unwrap().unwrap();
        assert_eq!((options.port, options.log), (9000, Log::Terminal));
        assert_eq!(parsed(&[]).unwrap().unwrap().port, 8180);
        assert!(parsed(&["--help"]).unwrap().is_none());
        assert!(parsed(&["--port"]).is_err() && parsed(&["--colour"]).is_err());
    }
}

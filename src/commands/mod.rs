//! Carries commands out, a file a command or a group of small ones.

mod doctor;
mod follow;
mod manage;
mod scan;
mod serve;
mod show;
mod store;

use crate::{
    cli::{Args, Command},
    client::{Client, Engine, Session},
    exit::{Exit, Failure},
    output::Output,
};
use std::io;

/// Carries a command out.
pub async fn run(args: Args, out: &Output) -> Result<Exit, Failure> {
    let (server, data) = (args.server.clone(), args.data.clone());
    match args.command {
        Command::Serve(serve) => serve::run(serve, data.as_deref(), out).await,
        Command::Scan(scan) => scan::run(*scan, server.as_deref(), data.as_deref(), out).await,
        Command::Rescan { scan, only } => {
            scan::again(scan, only, server.as_deref(), data.as_deref(), out).await
        }
        Command::Limits(limits) => {
            let session =
                Session::open(server.as_deref(), data.as_deref(), Engine::default(), false).await?;
            let done = manage::limits(&session, &limits, out).await;
            session.close().await;
            done
        }
        Command::Doctor { nmap } => {
            doctor::run(nmap, server.as_deref(), data.as_deref(), out).await
        }
        Command::Store(command) => {
            store::run(command, server.as_deref(), data.as_deref(), out).await
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let mut command = <Args as clap::CommandFactory>::command();
            clap_complete::generate(shell, &mut command, "netscan", &mut script);
            out.bytes(&script).map(|()| Exit::Ok)
        }
        command => {
            let session =
                Session::open(server.as_deref(), data.as_deref(), Engine::default(), false).await?;
            let done = with_client(&session.client, command, out).await;
            session.close().await;
            done
        }
    }
}

/// Carries out a command that only talks.
async fn with_client(client: &Client, command: Command, out: &Output) -> Result<Exit, Failure> {
    match command {
        Command::Ls => show::list(client, out).await,
        Command::Status { scan } => show::status(client, scan, out).await,
        Command::Watch { scan, since } => show::watch(client, scan, since, out).await,
        Command::Hosts(filter) => show::hosts(client, &filter, out).await,
        Command::Batches { scan } => show::batches(client, scan, out).await,
        Command::Raw { batch, stream, attempt } => {
            show::raw(client, batch, stream, Command::attempt(attempt), out).await
        }
        Command::Stop { scan, force } => manage::stop(client, scan, force, out).await,
        Command::Pause { scan } => manage::command(client, scan, "pause", out).await,
        Command::Resume { scan } => manage::command(client, scan, "resume", out).await,
        Command::Targets(command) => manage::targets(client, command, out).await,
        Command::Projects(command) => manage::projects(client, command, out).await,
        Command::Scan(_)
        | Command::Serve(_)
        | Command::Rescan { .. }
        | Command::Limits(_)
        | Command::Doctor { .. }
        | Command::Store(_)
        | Command::Completions { .. } => {
            let source = io::ErrorKind::Unsupported.into();
            Err(Failure::Io { what: "carrying the command out here".into(), source })
        }
    }
}

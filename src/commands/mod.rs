//! Carries commands out, a file a command or a group of small ones.

mod audit;
pub mod bench;
mod diff;
mod doctor;
mod export;
mod find;
mod follow;
mod import;
mod man;
mod manage;
mod profiles;
mod scan;
mod scope;
mod serve;
mod show;
mod store;
mod token;
mod watch;

use crate::{
    cli::{Args, Command, Document, confirmed},
    client::{Client, Engine, Server, Session},
    exit::{Exit, Failure},
    output::Output,
};
use netscan_http::openapi;
use netscan_schemas::api::RescanRequest;
use std::io;

/// Carries a command out.
pub async fn run(args: Args, out: &Output) -> Result<Exit, Failure> {
    let (server, data) = (Server::of(&args), args.data.clone());
    let engine = Engine { sandbox: args.sandbox, ..Engine::default() };
    match args.command {
        Command::Serve(serve) => serve::run(serve, engine, data.as_deref(), out).await,
        Command::Scan(scan) => scan::run(*scan, engine, &server, data.as_deref(), out).await,
        Command::Rescan { scan, only, confirm_dangerous_scripts } => {
            let confirm = confirmed(confirm_dangerous_scripts);
            let request = RescanRequest { only: only.into(), confirm };
            scan::again(scan, &request, engine, &server, data.as_deref(), out).await
        }
        Command::Limits(limits) => {
            let session = Session::open(&server, data.as_deref(), engine, false).await?;
            let done = manage::limits(&session, &limits, out).await;
            session.close().await;
            done
        }
        Command::Doctor { nmap } => doctor::run(nmap, engine, &server, data.as_deref(), out).await,
        Command::Store(command) => {
            store::run(command, server.url.as_deref(), data.as_deref(), out).await
        }
        Command::Bench(args) => bench::run(args, server.url.as_deref(), out).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let mut command = <Args as clap::CommandFactory>::command();
            clap_complete::generate(shell, &mut command, "netscan", &mut script);
            out.bytes(&script).map(|()| Exit::Ok)
        }
        Command::Man { dir } => man::run(dir.as_deref(), out),
        Command::Openapi { document } => {
            let document = match document {
                Document::Openapi => openapi::openapi(),
                Document::Asyncapi => openapi::asyncapi(),
                Document::Events => openapi::events_schema(),
            };
            out.bytes(openapi::text(document).as_bytes()).map(|()| Exit::Ok)
        }
        command => {
            let session = Session::open(&server, data.as_deref(), engine, false).await?;
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
        Command::Watch { scan, since, plain } => watch::run(client, scan, since, plain, out).await,
        Command::Hosts(filter) => find::hosts(client, &filter, out).await,
        Command::Host { address } => find::host(client, address, out).await,
        Command::Batches { scan } => show::batches(client, scan, out).await,
        Command::Raw { batch, stream, attempt } => {
            show::raw(client, batch, stream, Command::attempt(attempt), out).await
        }
        Command::Export(args) => export::run(client, &args, out).await,
        Command::Diff(args) => diff::run(client, &args, out).await,
        Command::Import(args) => import::run(client, &args, out).await,
        Command::Stop { scan, force } => manage::stop(client, scan, force, out).await,
        Command::Pause { scan } => manage::command(client, scan, "pause", out).await,
        Command::Resume { scan } => manage::command(client, scan, "resume", out).await,
        Command::Targets(command) => manage::targets(client, command, out).await,
        Command::Token(command) => token::run(client, command, out).await,
        Command::Projects(command) => manage::projects(client, command, out).await,
        Command::Profiles(args) => profiles::run(client, args, out).await,
        Command::Scope(command) => scope::run(client, command, out).await,
        Command::Audit(args) => audit::run(client, args, out).await,
        Command::Scan(_)
        | Command::Serve(_)
        | Command::Rescan { .. }
        | Command::Limits(_)
        | Command::Doctor { .. }
        | Command::Store(_)
        | Command::Bench(_)
        | Command::Openapi { .. }
        | Command::Man { .. }
        | Command::Completions { .. } => {
            let source = io::ErrorKind::Unsupported.into();
            Err(Failure::Io { what: "carrying the command out here".into(), source })
        }
    }
}

//! Two servers want one directory; a server has too few descriptors.

use crate::check;
use crate::server::{Server, Start, Started, tail};
use crate::trial::{Result, Trial, within};
use crate::world::World;
use std::net::TcpStream;
use std::time::Duration;

/// The exit code of a store that is in use.
const IN_USE: i32 = 6;

/// F20: a second server on the same directory, and the lock of one that was killed.
pub(crate) fn second_server(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "delay 30 per-host\n")?;
    for round in 0..trial.settings.scale(2, 10) {
        let when = format!("round {round}");
        trial.found.runs += 1;
        let server = world.start()?;
        world.scan(&server, 27, 4)?;
        match Server::start(world.command(&Start::default())?)? {
            Started::Up(_) => trial.broken(format!("{when}: two servers share one directory")),
            Started::Died(status) => {
                trial.require(status.code() == Some(IN_USE), || {
                    format!("{when}: the second server ended with {status}")
                });
                let said = tail(&world.log(), 3);
                trial.require(said.contains(&server.pid().to_string()), || {
                    format!("{when}: the second server does not name the first: {said}")
                });
            }
        }
        check::verify(trial, &mut world, &server, &when)?;
        server.kill()?;
        world.no_orphans(trial, &when);
    }
    let server = world.start()?;
    check::close(trial, &mut world, server, "at last")
}

/// F23: more clients than there are descriptors.
pub(crate) fn few_descriptors(trial: &mut Trial) -> Result<()> {
    let mut world = World::new(&trial.settings, "delay 10 per-host\n")?;
    let start = Start { open_files: Some(64), ..Start::default() };
    let Started::Up(server) = world.start_as(&start)? else {
        return Err("the server does not start with 64 descriptors".into());
    };
    trial.found.runs += 1;
    let scan = world.scan(&server, 26, 4)?;
    // All of them stay, and say nothing.
    let crowd: Vec<TcpStream> = (0..100)
        .filter_map(|_| TcpStream::connect_timeout(&server.address, Duration::from_secs(1)).ok())
        .collect();
    trial.note(format!("{} clients were let in", crowd.len()));
    let finished = within(Duration::from_secs(30), || {
        (world.logged().iter().map(Vec::len).sum::<usize>() >= 64 && world.nmaps().is_empty())
            .then_some(())
    });
    trial.require(finished.is_some(), || {
        format!("with 100 clients the scan does not go on: {} starts", world.logged().len())
    });
    drop(crowd);
    let answers =
        within(Duration::from_secs(10), || server.json(&format!("/api/scans/{scan}")).ok());
    trial.require(answers.is_some(), || "the clients are gone, and there is no answer".into());
    check::close(trial, &mut world, server, "64 descriptors")
}
